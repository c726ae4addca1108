/* SPDX-License-Identifier: Apache-2.0 */
/* Words that the text and the JSON of an audit share, and the commands that both suggest. */
#include "report/audit_words.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "store/command.h"
#include "store/install_distro.h"

const char *avs_audit_state_text(enum avs_audit_state state) {
    switch (state) {
    case AVS_AUDIT_ABSENT:
        return "absent";
    case AVS_AUDIT_DESELECTED:
        return "switched off by '!' in ca-certificates.conf";
    case AVS_AUDIT_UNHASHED:
        return "in the folder, but without a hash link OpenSSL does not find it";
    case AVS_AUDIT_OLD_HASH:
        return "in the folder, but under its old hash name OpenSSL does not find it";
    case AVS_AUDIT_EXPIRED:
        return "expired";
    case AVS_AUDIT_NOT_YET_VALID:
        return "not yet valid by this clock";
    case AVS_AUDIT_CROSS_SIGNED:
        return "only as a cross-signed copy, which strict verifiers refuse";
    case AVS_AUDIT_PRESENT:
        return "present";
    case AVS_AUDIT_STATE_COUNT:
        break;
    }
    return "";
}

size_t avs_audit_count_required(const struct avs_trust_audit *audit,
                                const struct avs_audit_store *store) {
    size_t count = 0;
    for (size_t ca = 0; ca < AVS_ATS_ROOT_COUNT; ca++) {
        count +=
            audit->watches.row[ca].role == AVS_AUDIT_REQUIRED && store->ca[ca] == AVS_AUDIT_PRESENT;
    }
    return count;
}

const struct avs_audit_store *avs_audit_better_for_curl(const struct avs_trust_audit *audit) {
    for (size_t i = 0; i < audit->store_count && !avs_trust_audit_is_usable(audit); i++) {
        const struct avs_audit_store *store = &audit->store[i];
        if ((store->readers & AVS_AUDIT_CURL_TOOL) && !(store->readers & AVS_AUDIT_BY_SDK) &&
            avs_audit_count_required(audit, store) == audit->required_count) {
            return store;
        }
    }
    return NULL;
}

/** The CA file that the SDK reads and that cannot be loaded, NULL = none. */
static const struct avs_audit_store *broken_store(const struct avs_trust_audit *audit) {
    for (size_t i = 0; i < audit->store_count; i++) {
        const struct avs_audit_store *store = &audit->store[i];
        bool is_bad = store->state == AVS_STORE_UNREADABLE || store->state == AVS_STORE_INVALID;
        if ((store->readers & AVS_AUDIT_BY_SDK) && store->kind == AVS_AUDIT_FILE && is_bad) {
            return store;
        }
    }
    return NULL;
}

/** A store that the SDK reads and that trust install does not reach by itself: not the
 *  distribution's, or a folder without hash links. NULL = none. */
static const struct avs_audit_store *store_of_its_own(const struct avs_trust_audit *audit) {
    const struct avs_audit_store *own = NULL;
    for (size_t i = 0; i < audit->store_count; i++) {
        const struct avs_audit_store *store = &audit->store[i];
        bool is_read = (store->readers & AVS_AUDIT_BY_SDK) != 0;
        bool is_reached = store->kind == AVS_AUDIT_FILE || store->state == AVS_STORE_OK;
        if (is_read && is_reached && (store->readers & AVS_AUDIT_SYSTEM)) {
            return NULL; /* one of the two is reached, and they are used together */
        }
        bool is_there = store->state == AVS_STORE_OK || store->state == AVS_STORE_NOT_HASHED;
        if (is_read && is_there && !own) {
            own = store;
        }
    }
    return own;
}

/** A named CA path that is missing or a file: nothing can be added to it. */
static const struct avs_audit_store *dead_path(const struct avs_trust_audit *audit) {
    const struct avs_audit_store *dead = NULL;
    for (size_t i = 0; i < audit->store_count; i++) {
        const struct avs_audit_store *store = &audit->store[i];
        if (store->readers & (AVS_AUDIT_OPTION | AVS_AUDIT_CONFIG)) {
            if (store->state != AVS_STORE_UNREADABLE) {
                return NULL;
            }
            dead = store;
        }
    }
    return dead;
}

/* ---- the installer's command ---- */

/** Which store the installer is to be told of, as the caller named it. Returns a path inside the
 *  root that it is going to write beside. */
static const char *choose(const struct avs_trust_audit *audit, struct avs_store_choice *ret) {
    const struct avs_audit_store *own = store_of_its_own(audit);
    const char *place = "/etc/ssl/certs/.";
    *ret = (struct avs_store_choice){.sysroot = audit->is_sysroot ? audit->root.path : NULL};
    for (size_t i = 0; i < audit->store_count; i++) {
        if (audit->store[i].readers & AVS_AUDIT_BY_SDK) {
            place = audit->store[i].path;
            break;
        }
    }
    for (size_t i = 0; i < audit->store_count; i++) {
        if (audit->store[i].readers & AVS_AUDIT_CONFIG) {
            ret->config_file = audit->config_file;
            return place;
        }
    }
    if (audit->ca_file[0] || audit->ca_path[0]) {
        ret->ca_file = audit->ca_file;
        ret->ca_path = audit->ca_file[0] ? NULL : audit->ca_path;
    } else if (own) {
        ret->ca_file = own->kind == AVS_AUDIT_FILE ? own->path : NULL;
        ret->ca_path = own->kind == AVS_AUDIT_FOLDER ? own->path : NULL;
    }
    return place;
}

