/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet's totals: each piece of evidence is judged, counted and forgotten. */
#include "report/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <avs/report.h>

#include "base/flow.h"
#include "base/text.h"

#define OUTLIER_MOST  3  /* that share a cause */
#define OUTLIER_FLEET 20 /* in a fleet of so many */
#define FNV_OFFSET    2166136261u
#define FNV_PRIME     16777619u

enum avs_status avs_fleet_new(struct avs_fleet **ret_fleet, struct avs_error *reterr) {
    struct avs_fleet *fleet = calloc(1, sizeof(*fleet));
    AVS_REQUIRE_MEMORY(fleet, reterr);
    static const char *const words[AVS_FLEET_TABLES][2] = {
        [AVS_FLEET_HOSTS] = {"hosts", "Hosts"},
        [AVS_FLEET_ROOTS] = {"roots", "Roots: where the chain ends, or what would close it"},
        [AVS_FLEET_SDKS] = {"sdk_releases", "SDK releases"},
        [AVS_FLEET_LIBRARIES] = {"libraries", "Library versions"}};
    for (size_t i = 0; i < AVS_FLEET_TABLES; i++) {
        fleet->table[i].id = words[i][0];
        fleet->table[i].title = words[i][1];
        AVS_TEXT_SET(fleet->table[i].others.key, "others");
        fleet->table[i].is_told = i != AVS_FLEET_SDKS; /* evidence of old never says it */
    }
    *ret_fleet = fleet;
    return AVS_OK;
}

void avs_fleet_free(struct avs_fleet *fleet) {
    free(fleet);
}

/* ---- counting ---- */

static struct avs_fleet_row *find_row(struct avs_fleet_table *table, const char *key) {
    char cut[AVS_FLEET_KEY_BYTES];
    AVS_TEXT_SET(cut, key);
    avs_text_make_printable(cut);
    uint32_t hash = FNV_OFFSET;
    for (const char *at = cut; *at; at++) {
        hash = (hash ^ (unsigned char)*at) * FNV_PRIME;
    }
    size_t slot = hash % AVS_FLEET_SLOTS;
    for (; table->slot[slot]; slot = (slot + 1) % AVS_FLEET_SLOTS) {
        struct avs_fleet_row *row = &table->row[table->slot[slot] - 1];
        if (strcmp(row->key, cut) == 0) {
            return row;
        }
    }
    if (table->count == AVS_FLEET_KEYS_MAX) {
        return &table->others;
    }
    struct avs_fleet_row *row = &table->row[table->count++];
    table->slot[slot] = (uint16_t)table->count;
    AVS_TEXT_SET(row->key, cut);
    return row;
}

static void count_key(struct avs_fleet_table *table, const char *key, bool is_ready) {
    struct avs_fleet_row *row = find_row(table, key[0] ? key : "(not known)");
    row->count++;
    row->not_ready += !is_ready;
}

static void keep_name(struct avs_fleet_names *names, const char *name) {
    char cut[AVS_FLEET_NAME_BYTES];
    AVS_TEXT_SET(cut, name);
    avs_text_make_printable(cut);
    size_t at = names->count;
    while (at > 0 && strcmp(cut, names->name[at - 1]) < 0) {
        at--;
    }
    if (at == AVS_FLEET_NAMES_MAX) {
        return;
    }
    names->count += names->count < AVS_FLEET_NAMES_MAX;
    for (size_t i = names->count - 1; i > at; i--) {
        memcpy(names->name[i], names->name[i - 1], sizeof(names->name[i]));
    }
    AVS_TEXT_SET(names->name[at], cut);
}

void avs_fleet_add_broken(struct avs_fleet *fleet, const char *name, const char *why) {
    if (fleet->broken < AVS_FLEET_BROKEN_MAX) {
        struct avs_fleet_broken *row = &fleet->broken_row[fleet->broken];
        AVS_TEXT_SET(row->name, name);
        AVS_TEXT_SET(row->why, why);
        avs_text_make_printable(row->name);
        avs_text_make_printable(row->why);
    }
    fleet->broken++;
}

