/* SPDX-License-Identifier: Apache-2.0 */
/* Dates ahead: when a store that is fine today will not be. */
#ifndef AVS_STORE_AUDIT_FORECAST_H
#define AVS_STORE_AUDIT_FORECAST_H

#include <stddef.h>
#include <stdint.h>

struct avs_trust_audit;

struct avs_audit_forecast {
    const char *date; /* "2027-04-15" */
    unsigned needed;  /* bit i = ATS root i must be in the store to be unharmed, 0 = no matter */
    const char *what, *advice, *source;
};
extern const struct avs_audit_forecast avs_audit_forecast_table[];
extern const size_t avs_audit_forecast_count;
/** Names of the needed roots that the SDK would not get, comma separated; "" = unharmed. */
void avs_audit_forecast_missing(const struct avs_trust_audit *audit,
                                const struct avs_audit_forecast *forecast, char *ret_names,
                                size_t capacity);
/** Unix time of "YYYY-MM" or "YYYY-MM-DD". */
int64_t avs_audit_date(const char *date);

#endif
