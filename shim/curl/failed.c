/* SPDX-License-Identifier: Apache-2.0 */
/* See failed.h. From libcurl's code and what was seen to evidence; the judgement is avs_judge's,
 * the words are the catalogue's. */
#include "failed.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <avs/verdict.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "sights.h"
#include "store.h"
#include "trust/anchors.h"
#include "verdict/fact.h"

#define SOURCE        "AvsShim"
#define HTTPS         "https://"
#define HTTPS_PORT    443
#define TOLD_MAX      16
#define TELL_AGAIN_US INT64_C(60000000)

struct failure {
    const struct avs_caller *caller;
    CURL *easy;
    CURLcode code;
    struct avs_evidence *evidence;
    struct avs_session_evidence *session; /* in it */
    enum avs_cause cause;
    char reason[AVS_FACT_BYTES];
};

/* ---- asking libcurl ---- */

static long get_number(const struct failure *failure, CURLINFO what) {
    long value = 0;
    __typeof__(&curl_easy_getinfo) getinfo = AVS_REAL(failure->caller, curl_easy_getinfo);
    return getinfo && getinfo(failure->easy, what, &value) == CURLE_OK ? value : 0;
}

static const char *get_text(const struct failure *failure, CURLINFO what) {
    char *value = NULL;
    __typeof__(&curl_easy_getinfo) getinfo = AVS_REAL(failure->caller, curl_easy_getinfo);
    return getinfo && getinfo(failure->easy, what, &value) == CURLE_OK && value ? value : "";
}

static bool has_passed(const struct failure *failure, CURLINFO time) {
    double seconds = 0;
    __typeof__(&curl_easy_getinfo) getinfo = AVS_REAL(failure->caller, curl_easy_getinfo);
    return getinfo && getinfo(failure->easy, time, &seconds) == CURLE_OK && seconds > 0;
}

/* Host and port of an https URL, and nothing else of it. */
static bool read_url(const char *url, char host[AVS_NAME_BYTES], uint16_t *ret_port) {
    if (strncasecmp(url, HTTPS, strlen(HTTPS)) != 0) {
        return false;
    }
    const char *start = url + strlen(HTTPS);
    const char *end = start + strcspn(start, "/?#\\");
    for (const char *at = start; at < end; at++) {
        start = *at == '@' ? at + 1 : start;
    }
    const char *stop = start;
    if (*start == '[') {
        stop = ++start;
        stop += strcspn(stop, "]");
    } else {
        stop += strcspn(stop, ":/?#\\");
    }
    stop = stop < end ? stop : end;
    avs_text_copy_bytes(host, AVS_NAME_BYTES, start, (size_t)(stop - start));
    avs_text_make_printable(host);
    const char *colon = stop < end && *stop == ']' ? stop + 1 : stop;
    long port = colon < end && *colon == ':' ? strtol(colon + 1, NULL, 10) : HTTPS_PORT;
    *ret_port = port > 0 && port <= UINT16_MAX ? (uint16_t)port : HTTPS_PORT;
    return host[0] != '\0';
}

/* ---- from the code to facts ---- */

static void note_dial(struct failure *failure, enum avs_dial_outcome outcome) {
    failure->session->dial.outcome = outcome;
}

static void note_refused_connection(struct failure *failure) {
    static const struct {
        int os_errno;
        enum avs_dial_outcome outcome;
    } rows[] = {
        {ECONNREFUSED, AVS_DIAL_REFUSED},    {ETIMEDOUT, AVS_DIAL_TIMEOUT},
        {ENETUNREACH, AVS_DIAL_UNREACHABLE}, {EHOSTUNREACH, AVS_DIAL_UNREACHABLE},
        {ENETDOWN, AVS_DIAL_UNREACHABLE},    {EADDRNOTAVAIL, AVS_DIAL_UNREACHABLE},
        {EACCES, AVS_DIAL_UNREACHABLE},      {EPERM, AVS_DIAL_UNREACHABLE},
        {ECONNRESET, AVS_DIAL_RESET},
    };
    note_dial(failure, AVS_DIAL_FAILED);
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (rows[i].os_errno == failure->session->dial.os_errno) {
            note_dial(failure, rows[i].outcome);
        }
    }
}

/* CURLINFO_CONNECT_TIME comes with the handshake's end in some releases; the address of the peer is
 * known once TCP stands. */
