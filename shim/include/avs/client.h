/* SPDX-License-Identifier: Apache-2.0 */
/* The transport: HTTP/2 requests over verified TLS, one loop thread for each client.
 *
 * The promise: avs_client_submit() returning AVS_OK means exactly one on_finished for that stream,
 * before avs_client_free() returns, whatever happens; any other result means no callback at all.
 *
 * Threads: submit, cancel, resume, shutdown and stats may be called from any thread, also from
 * inside callbacks, and never block. Every callback runs on the client's loop thread, with none of
 * the client's locks held. A callback that blocks, blocks every stream of the client. With libcurl
 * before 7.87 a name lookup that hangs does so, too, when its request ends before the lookup does:
 * libcurl waits there for its resolver's thread (later ones: CURLOPT_QUICK_EXIT).
 *
 * fork: a child has no loop thread but shares the descriptors of its parent's. It must call nothing
 * here, avs_client_free included, and should exec soon: sockets are closed by that. */
#ifndef AVS_CLIENT_H
#define AVS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/evidence.h>
#include <avs/export.h>
#include <avs/log.h>
#include <avs/status.h>

AVS_BEGIN_DECLS

/** Ceilings on one request and one client. A submit that passes one is refused with ERR_LIMIT; a
 *  request for one origin too many is finished with INTERNAL_ERROR. */
#define AVS_REQUEST_HEADERS_MAX  128
#define AVS_REQUEST_HEADER_BYTES 65536 /**< URL and header lines of one request together */
#define AVS_CLIENT_STREAMS_MAX   4096  /**< unfinished requests of one client, queued ones too */
#define AVS_CLIENT_ORIGINS_MAX   64    /**< origins of one client that are in use at once */

/** Defaults of struct avs_client_options, in force where its field is 0. A peer that died is found
 *  out after 5 s when something was sent to it, and after 30 + 5 = 35 s when only a silent stream
 *  (the downchannel) is open: ping_interval_ms, then ping_timeout_ms. */
#define AVS_CONNECT_TIMEOUT_MS_DEFAULT 30000
#define AVS_PING_INTERVAL_MS_DEFAULT   30000
#define AVS_PING_TIMEOUT_MS_DEFAULT    5000
#define AVS_IDLE_TIMEOUT_MS_DEFAULT    300000
/** The longest of these waits, a day: what a negative value asks for, and what more than that is.
 */
#define AVS_WAIT_MS_MAX                      86400000
#define AVS_RECEIVE_WINDOW_BYTES_DEFAULT     (1024 * 1024)
#define AVS_RECEIVE_WINDOW_MAX_BYTES_DEFAULT (16 * 1024 * 1024)

/** The longest that a long-lived stream stays open after GOAWAY while other requests of its origin
 *  run; see avs_request.is_long_lived. */
#define AVS_GOAWAY_DRAIN_MAX_MS 60000

/** How a request ended, in the SDK's words (HTTP2ResponseFinishedStatus). */
enum avs_finish {
    AVS_FINISH_COMPLETE,  /**< nothing failed: the whole answer was delivered, whatever its response
                               code, or one of the request's own callbacks wanted no more of it */
    AVS_FINISH_TIMEOUT,   /**< one of the request's own timeouts, or the connection's */
    AVS_FINISH_CANCELLED, /**< cancel, shutdown or free */
    AVS_FINISH_INTERNAL_ERROR /**< anything else; the failure says what */
};

/** "complete", "timeout", "cancelled", "internal_error". Thread: any. Never NULL. */
AVS_API const char *avs_finish_id(enum avs_finish finish);

/** Why a request or a connection ended. Everything is borrowed until the callback returns. */
struct avs_failure {
    size_t size;          /**< sizeof(struct avs_failure) as the library was compiled */
    enum avs_cause cause; /**< the catalogue's row: avs_cause_info(cause) has words and remedy */
    const char *origin;   /**< "https://host:port" */
    const struct avs_error *error; /**< never NULL; its message names the thing, place and fix */
    /** What was seen on the connection: dial, TLS, trust, HTTP/2 facts; NULL when the request never
     *  got as far as a connection attempt (cancelled in the queue, shut down, out of memory). */
    const struct avs_session_evidence *evidence;
};

