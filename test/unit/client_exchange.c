/* SPDX-License-Identifier: Apache-2.0 */
/* What a request may look like, and what becomes of it: fields in HTTP/2's form, copies of
 * everything. Malformed ones are refused by name. */
#include "support/test.h"

#include "client/exchange.h"

static struct avs_exchange_memo memo = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_finished(void *user, uint64_t id, enum avs_finish finish,
                        const struct avs_failure *failure) {
    (void)user;
    (void)id;
    (void)finish;
    (void)failure;
}

static enum avs_source_result on_read(void *user, uint64_t id, uint8_t *buffer, size_t capacity,
                                      size_t *ret_length) {
    (void)user;
    (void)id;
    (void)buffer;
    (void)capacity;
    *ret_length = 0;
    return AVS_SOURCE_COMPLETE;
}

static struct avs_request request_for(const char *url) {
    return (struct avs_request){
        .size = sizeof(struct avs_request), .url = url, .on_finished = on_finished};
}

static const char *value_of(const struct avs_exchange *exchange, const char *name) {
    for (size_t i = 0; i < exchange->field_count; i++) {
        if (strcmp(exchange->fields[i].name, name) == 0) {
            assert_int_equal(exchange->fields[i].name_length, strlen(name));
            assert_int_equal(exchange->fields[i].value_length, strlen(exchange->fields[i].value));
            return exchange->fields[i].value;
        }
    }
    return NULL;
}

static void urls_become_pseudo_fields(void **state) {
    (void)state;
    static const struct {
        const char *url, *host, *authority, *path;
        uint16_t port;
    } rows[] = {
        {"https://Example.COM", "example.com", NULL, "/", 443},
        {"https://example.com/", "example.com", NULL, "/", 443},
        {"https://example.com:8443/a/b?c=d", "example.com", "example.com:8443", "/a/b?c=d", 8443},
        {"https://example.com:8443/again", "example.com", "example.com:8443", "/again", 8443},
        {"https://example.com?q=1", "example.com", NULL, "/?q=1", 443},
        {"https://example.com/x#fragment", "example.com", NULL, "/x", 443},
        {"https://example.com#f/x?y", "example.com", NULL, "/", 443},
        {"https://[::1]:9443/v6", "::1", "[::1]:9443", "/v6", 9443},
        {"https://192.0.2.1/", "192.0.2.1", "192.0.2.1", "/", 443},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_exchange *exchange = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        const struct avs_request request = request_for(rows[i].url);
        if (avs_exchange_new(&memo, &request, &exchange, &error) != AVS_OK) {
            fail_msg("%s: %s", rows[i].url, error.message);
        }
        assert_string_equal(exchange->host, rows[i].host);
        assert_int_equal(exchange->port, rows[i].port);
        assert_string_equal(value_of(exchange, ":path"), rows[i].path);
        assert_string_equal(value_of(exchange, ":scheme"), "https");
        assert_string_equal(value_of(exchange, ":method"), "GET");
        if (rows[i].authority) {
            assert_string_equal(value_of(exchange, ":authority"), rows[i].authority);
        }
        avs_exchange_free(exchange);
    }
}

static void malformed_requests_are_refused(void **state) {
    (void)state;
    static const char *const urls[] = {
        "http://example.com/",
        "https://",
        "https:///path",
        "example.com",
        "",
        "https://a b/",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://user@example.com/",
        "https://[::1/",
        "https://example.com/\xc3\xa9",
    };
    for (size_t i = 0; i < AVS_COUNT(urls); i++) {
        struct avs_exchange *exchange = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        const struct avs_request request = request_for(urls[i]);
        if (avs_exchange_new(&memo, &request, &exchange, &error) != AVS_ERR_ENDPOINT_INVALID) {
            fail_msg("accepted: %s", urls[i]);
        }
        assert_int_equal(error.cause, AVS_CAUSE_ENDPOINT_INVALID);
        assert_null(exchange);
    }
    static const char *const lines[] = {"no colon",        ": no name",  "na me: x",
                                        "name: a\r\nb: c", "name: \x01", NULL};
    for (size_t i = 0; i < AVS_COUNT(lines); i++) {
        struct avs_exchange *exchange = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        struct avs_request request = request_for("https://example.com/");
        request.headers = &lines[i];
        request.header_count = 1;
        assert_int_equal(avs_exchange_new(&memo, &request, &exchange, &error), AVS_ERR_USAGE);
        assert_true(error.message[0] != '\0');
    }
}