static void note_time_out(struct failure *failure) {
    bool is_connected =
        has_passed(failure, CURLINFO_CONNECT_TIME) || failure->session->dial.address[0];
    if (!has_passed(failure, CURLINFO_NAMELOOKUP_TIME)) {
        note_dial(failure, AVS_DIAL_DNS_FAILED);
    } else if (!is_connected) {
        note_dial(failure, AVS_DIAL_TIMEOUT);
    } else if (!has_passed(failure, CURLINFO_APPCONNECT_TIME)) {
        failure->session->tls.outcome = AVS_HANDSHAKE_TIMEOUT;
    } else {
        failure->cause = AVS_CAUSE_RESPONSE_TIMEOUT;
    }
}

/* The handshake, as OpenSSL saw it: its end, its refusal, or, where it stood, a name that libcurl
 * did not accept. */
static void note_handshake(struct failure *failure) {
    struct avs_tls_facts *tls = &failure->session->tls;
    const struct avs_tls_facts *seen = avs_sights_find(failure->evidence->host);
    bool is_verification =
        failure->code == CURLE_PEER_FAILED_VERIFICATION || failure->code == CURLE_SSL_ISSUER_ERROR;
    if (seen) {
        *tls = *seen;
    } else {
        tls->outcome = is_verification ? AVS_HANDSHAKE_VERIFY_FAILED : AVS_HANDSHAKE_FAILED;
        tls->trust.gate.verify_error =
            is_verification ? (int)get_number(failure, CURLINFO_SSL_VERIFYRESULT) : -1;
    }
    if (tls->outcome == AVS_HANDSHAKE_ESTABLISHED && is_verification) {
        tls->outcome = AVS_HANDSHAKE_VERIFY_FAILED;
        tls->trust.gate.verify_error = X509_V_ERR_HOSTNAME_MISMATCH;
        tls->trust.refusal.hostname_mismatch = true;
    } else if (tls->outcome == AVS_HANDSHAKE_ESTABLISHED) {
        tls->outcome = AVS_HANDSHAKE_FAILED; /* libcurl itself was not content */
    }
    if (failure->code == CURLE_SSL_CONNECT_ERROR && failure->session->dial.os_errno == ECONNRESET) {
        tls->outcome = AVS_HANDSHAKE_RESET;
    }
}

/* libcurl refused the file or the folder: what is wrong with it. */
static void note_bad_store(struct failure *failure) {
    struct avs_tls_facts *tls = &failure->session->tls;
    struct avs_anchors *anchors = NULL;
    char file[AVS_NAME_BYTES], path[AVS_NAME_BYTES];
    avs_curl_store_refused(file, path);
    const struct avs_anchors_options options = {
        .ca_file = file[0] ? file : NULL, .ca_path = path[0] ? path : NULL, .source = "libcurl"};
    tls->outcome = AVS_HANDSHAKE_STORE_FAILED;
    if (!file[0] && !path[0]) {
        failure->cause = AVS_CAUSE_CA_FILE_UNREADABLE;
    } else if (avs_anchors_load(&options, &tls->trust.store, &anchors, NULL) == AVS_OK) {
        failure->cause = AVS_CAUSE_CA_FILE_INVALID; /* it has been mended since, or is too large */
        avs_anchors_unref(anchors);
    }
}

static void note_proxy(struct failure *failure) {
    failure->session->dial.proxy_status = (int)get_number(failure, CURLINFO_HTTP_CONNECTCODE);
    AVS_TEXT_SET(failure->session->dial.proxy, "that is set");
    note_dial(failure, AVS_DIAL_PROXY_FAILED);
}

/* While the handshake was under way it was cut, and afterwards lost; before it, the proxy did it.
 */
static void note_lost(struct failure *failure) {
    if (get_number(failure, CURLINFO_HTTP_CONNECTCODE) >= 300) {
        note_proxy(failure);
    } else if (has_passed(failure, CURLINFO_APPCONNECT_TIME)) {
        failure->cause = AVS_CAUSE_CONNECTION_LOST;
    } else {
        failure->session->tls.outcome = AVS_HANDSHAKE_RESET;
    }
}

static void note_no_name(struct failure *failure) {
    note_dial(failure, AVS_DIAL_DNS_FAILED);
}

