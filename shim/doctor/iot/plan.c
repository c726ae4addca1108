/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet's inventory, row by row: gathers what is known of each device and hands it to the rules.
 * Constant memory: nothing is kept of a row but its state's count and, in a small table, the roots
 * of its store. */
#include "iot/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/versioned.h"
#include "iot/config.h"
#include "iot/inventory.h"
#include "store/command.h"
#include "store/sysroot.h"

#define CACHE_SLOTS 256

static const char *const state_ids[AVS_IOT_STATE_COUNT] = {
#define XX(name, id) [AVS_IOT_STATE_##name] = id,
    AVS_IOT_STATE_MAP(XX)
#undef XX
};

const char *avs_iot_state_id(enum avs_iot_state state) {
    return (unsigned)state < AVS_IOT_STATE_COUNT ? state_ids[state]
                                                 : state_ids[AVS_IOT_STATE_BROKEN];
}

/* One for each slot: the store that was read last with that hash. */
struct cached {
    char *key; /* rootfs, newline, store; NULL: empty */
    struct avs_iot_roots roots;
};

struct plan {
    struct avs_iot_plan_options options;
    struct avs_iot_totals totals;
    struct avs_iot_inventory inventory;
    struct cached *cache;
};

/* What is known of the row that is being judged. */
struct gathered {
    struct avs_iot_name name, wanted;
    bool has_wanted;
    struct avs_iot_config *config;
    const char *store; /* of the row, or of its configuration */
    struct avs_iot_roots roots;
};

/* ---- stores ---- */

static size_t hash(const char *text) {
    size_t value = 5381;
    for (; *text; text++) {
        value = value * 33 + (unsigned char)*text;
    }
    return value % CACHE_SLOTS;
}

static enum avs_status find_roots(struct plan *plan, const char *rootfs, const char *store,
                                  struct avs_iot_roots *ret_roots, struct avs_error *reterr) {
    if (!rootfs && !store) {
        *ret_roots = (struct avs_iot_roots){.is_known = false};
        return AVS_OK;
    }
    struct avs_buffer key = avs_buffer_init(2 * AVS_IOT_ROW_BYTES_MAX);
    AVS_AUTO(char) text = NULL;
    avs_buffer_printf(&key, "%s\n%s", rootfs ? rootfs : "", store ? store : "");
    AVS_TRY(avs_buffer_take_text(&key, &text, reterr));
    struct cached *cached = &plan->cache[hash(text)];
    if (!cached->key || strcmp(cached->key, text) != 0) {
        AVS_TRY(avs_iot_read_roots(rootfs, store, &cached->roots, reterr));
        free(cached->key);
        cached->key = AVS_STEAL(text);
    }
    *ret_roots = cached->roots;
    return AVS_OK;
}

/* ---- the configuration of a row ---- */

/* A path of the device, as this machine has it. */
static enum avs_status place_below(const char *rootfs, const char *path,
                                   char ret_path[2 * AVS_SYSROOT_PATH_BYTES],
                                   struct avs_error *reterr) {
    struct avs_sysroot root;
    char inner[AVS_SYSROOT_PATH_BYTES];
    AVS_TRY(avs_sysroot_open(rootfs, &root, reterr));
    bool is_there = avs_sysroot_real_path(&root, path, false, inner);
    avs_sysroot_close(&root);
    if (!is_there) {
        return avs_fail_cause(reterr, AVS_ERR_CONFIG_UNREADABLE, AVS_CAUSE_CONFIG_UNREADABLE,
                              "%.100s: there is no %.100s below it", rootfs, path);
    }
    snprintf(ret_path, 2 * AVS_SYSROOT_PATH_BYTES, "%s/%s", rootfs, inner);
    return AVS_OK;
}

/* The data endpoint; of several the one that is behind. */
static const struct avs_iot_entry *find_endpoint(const struct avs_iot_config *config) {
    const struct avs_iot_entry *found = NULL;
    enum avs_iot_kind found_kind = AVS_IOT_OTHER;
    for (size_t i = 0; i < config->entry_count; i++) {
        const struct avs_iot_entry *entry = &config->entry[i];
        struct avs_iot_name name = {.size = sizeof(name)};
        if (entry->role != AVS_IOT_ROLE_DATA && entry->role != AVS_IOT_ROLE_HOST) {
            continue;
        }
        if (avs_iot_name_parse(entry->value, strlen(entry->value), &name, NULL) != AVS_OK) {
            return entry;
        }
        bool is_better = !found || name.kind == AVS_IOT_LEGACY_DATA ||
                         (found_kind != AVS_IOT_LEGACY_DATA && found_kind != AVS_IOT_DATA &&
                          name.kind == AVS_IOT_DATA);
        if (is_better) {
            found = entry;
            found_kind = name.kind;
        }
    }
    return found;
}