static void fields_of_the_struct_are_checked(void **state) {
    (void)state;
    for (unsigned row = 0; row < 6; row++) {
        struct avs_exchange *exchange = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        struct avs_request request = request_for("https://example.com/");
        static const char *word;
        switch (row) {
        case 0:
            request.size = 0;
            word = "size";
            break;
        case 1:
            request.url = NULL;
            word = "url";
            break;
        case 2:
            request.on_finished = NULL;
            word = "on_finished";
            break;
        case 3:
            request.method = "GE T";
            word = "method";
            break;
        case 4:
            request.weight = 257;
            word = "weight";
            break;
        case 5:
            request.header_count = AVS_REQUEST_HEADERS_MAX + 1;
            word = "header lines";
            break;
        }
        enum avs_status status = avs_exchange_new(&memo, &request, &exchange, &error);
        assert_int_equal(status, row == 5 ? AVS_ERR_LIMIT : AVS_ERR_USAGE);
        assert_non_null(strstr(error.message, word));
    }
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_exchange *exchange = NULL;
    assert_int_equal(avs_exchange_new(&memo, NULL, &exchange, &error), AVS_ERR_USAGE);
}

static void headers_take_the_form_of_http2(void **state) {
    (void)state;
    char authorization[] = "Authorization:  Bearer secret \t";
    const char *const lines[] = {
        authorization,       "Content-Type: multipart/form-data; boundary=x",
        "Connection: close", "Transfer-Encoding: chunked",
        "Keep-Alive: 5",     "Host: other.example",
        "X-Empty:",
    };
    struct avs_exchange *exchange = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_request request = request_for("https://example.com/v20160207/events");
    request.headers = lines;
    request.header_count = AVS_COUNT(lines);
    request.on_read = on_read;
    assert_int_equal(avs_exchange_new(&memo, &request, &exchange, &error), AVS_OK);
    memset(authorization, 'x', sizeof(authorization) - 1); /* it was copied */
    assert_int_equal(exchange->field_count, 7);
    assert_string_equal(value_of(exchange, ":method"), "POST");
    assert_string_equal(value_of(exchange, ":authority"), "other.example");
    assert_string_equal(value_of(exchange, "authorization"), "Bearer secret");
    assert_string_equal(value_of(exchange, "content-type"), "multipart/form-data; boundary=x");
    assert_string_equal(value_of(exchange, "x-empty"), "");
    assert_null(value_of(exchange, "connection"));
    for (size_t i = 0; i < exchange->field_count; i++) {
        assert_int_equal(exchange->fields[i].is_secret,
                         strcmp(exchange->fields[i].name, "authorization") == 0);
    }
    assert_null(exchange->request.url);
    assert_null(exchange->request.headers);
    avs_exchange_free(exchange);
}

/* The names of what is sent besides the pseudo fields, in order, each with a blank. */
static void names_of(const struct avs_exchange *exchange, char names[256]) {
    names[0] = '\0';
    for (size_t i = 4; i < exchange->field_count; i++) {
        strcat(strcat(names, exchange->fields[i].name), " ");
    }
}

