/* Words that the text and the JSON of an audit share, and the verdict itself. */
#include "report/audit_words.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "store/install_distro.h"

const char *avs_audit_state_text(enum avs_audit_state state) {
    switch (state) {
    case AVS_AUDIT_ABSENT:
        return "absent";
    case AVS_AUDIT_DESELECTED:
        return "switched off by '!' in ca-certificates.conf";
    case AVS_AUDIT_UNHASHED:
        return "in the folder, but without a hash link OpenSSL does not find it";
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

void avs_audit_fill_path(char *ret_text, size_t capacity, const char *remedy, const char *path) {
    const char *hole = strstr(remedy, "{path}");
    if (hole) {
        avs_text_format(ret_text, capacity, "%.*s%s%s", (int)(hole - remedy), remedy, path,
                        hole + strlen("{path}"));
    } else {
        avs_text_copy(ret_text, capacity, remedy);
    }
}

bool avs_trust_audit_is_usable(const struct avs_trust_audit *audit) {
    return audit->usable_count == audit->required_count;
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

/** The named store that the SDK reads and that cannot be loaded, NULL = none. */
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

/** A store that the SDK reads and that is not the distribution's: trust install without --config
 *  would not reach it. NULL = none. */
static const struct avs_audit_store *store_of_its_own(const struct avs_trust_audit *audit) {
    for (size_t i = 0; i < audit->store_count; i++) {
        const struct avs_audit_store *store = &audit->store[i];
        bool is_system = (store->readers & AVS_AUDIT_SYSTEM) != 0;
        if (is_system && (store->readers & AVS_AUDIT_BY_SDK)) {
            return NULL; /* one of the two is reached, and they are used together */
        }
    }
    for (size_t i = 0; i < audit->store_count; i++) {
        if ((audit->store[i].readers & AVS_AUDIT_BY_SDK) && audit->store[i].state == AVS_STORE_OK) {
            return &audit->store[i];
        }
    }
    return NULL;
}

void avs_audit_next_command(const struct avs_trust_audit *audit, char *ret_command,
                            size_t capacity) {
    const struct avs_audit_store *broken = broken_store(audit);
    char config[AVS_AUDIT_PATH_BYTES + 16] = "", sysroot[AVS_AUDIT_PATH_BYTES + 16] = "";
    if (audit->config_file[0]) {
        avs_text_format(config, sizeof(config), " --config %s", audit->config_file);
    }
    if (audit->is_sysroot) {
        avs_text_format(sysroot, sizeof(sysroot), " --sysroot %s", audit->root.path);
    }
    if (avs_trust_audit_is_usable(audit)) {
        avs_text_format(ret_command, capacity,
                        audit->is_sysroot ? "avs-shim check on the device: the roots are there"
                                          : "avs-shim check%s",
                        config);
    } else if (broken && (broken->readers & AVS_AUDIT_CONFIG)) {
        avs_text_format(ret_command, capacity,
                        "name a CA file that exists in libcurlUtils.CURLOPT_CAINFO of %s",
                        audit->config_file);
    } else if (broken) {
        avs_text_format(ret_command, capacity,
                        "set libcurlUtils.CURLOPT_CAINFO (SDK 1.16 and later) to a good bundle, or "
                        "put one at %s",
                        broken->path);
    } else {
        const struct avs_audit_store *odd = store_of_its_own(audit);
        bool names_file = odd && (odd->readers & AVS_AUDIT_CONFIG);
        if (odd && !names_file) {
            avs_text_format(
                ret_command, capacity,
                "name %s in libcurlUtils.%s of AlexaClientSDKConfig.json, then avs-shim "
                "trust install --config AlexaClientSDKConfig.json%s --apply",
                odd->path, odd->kind == AVS_AUDIT_FILE ? "CURLOPT_CAINFO" : "CURLOPT_CAPATH",
                sysroot);
        } else {
            avs_text_format(ret_command, capacity, "%savs-shim trust install%s%s --apply",
                            audit->is_sysroot || names_file || geteuid() == 0 ? "" : "sudo ",
                            names_file ? config : "", sysroot);
        }
    }
}