/* ---------------------------------------------------------------------------- the client */

struct avs_client;

/** All strings are copied by avs_client_new. Zero-initialised but for `size` = the defaults. */
struct avs_client_options {
    size_t size; /**< Required: sizeof(struct avs_client_options) */

    /* Trust, as in struct avs_check_options. Verification has no off switch. */
    const char *ca_file;        /**< Optional: PEM bundle; with ca_path NULL too: the system's */
    const char *ca_path;        /**< Optional: hashed directory */
    const char *store_source;   /**< Optional: who named the store ("option", "config") */
    const char *ats_roots_file; /**< Optional: PEM file of the roots that count as ATS */
    bool require_ats;           /**< the verified chain must contain an ATS root. Default: any
                                     trusted root will do, as in the stock transport */

    /* The way to the origin. */
    const char *proxy;          /**< Optional: as CURLOPT_PROXY; NULL = the environment's */
    const char *interface_name; /**< Optional: as CURLOPT_INTERFACE */
    const char *connect_to;     /**< Optional: HOST:PORT to dial instead of every origin's own; SNI
                                     and the name check stay with the origin. For tests. */

    /* Time, in milliseconds. 0 = the default above, negative = AVS_WAIT_MS_MAX. */
    int connect_timeout_ms; /**< DNS, TCP, proxy, TLS and the peer's SETTINGS together. A request's
                                 own connection_timeout_ms counts besides */
    int ping_interval_ms;   /**< silence on a connection with open streams before a PING is sent */
    int ping_timeout_ms;    /**< then the peer is dead unless it says anything within this */
    int idle_timeout_ms;    /**< a connection without streams is closed after this */

    /** Optional: flow-control window of each stream: the most a paused sink can hold in memory, but
     *  see receive_window_max_bytes. 0 = the default; at least 65535. Bytes. */
    uint32_t receive_window_bytes;
    /** Optional: most streams open at once on one connection, besides the server's own limit;
     *  further requests wait in line. 0 = the server's limit alone. */
    unsigned max_concurrent_streams;

    struct avs_log log; /**< Optional: lines in the SDK's format; source "AvsClient" */

    /* Observers. Each may be NULL. Thread: the loop's. */
    void *user; /**< first argument of the observers */
    /** A connection is ready: TLS verified, SETTINGS received. `evidence` is borrowed. */
    void (*on_connected)(void *user, const char *origin,
                         const struct avs_session_evidence *evidence);
    /** The server sent GOAWAY: it will serve no stream above `last_stream_id`; those up to it run
     * to their end, and requests submitted from now on go to a new connection. Called at once,
     * before any on_finished that follows from it. RFC 9113 section 6.8. */
    void (*on_goaway)(void *user, const char *origin, uint32_t h2_code, uint32_t last_stream_id);
    /** A connection that was ready has ended; its streams have been finished or moved before.
     *  `failure` is NULL for a quiet end (idle, drained after GOAWAY, shutdown). */
    void (*on_disconnected)(void *user, const char *origin, const struct avs_failure *failure);

    /** Optional: what the window of a stream may grow to, while its sink takes all
     * that comes and the server is seen to wait for window (a long way, a large download). All
     * streams of a connection share what is beyond receive_window_bytes. A sink that pauses has its
     * window set back and it does not grow again; what was under way then, at most the grown
     * window, is held once. 0 = the default; receive_window_bytes where that is larger, and a
     * stream's window then never changes. Bytes. Since: 0.1 */
    uint32_t receive_window_max_bytes;
};

/** Start a client and its loop thread. Dials nothing: the first request for an origin does.
 *  The trust store is read with the first connection, not here; an unusable one fails requests
 *  with its cause.
 *  Thread: any. Caller frees *ret_client with avs_client_free.
 *  Errors: ERR_USAGE (size, a malformed option), NO_MEMORY, ERR_INTERNAL (no thread, no fds). */
AVS_API AVS_NODISCARD enum avs_status avs_client_new(const struct avs_client_options *options,
                                                     struct avs_client **ret_client,
                                                     struct avs_error *reterr);