static enum avs_status read_config(const struct avs_iot_row *row, struct gathered *gathered,
                                   const char **ret_endpoint, struct avs_error *reterr) {
    const char *path = row->field[AVS_IOT_COLUMN_CONFIG];
    const char *rootfs = row->field[AVS_IOT_COLUMN_ROOTFS];
    char below[2 * AVS_SYSROOT_PATH_BYTES];
    if (rootfs) {
        AVS_TRY(place_below(rootfs, path, below, reterr));
    }
    AVS_TRY(avs_iot_config_read(rootfs ? below : path, &gathered->config, reterr));
    const struct avs_iot_config *config = gathered->config;
    const struct avs_iot_entry *entry = find_endpoint(config);
    if (config->note_count > 0) {
        return avs_fail_cause(reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                              "%.120s:%u: %s", path, config->note[0].line, config->note[0].text);
    }
    if (!entry) {
        return avs_fail_cause(reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                              "%.120s: no name of AWS IoT Core is in it", path);
    }
    const struct avs_iot_entry *ca = avs_iot_config_find(config, AVS_IOT_ROLE_CA, entry);
    *ret_endpoint = entry->value;
    gathered->store = gathered->store ? gathered->store : ca ? ca->value : NULL;
    return AVS_OK;
}

/* ---- one row ---- */

static enum avs_status parse_name(const char *column, const char *text, struct avs_iot_name *name,
                                  struct avs_error *reterr) {
    struct avs_error error = AVS_ERROR_INIT;
    name->size = sizeof(*name);
    if (avs_iot_name_parse(text, strlen(text), name, &error) != AVS_OK) {
        return avs_fail_cause(reterr, AVS_ERR_ENDPOINT_INVALID, AVS_CAUSE_IOT_NAME_INVALID,
                              "%s: %s", column, error.message);
    }
    return AVS_OK;
}

/* A row may have both: what was written down, and what the device has. They are one name, or it is
 * not known which of them the device uses. */
static enum avs_status gather_name(const struct avs_iot_row *row, struct gathered *gathered,
                                   struct avs_error *reterr) {
    const char *endpoint = row->field[AVS_IOT_COLUMN_ENDPOINT], *configured = NULL;
    if (row->field[AVS_IOT_COLUMN_CONFIG]) {
        AVS_TRY(read_config(row, gathered, &configured, reterr));
        AVS_TRY(parse_name("config", configured, &gathered->name, reterr));
    }
    if (endpoint) {
        struct avs_iot_name written;
        AVS_TRY(parse_name("endpoint", endpoint, &written, reterr));
        if (configured && strcmp(written.host, gathered->name.host) != 0) {
            return avs_fail_cause(reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                                  "the inventory says %.100s, and %.100s has %.100s: which of them "
                                  "does it use?",
                                  written.host, row->field[AVS_IOT_COLUMN_CONFIG],
                                  gathered->name.host);
        }
        gathered->name = written;
    }
    return AVS_OK;
}

static enum avs_status gather(struct plan *plan, const struct avs_iot_row *row,
                              struct gathered *gathered, struct avs_error *reterr) {
    const char *wanted = row->field[AVS_IOT_COLUMN_WANTED];
    gathered->store = row->field[AVS_IOT_COLUMN_STORE];
    AVS_TRY(gather_name(row, gathered, reterr));
    if (wanted) {
        AVS_TRY(parse_name("wanted", wanted, &gathered->wanted, reterr));
        gathered->has_wanted = true;
    }
    return find_roots(plan, row->field[AVS_IOT_COLUMN_ROOTFS], gathered->store, &gathered->roots,
                      reterr);
}

static enum avs_status judge(struct plan *plan, const struct avs_iot_row *row,
                             struct gathered *gathered, struct avs_iot_judgement *judgement,
                             struct avs_error *reterr) {
    struct avs_error error = AVS_ERROR_INIT;
    *judgement = (struct avs_iot_judgement){.state = AVS_IOT_STATE_BROKEN,
                                            .cause = AVS_CAUSE_CONFIG_MALFORMED};
    bool has_name = row->field[AVS_IOT_COLUMN_ENDPOINT] || row->field[AVS_IOT_COLUMN_CONFIG];
    if (row->is_broken || !has_name) {
        AVS_TEXT_SET(judgement->message,
                     row->is_broken ? row->fault : "it has neither an endpoint nor a config");
        return AVS_OK;
    }
    enum avs_status status = gather(plan, row, gathered, &error);
    if (status == AVS_ERR_NO_MEMORY) {
        return avs_fail_memory(reterr);
    }
    if (status != AVS_OK) {
        judgement->state = AVS_IOT_STATE_BLOCKED;
        judgement->cause = error.cause;
        AVS_TEXT_SET(judgement->message, error.message);
        return AVS_OK;
    }
    struct avs_iot_facts facts = {&gathered->name, gathered->has_wanted ? &gathered->wanted : NULL,
                                  &gathered->roots};
    avs_iot_judge_device(&facts, judgement);
    return AVS_OK;
}

