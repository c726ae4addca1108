/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet on its way from VeriSign to ATS endpoints of AWS IoT Core: where each device stands, and
 * what comes next. Reads an inventory and trust stores, changes nothing, opens no connection. */
#ifndef AVS_IOT_PLAN_H
#define AVS_IOT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/export.h>
#include <avs/status.h>
#include <avs/style.h>

AVS_BEGIN_DECLS

#define AVS_IOT_PLAN_SCHEMA "avs-shim.iot-plan/1"

/** Where a device stands; the ids are stable, the order is the way of the migration. */
#define AVS_IOT_STATE_MAP(XX)                                                         \
    XX(OLD_ONLY, "old-only")     /* legacy name, the Amazon roots are not proven */   \
    XX(BOTH_ROOTS, "both-roots") /* legacy name, VeriSign's and Amazon's roots */     \
    XX(READY_TO_SWITCH,                                                               \
       "ready-to-switch")    /* legacy name, Amazon's roots, the next is to switch */ \
    XX(SWITCHED, "switched") /* ATS name, and nothing known against its store */      \
    XX(BLOCKED, "blocked")   /* `cause` says by what */                               \
    XX(BROKEN, "broken")     /* a row of the inventory that cannot be read */

enum avs_iot_state {
#define XX(name, id) AVS_IOT_STATE_##name,
    AVS_IOT_STATE_MAP(XX)
#undef XX
        AVS_IOT_STATE_COUNT
};

/** Whether a root is in a device's store. */
enum avs_iot_has { AVS_IOT_HAS_UNKNOWN, AVS_IOT_HAS_NOT, AVS_IOT_HAS_IT };

/** One device. Strings are lent until on_device returns; NULL where there is none. */
struct avs_iot_device {
    size_t size;        /**< sizeof(struct avs_iot_device) as the library has it */
    uint64_t row;       /**< of the inventory; the header is row 1 */
    uint64_t line;      /**< where that row begins */
    const char *name;   /**< NULL: the row has none */
    const char *host;   /**< what it connects to, as AWS IoT would know it */
    const char *wanted; /**< what it shall connect to, where the inventory has that */
    const char *region;
    enum avs_iot_state state;
    bool is_unproven;     /**< switched, but only as far as its name tells: nothing is known
                               of its store, one of the two roots is missing, or the name
                               is of another account than the wanted one */
    enum avs_cause cause; /**< AVS_CAUSE_NONE: nothing is wrong */
    const char *message;  /**< why it is in that state, a sentence */
    enum avs_iot_has has_verisign; /**< VeriSign Class 3 Public Primary G5 */
    enum avs_iot_has has_rsa;      /**< Amazon Root CA 1 */
    enum avs_iot_has has_ecdsa;    /**< Amazon Root CA 3 */
    const char *next;              /**< the next command, or NULL */
};

/** How many devices are in each state. */
struct avs_iot_totals {
    size_t size; /**< Required: sizeof(struct avs_iot_totals) */
    uint64_t devices;
    uint64_t count[AVS_IOT_STATE_COUNT];
    uint64_t unproven;        /**< of the switched */
    bool may_remove_verisign; /**< every device has switched, with Amazon's roots seen in its store
                               */
};

/** All strings are borrowed until avs_iot_plan_run returns. */
struct avs_iot_plan_options {
    size_t size;           /**< Required: sizeof(struct avs_iot_plan_options) */
    const char *inventory; /**< Required: a path, "-" for standard input: CSV (RFC 4180) with a
                                header row, or JSON lines. Columns: name; endpoint or config; store,
                                rootfs or both; wanted. */
    /** Required: called for each row, in order, on the calling thread; false ends the run. */
    bool (*on_device)(void *user, const struct avs_iot_device *device);
    void *user;
};

/** Go through an inventory of any length in constant memory. A row that cannot be read, or whose
 *  store or configuration cannot, is a device in state broken or blocked; the rest goes on. A
 *  device's store is read once for each path. Thread: any.
 *  Errors: ERR_CONFIG_UNREADABLE, ERR_CONFIG_MALFORMED (the header), ERR_CANCELLED, NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_plan_run(const struct avs_iot_plan_options *options,
                                                       struct avs_iot_totals *ret_totals,
                                                       struct avs_error *reterr);

/** "old-only". Thread: any. Never NULL. */
AVS_API const char *avs_iot_state_id(enum avs_iot_state state);

/** A device in words, a line or three; newline-terminated. `style` NULL = plain. Caller frees
 *  *ret_text with free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_device_to_text(const struct avs_iot_device *device,
                                                             const struct avs_style *style,
                                                             char **ret_text,
                                                             struct avs_error *reterr);
/** A device as one line of JSON (schema avs-shim.iot-plan/1), newline-terminated. Caller frees
 *  *ret_json with free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_device_to_json(const struct avs_iot_device *device,
                                                             char **ret_json,
                                                             struct avs_error *reterr);
/** The totals and what they mean for the fleet, as avs_iot_device_to_text. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_totals_to_text(const struct avs_iot_totals *totals,
                                                             const struct avs_style *style,
                                                             char **ret_text,
                                                             struct avs_error *reterr);
/** The totals as the last line of JSON, as avs_iot_device_to_json. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_totals_to_json(const struct avs_iot_totals *totals,
                                                             char **ret_json,
                                                             struct avs_error *reterr);

AVS_END_DECLS

#endif