static void note_interface(struct failure *failure) {
    AVS_TEXT_SET(failure->session->dial.interface_name, "that is set");
    note_dial(failure, AVS_DIAL_INTERFACE_MISSING);
}

static void note_http2(struct failure *failure) {
    failure->cause = AVS_CAUSE_HTTP2_ERROR;
}

/* A setting of the application's own: libcurl's words say which. */
static void note_setting(struct failure *failure) {
    failure->cause = AVS_CAUSE_TLS_FAILED;
}

static const struct {
    CURLcode code;
    void (*note)(struct failure *failure);
} codes[] = {
    {CURLE_COULDNT_RESOLVE_PROXY, note_proxy},
    {CURLE_COULDNT_RESOLVE_HOST, note_no_name},
    {CURLE_COULDNT_CONNECT, note_refused_connection},
    {CURLE_OPERATION_TIMEDOUT, note_time_out},
    {CURLE_INTERFACE_FAILED, note_interface},
    {CURLE_SSL_CONNECT_ERROR, note_handshake},
    {CURLE_PEER_FAILED_VERIFICATION, note_handshake},
    {(CURLcode)51, note_handshake}, /* the same, before libcurl 7.62 */
    {CURLE_SSL_ISSUER_ERROR, note_handshake},
    {CURLE_SSL_CACERT_BADFILE, note_bad_store},
    {CURLE_GOT_NOTHING, note_lost},
    {CURLE_SEND_ERROR, note_lost},
    {CURLE_RECV_ERROR, note_lost},
    {CURLE_HTTP2, note_http2},
    {CURLE_HTTP2_STREAM, note_http2},
    {(CURLcode)97, note_proxy}, /* CURLE_PROXY, 7.73 and later */
    {CURLE_SSL_CERTPROBLEM, note_setting},
    {CURLE_SSL_CIPHER, note_setting},
    {CURLE_SSL_ENGINE_NOTFOUND, note_setting},
    {CURLE_SSL_ENGINE_SETFAILED, note_setting},
    {CURLE_SSL_ENGINE_INITFAILED, note_setting},
    {CURLE_SSL_CRL_BADFILE, note_setting},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, note_setting},
    {CURLE_SSL_INVALIDCERTSTATUS, note_setting},
};

static void (*note_of(CURLcode code))(struct failure *failure) {
    for (size_t i = 0; i < AVS_COUNT(codes); i++) {
        if (codes[i].code == code) {
            return codes[i].note;
        }
    }
    return NULL;
}

/* ---- judging ---- */

static void judge(struct failure *failure) {
    struct avs_evidence *evidence = failure->evidence;
    if (failure->cause != AVS_CAUSE_NONE) { /* TLS stood: libcurl's words are what there is */
        const char *words = "libcurl failed";
        __typeof__(&curl_easy_strerror) strerror_of = AVS_REAL(failure->caller, curl_easy_strerror);
        words = strerror_of ? strerror_of(failure->code) : words;
        AVS_TEXT_SET(failure->reason, words);
        return;
    }
    struct avs_verdict verdict;
    avs_judge(evidence, &verdict);
    const struct avs_session_verdict *session = &verdict.session[AVS_PROTOCOL_HTTP1];
    failure->cause = session->cause_count > 0 ? session->causes[0] : AVS_CAUSE_UNKNOWN_TRANSPORT;
    avs_fact_describe(failure->cause, failure->session, evidence->host, evidence->wall_clock,
                      failure->reason);
}

/* ---- telling ---- */

static void write_line(void *user, enum avs_log_level level, const char *line) {
    (void)user, (void)level;
    char bytes[AVS_LOG_LINE_BYTES + 1];
    int length = snprintf(bytes, sizeof(bytes), "%s\n", line);
    ssize_t written = write(STDERR_FILENO, bytes, (size_t)length); /* whole, and not stdio's */
    (void)written;
}

static const struct avs_log sink = {.write = write_line, .level = AVS_LOG_INFO};

