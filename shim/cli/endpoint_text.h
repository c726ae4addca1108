/* avs-shim endpoint: reports as text. */
#ifndef AVS_CLI_ENDPOINT_TEXT_H
#define AVS_CLI_ENDPOINT_TEXT_H

#include <stdbool.h>

#include <avs/config.h>

/** Which endpoint each generation dials; `is_long` (explain) also says why, and what else counts.
 */
void cli_endpoint_print(const struct avs_config_report *report, bool is_long);

/** The findings, each with its line, a caret and the fix. */
void cli_endpoint_print_findings(const struct avs_config_report *report);

#endif
