/* SPDX-License-Identifier: Apache-2.0 */
/* See story.h. Each line is formatted only when somebody wants its level. */
#include "client/story.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"

#define SOURCE       "AvsClient"
#define NUMBER_BYTES 24

static bool wants(const struct avs_core *core, enum avs_log_level level) {
    return core->options.log.write && level >= core->options.log.level;
}

static const char *number(char field[NUMBER_BYTES], uint64_t value) {
    avs_text_format(field, NUMBER_BYTES, "%llu", (unsigned long long)value);
    return field;
}

/* "-": not reached */
static const char *milliseconds(char field[NUMBER_BYTES], double value) {
    avs_text_format(field, NUMBER_BYTES, value < 0 ? "-" : "%.1f", value);
    return field;
}

static const char *since(char field[NUMBER_BYTES], int64_t now_us, int64_t start_us) {
    return milliseconds(field, (double)(now_us - start_us) / 1000);
}

static const char *yes_or_no(bool is_true) {
    return is_true ? "true" : "false";
}

/* ---------------------------------------------------------------- connections */

void avs_story_dialling(const struct avs_conn *conn) {
    const struct avs_core *core = conn->core;
    const struct avs_dial_facts *dial = &conn->evidence.dial;
    if (wants(core, AVS_LOG_DEBUG5)) {
        AVS_LOG_EVENT(&core->options.log, AVS_LOG_DEBUG5, SOURCE, "dialling",
                      {"origin", conn->origin->url},
                      {"proxy", dial->proxy[0] ? dial->proxy : "none"},
                      {"interface", dial->interface_name[0] ? dial->interface_name : "any"});
    }
}

void avs_story_proven(const struct avs_conn *conn) {
    const struct avs_core *core = conn->core;
    if (!wants(core, AVS_LOG_DEBUG5)) {
        return;
    }
    const struct avs_tls_facts *tls = &conn->evidence.tls;
    const struct avs_timing_facts *timing = &conn->evidence.timing;
    const struct avs_trust_facts *trust = &tls->trust;
    char store[2 * AVS_NAME_BYTES + 2];
    avs_text_format(store, sizeof(store), "%s%s%s", trust->store.ca_file,
                    trust->store.ca_file[0] && trust->store.ca_path[0] ? " " : "",
                    trust->store.ca_path);
    char dns[NUMBER_BYTES], connect[NUMBER_BYTES], proven[NUMBER_BYTES];
    AVS_LOG_EVENT(&core->options.log, AVS_LOG_DEBUG5, SOURCE, "tlsEstablished",
                  {"origin", conn->origin->url}, {"address", conn->evidence.dial.address},
                  {"tls", tls->version}, {"cipher", tls->cipher}, {"alpn", tls->alpn},
                  {"resumed", yes_or_no(tls->session_resumed)},
                  {"root", trust->gate.anchor_subject}, {"store", store},
                  {"dnsMs", milliseconds(dns, timing->dns_ms)},
                  {"connectMs", milliseconds(connect, timing->connect_ms)},
                  {"tlsMs", milliseconds(proven, timing->tls_ms)});
}

static void say_connected(const struct avs_conn *conn) {
    const struct avs_dial_facts *dial = &conn->evidence.dial;
    const struct avs_tls_facts *tls = &conn->evidence.tls;
    AVS_LOG_EVENT(&conn->core->options.log, AVS_LOG_INFO, SOURCE, "connected",
                  {"origin", conn->origin->url},
                  {dial->proxy[0] ? "proxyAddress" : "address", dial->address},
                  {"proxy", dial->proxy[0] ? dial->proxy : "none"}, {"protocol", "h2"},
                  {"tls", tls->version}, {"resumed", yes_or_no(tls->session_resumed)});
}

void avs_story_settings(const struct avs_conn *conn, bool is_first) {
    const struct avs_core *core = conn->core;
    char streams[NUMBER_BYTES];
    if (wants(core, AVS_LOG_DEBUG5)) {
        AVS_LOG_EVENT(&core->options.log, AVS_LOG_DEBUG5, SOURCE, "settingsReceived",
                      {"origin", conn->origin->url},
                      {"maxConcurrentStreams",
                       number(streams, avs_h2_facts(conn->h2)->max_concurrent_streams)});
    }
    if (is_first) {
        say_connected(conn);
    }
}