/** End every stream with CANCELLED (cause shut_down) and close the connections, soon, on the loop
 *  thread; every later submit is refused with ERR_SHUT_DOWN. Does not wait. Safe to repeat.
 *  Thread: any, callbacks too. */
AVS_API void avs_client_shutdown(struct avs_client *client);

/** Shut down, wait until every on_finished has returned and the loop thread has ended, free.
 *  NULL is fine. No other call may be running or follow.
 *  Thread: any but the loop's. From inside a callback it cannot wait: the client is then shut down
 *  and frees itself as soon as its loop has ended. */
AVS_API void avs_client_free(struct avs_client *client);

/* ---------------------------------------------------------------------------- a request */

/** What a source did with the buffer it was given. */
enum avs_source_result {
    AVS_SOURCE_CONTINUE, /**< *ret_length bytes were written; fewer than asked for is normal, 0 is
                              read as PAUSE */
    AVS_SOURCE_PAUSE,    /**< nothing now; asked again after resume or pause_retry_ms */
    AVS_SOURCE_COMPLETE, /**< *ret_length bytes (0 is fine) were written and the body ends here */
    AVS_SOURCE_ABORT     /**< reset the stream; on_finished(COMPLETE) follows, also when no response
                              code came: who aborts knows why. More bytes than `capacity` is the same */
};

/** What a sink did with a chunk. */
enum avs_sink_result {
    AVS_SINK_SUCCESS, /**< consumed, all of it */
    AVS_SINK_PAUSE,   /**< not consumed: exactly the same chunk comes again after resume or
                           pause_retry_ms. Other streams go on */
    AVS_SINK_ABORT    /**< wants no more: reset the stream; on_finished(COMPLETE) follows, for the
                           response code is known and counts. The SDK's MIME decoder aborts on every
                           answer that is not MIME (LibcurlHTTP2Connection, SDK 1.10 to 1.26) */
};

/** One request. Strings and the header list are copied by submit; `user` must live until
 *  on_finished returns. Every callback may be NULL but on_finished. `id` is the stream's id, the
 *  same that submit returns; a callback can run before submit has returned it. */
struct avs_request {
    size_t size;        /**< Required: sizeof(struct avs_request) */
    const char *url;    /**< Required: https://host[:port][/path][?query]; a fragment is dropped */
    const char *method; /**< Optional: NULL = GET without a source, POST with one */
    /** Optional: lines "Name: value", without line end. Names are sent in lower case (RFC 9113
     *  section 8.2); what HTTP/2 forbids is left out (section 8.2.2: Connection and what it names,
     *  Keep-Alive, Proxy-Connection, Transfer-Encoding, Upgrade, HTTP2-Settings, every TE but
     *  "trailers"), Host becomes :authority. */
    const char *const *headers;
    size_t header_count;

    /* Time, in milliseconds; 0 = no limit of this kind. */
    int connection_timeout_ms; /**< from submit to the first response header: the SDK's meaning */
    int transfer_timeout_ms;   /**< from submit to the end */
    int activity_timeout_ms;   /**< without a byte of this stream in either direction. A stream that
                                    its own source or sink has paused is not silent */
    int pause_retry_ms; /**< ask a paused source or sink again after this; 0 = on resume only */

    unsigned weight; /**< 1..256, 0 = 16, the protocol's default. RFC 7540 section 5.3 */
    /** A stream kept open for the server to push on (AVS's downchannel). After GOAWAY it is ended
     *  (INTERNAL_ERROR, cause goaway), so that its owner opens it anew and it shares one connection
     *  with the requests that follow: as soon as no other request of its origin is unfinished, for
     *  its end makes the SDK close everything; at once when the server closes the connection; after
     *  AVS_GOAWAY_DRAIN_MAX_MS in any case. */
    bool is_long_lived;
    const char *label; /**< Optional: names the request in log lines; NULL = the stream's id */

    void *user; /**< first argument of the callbacks */