static void add_install(const struct avs_trust_audit *audit, struct avs_buffer *out) {
    struct avs_store_choice choice;
    const char *place = choose(audit, &choice);
    avs_buffer_add_text(out, avs_store_sudo(&audit->root, place));
    avs_store_command(out, "install", &choice, " --apply");
}

/** The same question again. */
static void add_audit(const struct avs_trust_audit *audit, struct avs_buffer *out) {
    const struct avs_store_choice choice = {.sysroot = audit->is_sysroot ? audit->root.path : NULL,
                                            .config_file = audit->config_file,
                                            .ca_file = audit->ca_file,
                                            .ca_path = audit->ca_path};
    avs_store_command(out, "audit", &choice, "");
}

/* ---- the command of a finding ---- */

/** A path inside the root as this machine has it, `length` bytes of it and an ending. */
static void add_path(const struct avs_trust_audit *audit, const char *path, size_t length,
                     const char *end, struct avs_buffer *out) {
    char whole[2 * AVS_SYSROOT_PATH_BYTES];
    size_t root = audit->is_sysroot ? strlen(audit->root.path) : 0;
    while (root > 0 && audit->root.path[root - 1] == '/') {
        root--;
    }
    avs_text_format(whole, sizeof(whole), "%.*s%.*s%s", (int)root, audit->root.path, (int)length,
                    path, end);
    avs_buffer_add_word(out, whole);
}

static void fill(const struct avs_trust_audit *audit, const char *name, size_t length,
                 const char *path, struct avs_buffer *out) {
    const char *slash = strrchr(path, '/');
    const char *dot = slash ? strrchr(slash, '.') : NULL;
    if (strncmp(name, "{install}", length) == 0) {
        add_install(audit, out);
    } else if (strncmp(name, "{folder}", length) == 0) {
        add_path(audit, path, slash && slash > path ? (size_t)(slash - path) : 1, "", out);
    } else if (strncmp(name, "{crt}", length) == 0) {
        add_path(audit, path, dot ? (size_t)(dot - path) : strlen(path), ".crt", out);
    } else {
        add_path(audit, path, strlen(path), "", out);
    }
}

void avs_audit_add_command(const struct avs_trust_audit *audit,
                           const struct avs_audit_finding *finding, struct avs_buffer *out) {
    const char *command = avs_audit_finding_info(finding->id)->command;
    bool can_install = audit->has_sdk_store && !audit->is_sdk_store_broken && !dead_path(audit);
    bool is_install = strcmp(command, "{install}") == 0;
    if (!command[0] || (is_install && !can_install)) {
        return;
    }
    if (!is_install) {
        avs_buffer_add_text(out, avs_store_sudo(&audit->root, finding->path));
    }
    while (*command) {
        size_t plain = strcspn(command, "{");
        avs_buffer_add(out, command, plain);
        command += plain;
        size_t length = strcspn(command, "}") + (*command != '\0');
        if (*command) {
            fill(audit, command, length, finding->path, out);
            command += length;
        }
    }
}

/* ---- what comes next ---- */