void avs_story_goaway(const struct avs_conn *conn, uint32_t h2_code, uint32_t last_stream_id) {
    char last[NUMBER_BYTES], streams[NUMBER_BYTES];
    AVS_LOG_EVENT(&conn->core->options.log, AVS_LOG_INFO, SOURCE, "goawayReceived",
                  {"origin", conn->origin->url}, {"code", avs_h2_code_name(h2_code)},
                  {"lastStreamId", number(last, last_stream_id)},
                  {"openStreams", number(streams, conn->exchanges.count)});
}

void avs_story_closed(const struct avs_conn *conn) {
    const struct avs_core *core = conn->core;
    AVS_LOG_EVENT(&core->options.log, AVS_LOG_DEBUG5, SOURCE, "connectionClosed",
                  {"origin", conn->origin->url},
                  {"reason", core->loop.is_shut_down                       ? "shut down"
                             : conn->is_draining                           ? "drained"
                             : !conn->is_ready                             ? "not needed any more"
                             : conn->evidence.http.close != AVS_CLOSE_OPEN ? "closed by the server"
                                                                           : "idle"});
}

/* ---------------------------------------------------------------- requests */

void avs_story_sent(const struct avs_conn *conn, const struct avs_exchange *exchange) {
    const struct avs_core *core = conn->core;
    if (!wants(core, AVS_LOG_DEBUG7)) {
        return;
    }
    char name[AVS_EXCHANGE_NAME_BYTES], stream[NUMBER_BYTES], waited[NUMBER_BYTES];
    char path[AVS_NAME_BYTES];
    const char *target = exchange->fields[AVS_EXCHANGE_PATH_FIELD].value;
    avs_text_copy_bytes(path, sizeof(path), target,
                        strcspn(target, "?")); /* a query may be secret */
    AVS_LOG_EVENT(&core->options.log, AVS_LOG_DEBUG7, SOURCE, "requestSent",
                  {"request", avs_exchange_name(exchange, name)},
                  {"stream", number(stream, (uint64_t)exchange->loop.stream.id)},
                  {"origin", conn->origin->url},
                  {"method", exchange->fields[AVS_EXCHANGE_METHOD_FIELD].value}, {"path", path},
                  {"waitedMs", since(waited, core->loop.now_us, exchange->loop.taken_us)});
}

void avs_story_answered(const struct avs_conn *conn, const struct avs_exchange *exchange,
                        int status) {
    const struct avs_core *core = conn->core;
    if (!wants(core, AVS_LOG_DEBUG7)) {
        return;
    }
    char name[AVS_EXCHANGE_NAME_BYTES], code[NUMBER_BYTES], after[NUMBER_BYTES];
    AVS_LOG_EVENT(&core->options.log, AVS_LOG_DEBUG7, SOURCE, "responseReceived",
                  {"request", avs_exchange_name(exchange, name)},
                  {"status", number(code, (uint64_t)status)},
                  {"ms", since(after, core->loop.now_us, exchange->loop.taken_us)});
}

void avs_story_finished(const struct avs_core *core, const struct avs_exchange *exchange,
                        enum avs_finish finish, const struct avs_failure *failure) {
    if (!wants(core, AVS_LOG_DEBUG7)) {
        return;
    }
    char name[AVS_EXCHANGE_NAME_BYTES], after[NUMBER_BYTES];
    AVS_LOG_EVENT(&core->options.log, AVS_LOG_DEBUG7, SOURCE, "requestFinished",
                  {"request", avs_exchange_name(exchange, name)}, {"result", avs_finish_id(finish)},
                  {"ms", since(after, core->loop.now_us, exchange->loop.taken_us)},
                  {failure ? "why" : NULL, failure ? avs_cause_info(failure->cause)->id : NULL});
}

/* ---------------------------------------------------------------- pings */

void avs_story_pinged(const struct avs_conn *conn) {
    const struct avs_core *core = conn->core;
    if (wants(core, AVS_LOG_DEBUG9)) {
        char silent[NUMBER_BYTES];
        AVS_LOG_EVENT(&core->options.log, AVS_LOG_DEBUG9, SOURCE, "pingSent",
                      {"origin", conn->origin->url},
                      {"silentMs", since(silent, core->loop.now_us, conn->received_us)},
                      {"reason", conn->is_probe ? "network changed" : "silence"});
    }
}

void avs_story_ping_answered(const struct avs_conn *conn) {
    const struct avs_core *core = conn->core;
    if (wants(core, AVS_LOG_DEBUG9)) {
        char after[NUMBER_BYTES];
        AVS_LOG_EVENT(&core->options.log, AVS_LOG_DEBUG9, SOURCE, "pingAnswered",
                      {"origin", conn->origin->url},
                      {"ms", since(after, core->loop.now_us, conn->pinged_us)});
    }
}
