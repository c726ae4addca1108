/* SPDX-License-Identifier: Apache-2.0 */
/* AWS IoT Core by its names: regions and what is served there. Opens no connection and reads no
 * file. Sources: "How AWS IoT Core is Helping Customers Navigate the Upcoming Distrust of Symantec
 * Certificate Authorities" (called the guide here, 2018), and AWS's public lists of partitions and
 * endpoints as of 2026-08. */
#ifndef AVS_IOT_H
#define AVS_IOT_H

#include <stdbool.h>
#include <stddef.h>

#include <avs/export.h>
#include <avs/status.h>
#include <avs/style.h>

AVS_BEGIN_DECLS

/* ---- regions ---- */

#define AVS_IOT_REGIONS_SCHEMA "avs-shim.iot-regions/1"
#define AVS_IOT_REGION_BYTES   48
#define AVS_IOT_LIST_DATE      "2026-08" /**< of AWS's list that this release knows */

/** Kinds of hosts that AWS lists for a region; bits. */
enum {
    AVS_IOT_HAS_CONTROL = 1 << 0,  /**< iot.R.S */
    AVS_IOT_HAS_DATA_ATS = 1 << 1, /**< data-ats.iot.R.S */
    AVS_IOT_HAS_DATA = 1 << 2,     /**< data.iot.R.S, the older name */
    AVS_IOT_HAS_JOBS = 1 << 3,     /**< data.jobs.iot.R.S */
    AVS_IOT_HAS_FIPS = 1 << 4,     /**< iot-fips.R.S, data.iot-fips.R.S, data.jobs.iot-fips.R.S */
};

/** What is known of a region. The strings behind pointers are static. */
struct avs_iot_region {
    size_t size; /**< Required: sizeof(struct avs_iot_region) */
    char name[AVS_IOT_REGION_BYTES];
    const char *title;             /**< as the guide writes it; NULL: not in the guide */
    const char *partition;         /**< "aws", "aws-cn", ...; NULL: no partition has such names */
    const char *suffix;            /**< of its hosts, "amazonaws.com"; NULL with `partition` */
    const char *dual_stack_suffix; /**< of its hosts with IPv6, "api.aws"; likewise */
    bool is_listed;                /**< AWS's list names AWS IoT hosts there. It lags: a region that
                                        is not listed may have AWS IoT all the same */
    bool is_in_guide;
    bool was_verisign; /**< the guide has VeriSign for it: there a data name without -ats is the
                            legacy one; everywhere else it is ATS, as is all since May 2018 */
    unsigned hosts;    /**< AVS_IOT_HAS_...; 0 when not listed */
};

/** What is known of `name`; a region that is in no list is told by the form of its name. Thread:
 *  any. Errors: ERR_USAGE for what cannot be a region's name at all. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_region_find(const char *name,
                                                          struct avs_iot_region *ret_region,
                                                          struct avs_error *reterr);

/** The name of the region at `index` of AWS's list, sorted; NULL behind the last. Thread: any. */
AVS_API const char *avs_iot_region_name(size_t index);

/** The guide's table with today's beside it, for one region or (NULL) for all; newline-terminated.
 *  `style` NULL = plain. Caller frees *ret_text with free(). Thread: any.
 *  Errors: ERR_USAGE as avs_iot_region_find, NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_regions_to_text(const char *name,
                                                              const struct avs_style *style,
                                                              char **ret_text,
                                                              struct avs_error *reterr);

/** The same as one JSON object, schema avs-shim.iot-regions/1, newline-terminated. Caller frees
 *  *ret_json with free(). Thread: any. Errors: as avs_iot_regions_to_text. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_regions_to_json(const char *name, char **ret_json,
                                                              struct avs_error *reterr);

AVS_END_DECLS

#endif
