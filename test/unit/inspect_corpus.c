/* SPDX-License-Identifier: Apache-2.0 */
/* The corpus: every log in test/corpus/logs gives what EXPECTED says, and gives the same when it
 * arrives one byte at a time or in odd pieces. */
#include <avs/inspect.h>

#include "support/test.h"

#define CORPUS AVS_SOURCE_DIR "/test/corpus/logs/"

static const int64_t now = 1795219200; /* 2026-11-21 00:00:00 UTC */

struct log {
    char *bytes;
    size_t length;
};

static struct log load(const char *name) {
    char path[512];
    snprintf(path, sizeof(path), CORPUS "%s.log", name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        fail_msg("no such log: %s", path);
    }
    struct log log = {malloc(1 << 20), 0};
    log.length = fread(log.bytes, 1, 1 << 20, file);
    fclose(file);
    return log;
}

/* The report as JSON, after pushing `log` in pieces of `piece` bytes (0: all at once). */
static char *inspect(const struct log *log, const char *sdk, size_t piece,
                     struct avs_inspect_report *ret_report) {
    const struct avs_inspect_options options = {
        .size = sizeof(options), .sdk_version = sdk, .now = now};
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_inspect *inspect = NULL;
    assert_int_equal(avs_inspect_new(&options, &inspect, &error), AVS_OK);
    for (size_t at = 0; at < log->length;) {
        size_t length = piece && piece < log->length - at ? piece : log->length - at;
        avs_inspect_push(inspect, log->bytes + at, length);
        at += length;
    }
    avs_inspect_flush(inspect);
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    if (ret_report) {
        *ret_report = *report;
    }
    char *json = NULL;
    assert_int_equal(avs_inspect_report_to_json(report, "log", &json, &error), AVS_OK);
    avs_inspect_free(inspect);
    return json;
}

static void describe(const struct avs_inspect_report *report, char *text, size_t capacity) {
    int length = snprintf(text, capacity, "%d", report->exit_code);
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct avs_inspect_finding *finding = &report->findings[i];
        length += snprintf(text + length, capacity - (size_t)length, " %s/%s/%llu/%llu",
                           avs_cause_info(finding->cause)->id, avs_certainty_id(finding->certainty),
                           (unsigned long long)finding->count,
                           (unsigned long long)finding->decisive.line);
    }
}

static unsigned for_each_log(void (*check)(const char *name, const char *sdk, const char *want)) {
    FILE *file = fopen(CORPUS "EXPECTED", "r");
    assert_non_null(file);
    char line[1024];
    unsigned count = 0;
    while (fgets(line, sizeof(line), file)) {
        char name[128], sdk[32];
        int rest = 0;
        if (line[0] == '#' || sscanf(line, "%127s %31s %n", name, sdk, &rest) < 2) {
            continue;
        }
        line[strcspn(line, "\n")] = '\0';
        check(name, strcmp(sdk, "-") == 0 ? NULL : sdk, line + rest);
        count++;
    }
    fclose(file);
    return count;
}

static void check_findings(const char *name, const char *sdk, const char *want) {
    struct log log = load(name);
    static struct avs_inspect_report report;
    char *json = inspect(&log, sdk, 0, &report);
    char got[1024];
    describe(&report, got, sizeof(got));
    if (strcmp(got, want) != 0) {
        fail_msg("%s: want '%s', got '%s'", name, want, got);
    }
    free(json);
    free(log.bytes);
}

static void every_log_gives_what_is_expected(void **state) {
    (void)state;
    assert_true(for_each_log(check_findings) >= 60);
}

static void check_pieces(const char *name, const char *sdk, const char *want) {
    (void)want;
    static const size_t pieces[] = {1, 2, 7, 64, 81};
    struct log log = load(name);
    char *whole = inspect(&log, sdk, 0, NULL);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        char *cut = inspect(&log, sdk, pieces[i], NULL);
        if (strcmp(whole, cut) != 0) {
            fail_msg("%s: in pieces of %zu bytes it reads:\n%s", name, pieces[i], cut);
        }
        free(cut);
    }
    free(whole);
    free(log.bytes);
}

static void pieces_make_no_difference(void **state) {
    (void)state;
    for_each_log(check_pieces);
}

/* A log never shows what only somebody who saw the connection can say. */
static void check_claims(const char *name, const struct avs_inspect_finding *finding) {
    static const struct {
        const char *claim;
        enum avs_certainty least; /* from this certainty on it may be said */
    } claims[] = {
        {"root named above", AVS_CERTAIN + 1}, {"before any certificate", AVS_CERTAIN + 1},
        {"TLS is proven", AVS_CERTAIN + 1},    {"Keep the evidence", AVS_CERTAIN + 1},
        {"The address answered", AVS_CERTAIN}, {"DNS: the name resolved", AVS_CERTAIN},
    };
    const char *texts[] = {finding->says, finding->meaning, finding->remedy, finding->rules_out[0]};
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++) {
            if (finding->certainty < claims[i].least && strstr(texts[j], claims[i].claim)) {
                fail_msg("%s: nobody can know '%s' from this log", name, texts[j]);
            }
        }
    }
}

static void check_rendering(const char *name, const char *sdk, const char *want) {
    (void)want;
    struct log log = load(name);
    static struct avs_inspect_report report;
    free(inspect(&log, sdk, 0, &report));
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    assert_int_equal(avs_inspect_report_to_text(&report, name, NULL, &text, &error), AVS_OK);
    for (size_t i = 0; i < report.finding_count; i++) {
        assert_non_null(report.findings[i].says);
        assert_non_null(strstr(text, report.findings[i].line));
        check_claims(name, &report.findings[i]);
        char begin[24] = ""; /* before any place where the text is wrapped */
        snprintf(begin, sizeof(begin), "%.23s", report.findings[i].meaning);
        assert_non_null(strstr(text, begin));
        if (strchr(report.findings[i].command, '{')) {
            fail_msg("%s: a place left open in '%s'", name, report.findings[i].command);
        }
    }
    if (report.answer == AVS_INSPECT_CANNOT_TELL) {
        assert_true(report.limit_count > 0);
    }
    free(text);
    free(log.bytes);
}

static void every_finding_is_put_into_words(void **state) {
    (void)state;
    for_each_log(check_rendering);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_log_gives_what_is_expected),
        cmocka_unit_test(pieces_make_no_difference),
        cmocka_unit_test(every_finding_is_put_into_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
