/* SPDX-License-Identifier: Apache-2.0 */
/* See audit_forecast.h: a table of dates, each with its source. */
#include "store/audit_forecast.h"

#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "store/audit.h"

#define AMAZON_ROOTS 0x0fu /* rows of avs_ats_root_table */
#define ALL_REQUIRED 0x1fu

/* Sources: Mozilla wiki "CA/Root CA Lifecycles", certifi's history, the AWS ACM announcement on
 * Starfield Class 2, the AWS European Sovereign Cloud's list of authorities. */
const struct avs_audit_forecast avs_audit_forecast_table[] = {
    {"2018-10", 0, "VeriSign Class 3 G5 distrusted by browsers; AWS IoT supports it no longer",
     "use the -ats endpoint and Amazon Root CA 1", "AWS IoT server authentication"},
    {"2024-08", ALL_REQUIRED,
     "AWS stopped sending the copy of Starfield G2 signed by Starfield Class 2",
     "a store that trusts only Class 2 fails since then: add Amazon Root CA 1 to 4 and Starfield "
     "Services G2",
     "AWS Certificate Manager announcement"},
    {"2025-04-15", 0, "Starfield Class 2 left Mozilla's TLS store (certifi 2025.4.26)",
     "nothing to add: it is not needed any more", "Mozilla root lifecycles"},
    {"2027-04-15", AMAZON_ROOTS,
     "Starfield Services G2 is due to leave Mozilla's TLS store (keys of 2008-2009; derived from "
     "the rule, not announced for this root)",
     "have Amazon Root CA 1 to 4 in the store as roots of their own before then",
     "Mozilla root lifecycles"},
    {"2030-05", 0,
     "Amazon Root CA 1 to 4 reach Mozilla's limit of 15 years (derived from the rule)",
     "make sure that roots can be added in the field: avs-shim trust install, or a firmware update",
     "Mozilla root lifecycles"},
};
const size_t avs_audit_forecast_count = AVS_COUNT(avs_audit_forecast_table);

int64_t avs_audit_date(const char *date) {
    int64_t unix_seconds = 0;
    size_t length = strlen(date);
    if (avs_civil_parse("Y-M-D", date, length, &unix_seconds) == 0 &&
        avs_civil_parse("Y-M", date, length, &unix_seconds) == 0) {
        return 0;
    }
    return unix_seconds;
}

void avs_audit_forecast_missing(const struct avs_trust_audit *audit,
                                const struct avs_audit_forecast *forecast, char *ret_names,
                                size_t capacity) {
    size_t length = 0;
    ret_names[0] = '\0';
    for (size_t i = 0; i < AVS_ATS_ROOT_COUNT; i++) {
        bool is_needed = (forecast->needed >> i & 1u) != 0;
        if (is_needed && audit->sdk[i] != AVS_AUDIT_PRESENT && length < capacity) {
            avs_text_format(ret_names + length, capacity - length, "%s%s", length ? ", " : "",
                            audit->watches.row[i].name);
            length = strlen(ret_names);
        }
    }
}