/** This machine's own bundle, to be copied into an image that has none; NULL = there is none. */
static const char *own_bundle(void) {
    static const char *const places[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    };
    for (size_t i = 0; i < AVS_COUNT(places); i++) {
        if (access(places[i], R_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}

/** A bundle of the same root that is whole, to be copied where a broken or missing one is read. */
static const struct avs_audit_store *good_bundle(const struct avs_trust_audit *audit) {
    for (size_t i = 0; i < audit->store_count; i++) {
        const struct avs_audit_store *store = &audit->store[i];
        if (store->kind == AVS_AUDIT_FILE && store->state == AVS_STORE_OK &&
            store->certificates > AVS_ATS_ROOT_COUNT && store->readers != AVS_AUDIT_CURL_TOOL) {
            return store;
        }
    }
    return NULL;
}

static void add_copy(const struct avs_trust_audit *audit, const char *from, bool is_inside,
                     const char *to, struct avs_buffer *out) {
    avs_buffer_printf(out, "%sinstall -D -m 644 ", avs_store_sudo(&audit->root, to));
    if (is_inside) {
        add_path(audit, from, strlen(from), "", out);
    } else {
        avs_buffer_add_word(out, from);
    }
    avs_buffer_add_text(out, " ");
    add_path(audit, to, strlen(to), "", out);
}

/** The convention whose updater makes this very file out of the CAs of the distribution, and can so
 *  make it again; NULL = none, or it cannot be run from here. */
static const struct avs_distro *maker_of(const struct avs_trust_audit *audit,
                                         const struct avs_audit_store *bundle) {
    const struct avs_distro *distro = avs_distro_detect(&audit->root);
    if (audit->is_sysroot || !distro->updater[0] || access(distro->updater[0], X_OK) != 0) {
        return NULL;
    }
    for (size_t i = 0; i < AVS_DISTRO_PLACES_MAX && distro->bundle[i]; i++) {
        if (strcmp(distro->bundle[i], bundle->path) == 0) {
            return distro;
        }
    }
    return NULL;
}

static void add_updater(const struct avs_trust_audit *audit, const struct avs_distro *distro,
                        struct avs_buffer *out) {
    avs_buffer_printf(out, "%s%s", avs_store_sudo(&audit->root, distro->bundle[0]),
                      distro->updater[0]);
    for (size_t i = 1; i < AVS_DISTRO_ARGS_MAX && distro->updater[i]; i++) {
        avs_buffer_printf(out, " %s", distro->updater[i]);
    }
}

/** Nothing can be added to a CA file that is missing or refused. */
static void add_for_broken(const struct avs_trust_audit *audit,
                           const struct avs_audit_store *broken, struct avs_buffer *out) {
    const struct avs_audit_store *good = good_bundle(audit);
    const struct avs_distro *maker = maker_of(audit, broken);
    bool is_missing = broken->state == AVS_STORE_UNREADABLE && broken->os_errno == ENOENT;
    if (maker && (is_missing || broken->state == AVS_STORE_INVALID)) {
        add_updater(audit, maker, out);
    } else if (good && is_missing) {
        add_copy(audit, good->path, true, broken->path, out);
    } else if (!good && is_missing && audit->is_sysroot && own_bundle()) {
        add_copy(audit, own_bundle(), false, broken->path, out);
    } else {
        add_audit(audit, out);
    }
}

static void add_for_no_store(const struct avs_trust_audit *audit, struct avs_buffer *out) {
    if (!audit->is_sysroot && audit->package && audit->knows_store_by_guess) {
        avs_buffer_printf(out, "%s%s", avs_store_sudo(&audit->root, "/etc/ssl/."), audit->package);
    } else if (audit->is_sysroot && audit->knows_store_by_guess && own_bundle()) {
        add_copy(audit, own_bundle(), false, "/etc/ssl/certs/ca-certificates.crt", out);
    } else {
        add_audit(audit, out);
    }
}

void avs_audit_add_advice(const struct avs_trust_audit *audit, struct avs_buffer *out) {
    const struct avs_audit_store *broken = broken_store(audit);
    if (avs_trust_audit_is_usable(audit)) {
        return;
    }
    if (broken && (broken->readers & AVS_AUDIT_CONFIG)) {
        avs_buffer_printf(out,
                          "name a good PEM bundle in libcurlUtils.CURLOPT_CAINFO of %s, or put one "
                          "at %s",
                          audit->config_file, broken->path);
    } else if (broken && (broken->readers & AVS_AUDIT_OPTION)) {
        avs_buffer_printf(out, "put a good PEM bundle at %s", broken->path);
    } else if (broken && maker_of(audit, broken)) {
        avs_buffer_printf(out, "have %s made again out of the distribution's certificates",
                          broken->path);
    } else if (broken) {
        avs_buffer_printf(out,
                          "set libcurlUtils.CURLOPT_CAINFO (SDK 1.16 and later) to a good bundle, "
                          "or put one at %s",
                          broken->path);
    } else if (dead_path(audit)) {
        avs_buffer_printf(out, "name a folder of hashed certificates; %s is none",
                          dead_path(audit)->path);
    } else if (!audit->has_sdk_store) {
        avs_buffer_add_text(out, avs_audit_finding_info(audit->knows_store_by_guess
                                                            ? AVS_FINDING_STORE_NOT_FOUND
                                                            : AVS_FINDING_NO_DEFAULT_STORE)
                                     ->remedy);
    }
}

void avs_audit_add_next(const struct avs_trust_audit *audit, struct avs_buffer *out) {
    const struct avs_audit_store *broken = broken_store(audit);
    if (!avs_trust_audit_is_usable(audit)) {
        if (broken) {
            add_for_broken(audit, broken, out);
        } else if (dead_path(audit)) {
            add_audit(audit, out);
        } else if (!audit->has_sdk_store) {
            add_for_no_store(audit, out);
        } else {
            add_install(audit, out);
        }
        return;
    }
    avs_buffer_add_text(out, "avs-shim check");
    const struct {
        const char *name, *value;
    } options[] = {{" --config ", audit->config_file},
                   {" --ca-file ", audit->is_sysroot ? "" : audit->ca_file},
                   {" --ca-path ", audit->is_sysroot ? "" : audit->ca_path}};
    for (size_t i = 0; i < AVS_COUNT(options); i++) {
        if (options[i].value[0]) {
            avs_buffer_add_text(out, options[i].name);
            avs_buffer_add_word(out, options[i].value);
        }
    }
}
