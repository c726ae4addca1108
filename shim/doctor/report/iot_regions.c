/* SPDX-License-Identifier: Apache-2.0 */
/* The guide's table of regions with today's beside it, as text and as JSON (schema
 * avs-shim.iot-regions/1). */
#include <avs/iot.h>

#include "base/flow.h"
#include "out/json_out.h"
#include "out/text_out.h"

#define TODAY                                                                                 \
    "AWS today: Symantec and VeriSign certificates \"have been deprecated and are no longer " \
    "supported by AWS IoT Core\"; ask for iot:Data-ATS in every region."
#define UNKNOWN                                                                                   \
    "Whether a legacy name still answers, and with which chain, is not known here: judge by the " \
    "chain that is seen, not by the name."

static const struct {
    unsigned bit;
    const char *key, *word;
} hosts[] = {
    {AVS_IOT_HAS_CONTROL, "has_control", "control"},
    {AVS_IOT_HAS_DATA_ATS, "has_data_ats", "data-ats"},
    {AVS_IOT_HAS_DATA, "has_data", "data"},
    {AVS_IOT_HAS_JOBS, "has_jobs", "jobs"},
    {AVS_IOT_HAS_FIPS, "has_fips", "FIPS"},
};

/* ---- text ---- */

/* What nobody has said is not guessed: a name of no partition has neither. */
static const char *today(const struct avs_iot_region *region) {
    return region->partition ? "ATS" : NULL;
}

static const char *without_ats(const struct avs_iot_region *region) {
    return region->was_verisign ? "VeriSign" : today(region);
}

static const char *or_dash(const char *text) {
    return text ? text : "-";
}

static const char *in_2018(const struct avs_iot_region *region) {
    return !region->is_in_guide ? "-" : region->was_verisign ? "VeriSign, ATS" : "ATS";
}

static void put_row(struct avs_out *out, const struct avs_iot_region *region) {
    avs_out_whole(out);
    avs_out_printf(out, "  %-14s  %-24s  %-13s  %-5s  %-8s ", region->name, or_dash(region->title),
                   in_2018(region), or_dash(today(region)), or_dash(without_ats(region)));
    for (size_t i = 0; i < AVS_COUNT(hosts); i++) {
        if (region->hosts & hosts[i].bit) {
            avs_out_printf(out, " %s", hosts[i].word);
        }
    }
    avs_out_printf(out, "%s\n", region->is_listed ? "" : " -");
}

static void put_table(struct avs_out *out, const struct avs_iot_region *only) {
    avs_out_whole(out);
    avs_out_tone(out, AVS_TONE_BOLD, "  %-14s  %-24s  %-13s  %-5s  %-8s  %s\n", "Region", "Name",
                 "Guide, 2018", "Today", "P.iot...",
                 "Hosts that AWS lists (" AVS_IOT_LIST_DATE ")");
    for (size_t i = 0; !only && avs_iot_region_name(i); i++) {
        struct avs_iot_region region = {.size = sizeof(region)};
        if (avs_iot_region_find(avs_iot_region_name(i), &region, NULL) == AVS_OK) {
            put_row(out, &region);
        }
    }
    if (only) {
        put_row(out, only);
    }
}

static void put_names(struct avs_out *out, const struct avs_iot_region *region) {
    if (!region->partition) {
        avs_out_printf(out, "No partition of AWS has regions of this form.\n");
        return;
    }
    avs_out_printf(out, "Partition %s; hosts end in %s, with IPv6 in %s.\n", region->partition,
                   region->suffix, region->dual_stack_suffix);
    if (!region->is_listed) {
        avs_out_printf(
            out, "Not in AWS's list of " AVS_IOT_LIST_DATE ", which lags: AWS IoT Core may be "
                 "there all the same. By the guide every region after May 2018 is ATS only.\n");
    }
}

enum avs_status avs_iot_regions_to_text(const char *name, const struct avs_style *style,
                                        char **ret_text, struct avs_error *reterr) {
    struct avs_iot_region region = {.size = sizeof(region)};
    if (name) {
        AVS_TRY(avs_iot_region_find(name, &region, reterr));
    }
    struct avs_out out = avs_out_init(AVS_OUT_REPORT_BYTES, style);
    put_table(&out, name ? &region : NULL);
    avs_out_printf(&out, "\n");
    if (name) {
        put_names(&out, &region);
    }
    avs_out_printf(&out, "P.iot...: what an account's data name without -ats is there: VeriSign is "
                         "the legacy endpoint, ATS the only one.\n");
    avs_out_printf(&out, TODAY "\n");
    avs_out_printf(&out, UNKNOWN "\n");
    enum avs_status status = avs_out_take(&out, ret_text, reterr);
    avs_out_done(&out);
    return status;
}

/* ---- JSON ---- */

static void put_object(struct avs_json *json, const struct avs_iot_region *region) {
    avs_json_open_object(json, NULL);
    avs_json_text(json, "region", region->name);
    avs_json_text(json, "title", region->title);
    avs_json_text(json, "partition", region->partition);
    avs_json_text(json, "suffix", region->suffix);
    avs_json_text(json, "dual_stack_suffix", region->dual_stack_suffix);
    avs_json_bool(json, "is_listed", region->is_listed);
    avs_json_open_array(json, "guide_roots");
    if (region->was_verisign) {
        avs_json_text(json, NULL, "VeriSign");
    }
    if (region->is_in_guide) {
        avs_json_text(json, NULL, "ATS");
    }
    avs_json_close(json);
    avs_json_text(json, "today_root", today(region));
    avs_json_text(json, "name_without_ats", without_ats(region));
    for (size_t i = 0; i < AVS_COUNT(hosts); i++) {
        avs_json_bool(json, hosts[i].key, (region->hosts & hosts[i].bit) != 0);
    }
    avs_json_close(json);
}

enum avs_status avs_iot_regions_to_json(const char *name, char **ret_json,
                                        struct avs_error *reterr) {
    struct avs_iot_region region = {.size = sizeof(region)};
    if (name) {
        AVS_TRY(avs_iot_region_find(name, &region, reterr));
    }
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_IOT_REGIONS_SCHEMA);
    avs_json_text(&json, "list_date", AVS_IOT_LIST_DATE);
    avs_json_open_array(&json, "regions");
    if (name) {
        put_object(&json, &region);
    }
    for (size_t i = 0; !name && avs_iot_region_name(i); i++) {
        if (avs_iot_region_find(avs_iot_region_name(i), &region, NULL) == AVS_OK) {
            put_object(&json, &region);
        }
    }
    avs_json_close(&json);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}