static void what_http2_forbids_is_left_out(void **state) {
    (void)state;
    static const struct {
        const char *lines[5];
        const char *sent;
    } rows[] = {
        {{"a: 1", "Keep-Alive: timeout=5", "b: 2"}, "a b "},
        {{"Proxy-Connection: keep-alive", "Transfer-Encoding: chunked", "Upgrade: h2c"}, ""},
        {{"HTTP2-Settings: AAMAAABk", "a: 1"}, "a "},
        {{"TE: trailers"}, "te "},
        {{"TE: Trailers "}, "te "},
        {{"TE: gzip"}, ""},
        {{"TE: trailers, gzip"}, ""},
        {{"Connection: close", "a: 1", "close: x"}, "a "},
        {{"hop: 1", "Connection: keep-alive, Hop", "hop: 2", "hopper: 3"}, "hopper "},
        {{"Connection: a,,b\t, c", "a: 1", "b: 1", "c: 1", "d: 1"}, "d "},
        {{"Connection: a", "a: 1", "b: 1", "Connection: b"}, ""},
        {{"Connection: te", "TE: trailers"}, ""},
        {{"Connection:", "a: 1"}, "a "},
        {{"Connection: ,", "a: 1"}, "a "},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_exchange *exchange = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        struct avs_request request = request_for("https://example.com/");
        char names[256];
        request.headers = rows[i].lines;
        while (request.header_count < 5 && rows[i].lines[request.header_count]) {
            request.header_count++;
        }
        assert_int_equal(avs_exchange_new(&memo, &request, &exchange, &error), AVS_OK);
        names_of(exchange, names);
        assert_string_equal(names, rows[i].sent);
        assert_string_equal(value_of(exchange, ":authority"), "example.com");
        avs_exchange_free(exchange);
    }
}

static void secrets_stay_out_of_the_table(void **state) {
    (void)state;
    static const char *const lines[] = {"Authorization: Bearer x", "cookie: a=b", "Cookie: c=d",
                                        "Proxy-Authorization: Basic eA==", "x-plain: y"};
    struct avs_exchange *exchange = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_request request = request_for("https://example.com/");
    request.headers = lines;
    request.header_count = AVS_COUNT(lines);
    assert_int_equal(avs_exchange_new(&memo, &request, &exchange, &error), AVS_OK);
    for (size_t i = 0; i < exchange->field_count; i++) {
        assert_int_equal(exchange->fields[i].is_secret, i >= 4 && i < 8);
    }
    avs_exchange_free(exchange);
}

static void the_whole_has_a_ceiling(void **state) {
    (void)state;
    static char line[AVS_REQUEST_HEADER_BYTES];
    memset(line, 'v', sizeof(line) - 1);
    memcpy(line, "x: ", 3);
    const char *const lines[] = {line};
    struct avs_exchange *exchange = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_request request = request_for("https://example.com/");
    request.headers = lines;
    request.header_count = 1;
    assert_int_equal(avs_exchange_new(&memo, &request, &exchange, &error), AVS_ERR_LIMIT);
    line[sizeof(line) / 2] = '\0';
    assert_int_equal(avs_exchange_new(&memo, &request, &exchange, &error), AVS_OK);
    avs_exchange_free(exchange);
}

static void each_allocation_may_fail(void **state) {
    (void)state;
    unsigned failures = 0;
    TEST_EACH_ALLOCATION(nth, 20) {
        struct avs_exchange *exchange = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        const struct avs_request request = request_for("https://fresh.example/");
        enum avs_status status = avs_exchange_new(&memo, &request, &exchange, &error);
        if (status != AVS_OK) {
            assert_int_equal(status, AVS_ERR_NO_MEMORY);
            failures++;
        }
        avs_exchange_free(exchange);
    }
    assert_true(failures > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_become_pseudo_fields),
        cmocka_unit_test(malformed_requests_are_refused),
        cmocka_unit_test(fields_of_the_struct_are_checked),
        cmocka_unit_test(headers_take_the_form_of_http2),
        cmocka_unit_test(what_http2_forbids_is_left_out),
        cmocka_unit_test(secrets_stay_out_of_the_table),
        cmocka_unit_test(the_whole_has_a_ceiling),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