static void count(struct avs_fleet *fleet, const char *name, const struct avs_evidence *evidence) {
    struct avs_verdict verdict;
    avs_judge(evidence, &verdict);
    const struct avs_trust_facts *trust = &evidence->session[verdict.decisive].tls.trust;
    bool is_ready = verdict.readiness == AVS_READY;
    fleet->judged++;
    fleet->by_readiness[verdict.readiness]++;
    if (!is_ready) {
        fleet->by_cause[verdict.cause]++;
        keep_name(&fleet->names[verdict.cause], name);
    }
    count_key(&fleet->table[AVS_FLEET_HOSTS], evidence->host, is_ready);
    count_key(&fleet->table[AVS_FLEET_ROOTS],
              trust->gate.is_ats               ? trust->gate.ats_root
              : trust->gate.anchor_subject[0]  ? trust->gate.anchor_subject
              : trust->refusal.closing_root[0] ? trust->refusal.closing_root
                                               : trust->refusal.missing_issuer,
              is_ready);
    count_key(&fleet->table[AVS_FLEET_SDKS], evidence->given.sdk, is_ready);
    fleet->table[AVS_FLEET_SDKS].is_told |= evidence->given.sdk[0] != '\0';
    count_key(&fleet->table[AVS_FLEET_LIBRARIES], evidence->library, is_ready);
}

void avs_fleet_add(struct avs_fleet *fleet, const char *name, const char *json, size_t length) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_evidence *evidence = NULL;
    if (avs_evidence_from_json(json, length, &evidence, &error) != AVS_OK) {
        avs_fleet_add_broken(fleet, name, error.message);
    } else if (!evidence->session[AVS_PROTOCOL_H2].was_attempted &&
               !evidence->session[AVS_PROTOCOL_HTTP1].was_attempted) {
        avs_fleet_add_broken(fleet, name, "there is no session in it to judge");
    } else {
        count(fleet, name, evidence);
    }
    avs_evidence_free(evidence);
}

/* ---- what the totals say ---- */

int avs_fleet_exit_code(const struct avs_fleet *fleet) {
    if (fleet->judged == 0) {
        return 2;
    }
    if (fleet->by_readiness[AVS_NOT_READY] > 0) {
        return 1;
    }
    return fleet->by_readiness[AVS_INCONCLUSIVE] > 0 || fleet->broken > 0 ? 3 : 0;
}

size_t avs_fleet_causes(const struct avs_fleet *fleet, enum avs_cause ret_causes[AVS_CAUSE_COUNT]) {
    size_t length = 0;
    for (unsigned cause = 0; cause < AVS_CAUSE_COUNT; cause++) {
        size_t at = length;
        if (fleet->by_cause[cause] == 0) {
            continue;
        }
        for (; at > 0 && fleet->by_cause[ret_causes[at - 1]] < fleet->by_cause[cause]; at--) {
            ret_causes[at] = ret_causes[at - 1];
        }
        ret_causes[at] = (enum avs_cause)cause;
        length++;
    }
    return length;
}

static int compare_rows(const struct avs_fleet_table *table, uint16_t left, uint16_t right) {
    const struct avs_fleet_row *a = &table->row[left];
    const struct avs_fleet_row *b = &table->row[right];
    return a->count != b->count ? (a->count < b->count ? 1 : -1) : strcmp(a->key, b->key);
}

void avs_fleet_order(const struct avs_fleet_table *table, uint16_t ret_order[AVS_FLEET_KEYS_MAX]) {
    for (size_t i = 0; i < table->count; i++) {
        ret_order[i] = (uint16_t)i;
    }
    for (size_t i = 1; i < table->count; i++) { /* few rows, most of them in order */
        uint16_t moved = ret_order[i];
        size_t at = i;
        for (; at > 0 && compare_rows(table, moved, ret_order[at - 1]) < 0; at--) {
            ret_order[at] = ret_order[at - 1];
        }
        ret_order[at] = moved;
    }
}

bool avs_fleet_is_outlier(const struct avs_fleet *fleet, enum avs_cause cause) {
    return fleet->judged >= OUTLIER_FLEET && fleet->by_cause[cause] > 0 &&
           fleet->by_cause[cause] <= OUTLIER_MOST;
}

void avs_fleet_sentence(const struct avs_fleet *fleet, char *text, size_t capacity) {
    int length = snprintf(
        text, capacity, "%llu judged: %llu ready, %llu not ready, %llu cannot tell",
        (unsigned long long)fleet->judged, (unsigned long long)fleet->by_readiness[AVS_READY],
        (unsigned long long)fleet->by_readiness[AVS_NOT_READY],
        (unsigned long long)fleet->by_readiness[AVS_INCONCLUSIVE]);
    if (fleet->broken > 0 && length > 0 && (size_t)length < capacity) {
        snprintf(text + length, capacity - (size_t)length, "; %llu could not be read",
                 (unsigned long long)fleet->broken);
    }
}
