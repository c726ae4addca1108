/* The library in 60 lines: check an endpoint, say why it fails, exit as avs-shim does.
 *
 *     cc minimal.c $(pkg-config --cflags --libs avs-shim) -o minimal && ./minimal na */
#include <stdio.h>
#include <stdlib.h>

#include <avs/avs.h>

/* The library writes nothing by itself: log lines come here. */
static void print_line(void *user, enum avs_log_level level, const char *line) {
    (void)user;
    (void)level;
    fprintf(stderr, "%s\n", line);
}

int main(int argc, char **argv) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_evidence *evidence = NULL;
    const struct avs_check_options options = {
        .size = sizeof(options),
        .endpoint = argc > 1 ? argv[1] : NULL,   /* NULL: the ATS test endpoint */
        .ca_file = getenv("MINIMAL_CA_FILE"),    /* NULL: the system's roots */
        .ats_roots_file = getenv("MINIMAL_ATS"), /* NULL: the five built-in Amazon roots */
        .connect_to = getenv("MINIMAL_CONNECT_TO"),
        .log = {.write = print_line, .level = AVS_LOG_WARN},
    };

    /* 1. Facts: dial, prove TLS, ask over HTTP/2 and HTTP/1.1, note what was seen. */
    if (avs_check_run(&options, &evidence, &error) != AVS_OK) {
        fprintf(stderr, "minimal: %s\n", error.message);
        return 2;
    }

    /* 2. Judgement: a pure function of the facts. */
    struct avs_verdict verdict;
    avs_judge(evidence, &verdict);
    const struct avs_cause_info *cause = avs_cause_info(verdict.cause);
    printf("%s: %s\n", avs_readiness_id(verdict.readiness), cause->meaning);

    /* 3. Words: the report that the command prints, in text or JSON. */
    char *report = NULL;
    if (verdict.readiness != AVS_READY &&
        avs_report_to_text(evidence, &verdict, NULL, &report, &error) == AVS_OK) {
        fputs(report, stdout);
        free(report);
    }
    avs_evidence_free(evidence);
    return verdict.exit_code;
}
