/* SPDX-License-Identifier: Apache-2.0 */
/* Check an endpoint, say why it fails, exit as avs-shim does.
 *     cc check.c $(pkg-config --cflags --libs avs-doctor) -o check && ./check na
 * A second argument is a CA file in place of the system's, whose roots will do where no Amazon root
 * can be had (a test bed); a third is HOST:PORT to connect to. */
#include <stdio.h>
#include <stdlib.h>

#include <avs/avs.h>

int main(int argc, char **argv) {
    const struct avs_check_options options = {
        .size = sizeof(options),
        .endpoint = argc > 1 ? argv[1] : NULL, /* NULL: the ATS test endpoint */
        .ca_file = argc > 2 ? argv[2] : NULL,  /* NULL: the system's roots */
        .require_ats = argc <= 2,
        .connect_to = argc > 3 ? argv[3] : NULL,
    };
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_evidence *evidence = NULL; /* facts ... */
    if (avs_check_run(&options, &evidence, &error) != AVS_OK) {
        return fprintf(stderr, "check: %s\n", error.message), 2;
    }
    struct avs_verdict *verdict = NULL; /* ... judged ... */
    char *words = NULL;                 /* ... and put into words */
    if (avs_verdict_new(evidence, &verdict, &error) != AVS_OK ||
        avs_report_to_text(evidence, verdict, NULL, &words, &error) != AVS_OK) {
        return fprintf(stderr, "check: %s\n", error.message), 2;
    }
    fputs(words, stdout);
    int exit_code = avs_verdict_exit_code(verdict);
    free(words);
    avs_verdict_free(verdict);
    avs_evidence_free(evidence);
    return exit_code;
}