    /** The source: write up to `capacity` bytes of the body; NULL = no body. */
    enum avs_source_result (*on_read)(void *user, uint64_t id, uint8_t *buffer, size_t capacity,
                                      size_t *ret_length);
    /** Once, before the header lines. Interim (1xx) answers are not reported. False: as
     *  AVS_SINK_ABORT. */
    bool (*on_response_code)(void *user, uint64_t id, int code);
    /** One header line, "name: value\r\n", terminated. The first is "HTTP/2 200 \r\n", the last
     *  before the data "\r\n", as libcurl gives them. Trailers come after the data. False: as
     *  AVS_SINK_ABORT. */
    bool (*on_header_line)(void *user, uint64_t id, const char *line, size_t length);
    /** A chunk of the body, at most 16384 bytes, never empty; borrowed until it returns. */
    enum avs_sink_result (*on_data)(void *user, uint64_t id, const uint8_t *bytes, size_t length);
    /** Required. The last call for this stream, exactly one. `failure` is NULL with COMPLETE, and
     *  never NULL otherwise. Submitting a new request from here is fine. */
    void (*on_finished)(void *user, uint64_t id, enum avs_finish finish,
                        const struct avs_failure *failure);
};

/** Queue a request; the loop sends it on the origin's one connection, which it dials when there is
 *  none. Requests of one thread to one origin are sent in the order of their submits.
 *  Sent again by itself, only while no response header came and its source has not been read, and
 *  at most twice:
 *  - on a new connection what GOAWAY left unprocessed: as often as it takes where that connection
 *    has served others, with a pause (250 ms, then 500 ms) where it has served nobody;
 *  - on a new connection, when one was cut, what had not left yet and, where that connection has
 *    served others, what left within the last second and can have had no effect: GET, HEAD,
 * OPTIONS, TRACE without a body, and what has sent nothing of its body;
 *  - on the same connection what the server refused (REFUSED_STREAM).
 *  Thread: any, callbacks too; never blocks. *ret_id (may be NULL) is never 0 and never reused.
 *  Errors, no callback follows: ERR_USAGE (a malformed field, named), ERR_ENDPOINT_INVALID (URL),
 *  ERR_SHUT_DOWN, ERR_LIMIT, NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_client_submit(struct avs_client *client,
                                                        const struct avs_request *request,
                                                        uint64_t *ret_id, struct avs_error *reterr);

/** End a stream: RST_STREAM(CANCEL) if it was sent, then on_finished(CANCELLED) on the loop thread.
 *  An unknown or finished id is ignored. A stream that finishes first keeps its own result.
 *  Thread: any, callbacks too; never blocks. */
AVS_API void avs_client_cancel(struct avs_client *client, uint64_t id);

/** Ask a paused source and offer a paused sink's chunk again. Not paused, unknown or finished:
 *  ignored, but never lost: a resume that races with the PAUSE it answers is kept.
 *  Thread: any, callbacks too; never blocks. */
AVS_API void avs_client_resume(struct avs_client *client, uint64_t id);

/* ---------------------------------------------------------------------------- numbers */

/** Counters since avs_client_new. */
struct avs_client_stats {
    size_t size;                  /**< Required: sizeof(struct avs_client_stats) */
    uint64_t streams_submitted;   /**< submits that returned OK */
    uint64_t streams_finished;    /**< on_finished calls that returned */
    uint64_t streams_retried;     /**< sent again after GOAWAY or REFUSED_STREAM */
    uint64_t connections_dialled; /**< attempts */
    uint64_t connections_ready;   /**< attempts that reached SETTINGS */
    uint64_t connections_resumed; /**< of these, with a resumed TLS session */
    uint64_t connections_open;    /**< now */
    uint64_t pings_sent;
    uint64_t goaways_received;
    uint64_t network_changes; /**< address or route changes seen */
    uint64_t loop_wakeups;    /**< times the loop thread woke from its wait */
    uint64_t bytes_sent;      /**< of TLS records */
    uint64_t bytes_received;
};

/** Copy the counters, as far as stats->size says. Thread: any; never blocks. */
AVS_API void avs_client_stats(const struct avs_client *client, struct avs_client_stats *stats);

AVS_END_DECLS

#endif