/* The same host, port and cause again within a minute is only counted; how often, or 0. */
static unsigned take_turn(const struct failure *failure) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct {
        char host[AVS_NAME_BYTES];
        uint16_t port;
        enum avs_cause cause;
        int64_t told_us;
        unsigned count;
    } told[TOLD_MAX];
    int64_t now_us = avs_clock_monotonic_us();
    size_t place = 0;
    unsigned count = 0;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < TOLD_MAX; i++) {
        bool is_same = told[i].cause == failure->cause && told[i].count > 0 &&
                       told[i].port == failure->evidence->port &&
                       strcmp(told[i].host, failure->evidence->host) == 0;
        if (is_same) {
            place = i;
            break;
        }
        place = told[i].told_us < told[place].told_us ? i : place;
    }
    bool is_known = told[place].count > 0 && told[place].cause == failure->cause &&
                    told[place].port == failure->evidence->port &&
                    strcmp(told[place].host, failure->evidence->host) == 0;
    if (!is_known || now_us - told[place].told_us >= TELL_AGAIN_US) {
        count = is_known ? told[place].count : 1;
        AVS_TEXT_SET(told[place].host, failure->evidence->host);
        told[place].port = failure->evidence->port;
        told[place].cause = failure->cause;
        told[place].told_us = now_us;
        told[place].count = 1;
    } else {
        told[place].count++;
    }
    pthread_mutex_unlock(&lock);
    return count;
}

static void tell(const struct failure *failure) {
    const struct avs_cause_info *info = avs_cause_info(failure->cause);
    unsigned count = take_turn(failure);
    char authority[AVS_NAME_BYTES + 16], code[16], times[16];
    if (count == 0) {
        return;
    }
    avs_text_authority(authority, sizeof(authority), failure->evidence->host,
                       failure->evidence->port);
    avs_text_format(code, sizeof(code), "%d", (int)failure->code);
    avs_text_format(times, sizeof(times), "%u", count);
    struct avs_log_pair pairs[8] = {{"host", authority}, {"cause", info->id}, {"code", code}};
    size_t at = 3;
    if (failure->session->dial.address[0]) {
        pairs[at++] = (struct avs_log_pair){"address", failure->session->dial.address};
    }
    if (count > 1) {
        pairs[at++] = (struct avs_log_pair){"times", times};
    }
    pairs[at++] = (struct avs_log_pair){"reason", failure->reason};
    pairs[at++] = (struct avs_log_pair){"remedy", info->remedy};
    avs_log_event(&sink, AVS_LOG_ERROR, SOURCE, "httpsFailed", pairs);
}

static void explain(struct failure *failure, void (*note)(struct failure *failure)) {
    struct avs_evidence *evidence = failure->evidence;
    struct avs_session_evidence *session = &evidence->session[AVS_PROTOCOL_HTTP1];
    failure->session = session;
    if (!read_url(get_text(failure, CURLINFO_EFFECTIVE_URL), evidence->host, &evidence->port)) {
        return;
    }
    evidence->wall_clock = avs_clock_wall_ms() / 1000;
    evidence->build_time = avs_clock_build_time();
    session->was_attempted = true;
    session->protocol = AVS_PROTOCOL_HTTP1;
    session->dial.outcome = AVS_DIAL_CONNECTED;
    session->dial.curl_code = (int)failure->code;
    session->dial.os_errno = (int)get_number(failure, CURLINFO_OS_ERRNO);
    session->dial.port = evidence->port;
    AVS_TEXT_SET(session->dial.host, evidence->host);
    AVS_TEXT_SET(session->dial.address, get_text(failure, CURLINFO_PRIMARY_IP));
    note(failure);
    judge(failure);
    tell(failure);
    avs_sights_forget(evidence->host);
}

void avs_curl_failed(const struct avs_caller *caller, CURL *easy, CURLcode code) {
    struct failure failure = {.caller = caller, .easy = easy, .code = code};
    void (*note)(struct failure *) = note_of(code);
    int before = errno;
    if (note && (failure.evidence = avs_evidence_new())) {
        explain(&failure, note);
        avs_evidence_free(failure.evidence);
    }
    errno = before;
}

void avs_curl_unverified(void) {
    static atomic_flag is_told = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&is_told)) {
        AVS_LOG_EVENT(&sink, AVS_LOG_WARN, SOURCE, "httpsUnverified",
                      {"reason", "the application has switched certificate verification off for a "
                                 "libcurl handle (CURLOPT_SSL_VERIFYPEER 0)"},
                      {"remedy", "name the right CA file in CURLOPT_CAINFO instead"});
    }
}