static void put_command(const struct avs_iot_row *row, const struct gathered *gathered,
                        enum avs_iot_step step, struct avs_buffer *next) {

    struct avs_store_choice choice = {.sysroot = row->field[AVS_IOT_COLUMN_ROOTFS],
                                      .ca_file = gathered->store};
    switch (step) {
    case AVS_IOT_STEP_NONE:
        break;
    case AVS_IOT_STEP_EXPLAIN:
        avs_buffer_add_text(next, "avs-shim iot explain ");
        avs_buffer_add_word(next, gathered->name.host);
        break;
    case AVS_IOT_STEP_AUDIT:
    case AVS_IOT_STEP_INSTALL:
        avs_store_command(next, step == AVS_IOT_STEP_AUDIT ? "audit" : "install", &choice, "");
        break;
    case AVS_IOT_STEP_ASK:
        avs_buffer_add_text(next, "avs-shim iot endpoint --region ");
        avs_buffer_add_word(next, gathered->name.region);
        break;
    case AVS_IOT_STEP_SWITCH:
        avs_buffer_add_text(next, "avs-shim iot check ");
        avs_buffer_add_text(next, gathered->wanted.host);
        break;
    }
}

static enum avs_iot_has has(const struct avs_iot_roots *roots, bool has_it) {
    return !roots->is_known || roots->cause != AVS_CAUSE_NONE ? AVS_IOT_HAS_UNKNOWN
           : has_it                                           ? AVS_IOT_HAS_IT
                                                              : AVS_IOT_HAS_NOT;
}

static void count(struct plan *plan, const struct avs_iot_device *device) {
    plan->totals.devices++;
    plan->totals.count[device->state]++;
    plan->totals.unproven += device->is_unproven;
}

/* Judge one row and tell it. */
static enum avs_status visit(struct plan *plan, const struct avs_iot_row *row,
                             struct gathered *gathered, struct avs_buffer *next,
                             struct avs_error *reterr) {
    struct avs_iot_judgement judgement;
    AVS_TRY(judge(plan, row, gathered, &judgement, reterr));
    put_command(row, gathered, judgement.step, next);
    if (next->is_failed) {
        return avs_fail_memory(reterr);
    }
    const struct avs_iot_device device = {
        .size = sizeof(device),
        .row = row->row,
        .line = row->line,
        .name = row->field[AVS_IOT_COLUMN_NAME],
        .host = gathered->name.host[0] ? gathered->name.host : NULL,
        .wanted = gathered->has_wanted ? gathered->wanted.host : NULL,
        .region = gathered->name.region[0] ? gathered->name.region : NULL,
        .state = judgement.state,
        .is_unproven = judgement.is_unproven,
        .cause = judgement.cause,
        .message = judgement.message,
        .has_verisign = has(&gathered->roots, gathered->roots.has_verisign),
        .has_rsa = has(&gathered->roots, gathered->roots.has_rsa),
        .has_ecdsa = has(&gathered->roots, gathered->roots.has_ecdsa),
        .next = next->length > 0 ? next->data : NULL,
    };
    count(plan, &device);
    return plan->options.on_device(plan->options.user, &device)
               ? AVS_OK
               : avs_fail_cause(reterr, AVS_ERR_CANCELLED, AVS_CAUSE_CANCELLED,
                                "ended by the caller");
}

static enum avs_status go_through(struct plan *plan, struct avs_error *reterr) {
    struct avs_buffer next = avs_buffer_init(AVS_STORE_COMMAND_BYTES);
    enum avs_status status = AVS_OK;
    while (status == AVS_OK) {
        struct avs_iot_row row;
        struct gathered gathered = {.has_wanted = false};
        bool is_row = false;
        status = avs_iot_inventory_next(&plan->inventory, &row, &is_row, reterr);
        if (status != AVS_OK || !is_row) {
            break;
        }
        avs_buffer_drop_front(&next, next.length);
        status = visit(plan, &row, &gathered, &next, reterr);
        free(gathered.config);
    }
    avs_buffer_done(&next);
    return status;
}

enum avs_status avs_iot_plan_run(const struct avs_iot_plan_options *options,
                                 struct avs_iot_totals *ret_totals, struct avs_error *reterr) {
    struct plan plan = {.totals = {0}};
    AVS_TAKE(&plan.options, options, "avs_iot_plan_options", reterr);
    if (!plan.options.inventory || !plan.options.on_device) {
        return avs_fail(reterr, AVS_ERR_USAGE, "avs_iot_plan_run needs inventory and on_device");
    }
    AVS_TRY(avs_iot_inventory_open(plan.options.inventory, &plan.inventory, reterr));
    plan.cache = calloc(CACHE_SLOTS, sizeof(*plan.cache));
    enum avs_status status = plan.cache ? go_through(&plan, reterr) : avs_fail_memory(reterr);
    avs_iot_inventory_close(&plan.inventory);
    for (size_t i = 0; plan.cache && i < CACHE_SLOTS; i++) {
        free(plan.cache[i].key);
    }
    free(plan.cache);
    if (status == AVS_OK) {
        const struct avs_iot_totals *totals = &plan.totals;
        plan.totals.may_remove_verisign = totals->devices > 0 && totals->unproven == 0 &&
                                          totals->count[AVS_IOT_STATE_SWITCHED] == totals->devices;
        avs_versioned_give(ret_totals, &plan.totals, sizeof(plan.totals));
    }
    return status;
}
