/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations that name AWS IoT endpoints: Greengrass, AWS IoT Device Client, a bridge of
 * mosquitto, NAME=host lines. Strict readers of the keys that we need: what is not understood is
 * noted with its line, never guessed. */
#ifndef AVS_IOT_CONFIG_H
#define AVS_IOT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/flow.h"

#define AVS_IOT_CONFIG_BYTES_MAX   (1024u * 1024u)
#define AVS_IOT_CONFIG_ENTRIES_MAX 128 /* more are counted */
#define AVS_IOT_CONFIG_NOTES_MAX   32
#define AVS_IOT_KEY_BYTES          64
#define AVS_IOT_VALUE_BYTES        512 /* a longer one is noted */
#define AVS_IOT_NOTE_BYTES         200

/** What a key's value is for. */
enum avs_iot_role {
    AVS_IOT_ROLE_HOST,        /* a host of some kind */
    AVS_IOT_ROLE_DATA,        /* the device data endpoint */
    AVS_IOT_ROLE_CREDENTIALS, /* the credential provider */
    AVS_IOT_ROLE_REGION,
    AVS_IOT_ROLE_CA, /* the trust store, a file or a folder */
    AVS_IOT_ROLE_ALPN,
};

struct avs_iot_entry {
    enum avs_iot_role role;
    char key[AVS_IOT_KEY_BYTES];
    char value[AVS_IOT_VALUE_BYTES];
    unsigned line;
    unsigned group; /* of a bridge: which connection; entries of one group belong together */
};

struct avs_iot_config_note {
    unsigned line;
    char text[AVS_IOT_NOTE_BYTES];
};

struct avs_iot_config {
    const char *format;  /* for people: "Greengrass configuration (YAML)" */
    bool has_port_1883;  /* a host without a port means 1883 to this program */
    bool needs_alpn_key; /* it offers ALPN only where a key says so */
    unsigned group;      /* of the entries that are added */
    struct avs_iot_entry entry[AVS_IOT_CONFIG_ENTRIES_MAX];
    size_t entry_count, entry_dropped;
    struct avs_iot_config_note note[AVS_IOT_CONFIG_NOTES_MAX];
    size_t note_count, note_dropped;
};

/** Read a configuration. Caller frees *ret_config with free().
 *  Errors: CONFIG_UNREADABLE, CONFIG_MALFORMED (not text, JSON that is none), NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_iot_config_read(const char *path,
                                                  struct avs_iot_config **ret_config,
                                                  struct avs_error *reterr);
/** As avs_iot_config_read, from memory; `path` is for messages, `text[length]` is NUL. */
AVS_NODISCARD enum avs_status avs_iot_config_from_text(const char *path, const char *text,
                                                       size_t length,
                                                       struct avs_iot_config **ret_config,
                                                       struct avs_error *reterr);

/** The first entry of that role in the group of `of` (NULL: in any); NULL: none. */
const struct avs_iot_entry *avs_iot_config_find(const struct avs_iot_config *config,
                                                enum avs_iot_role role,
                                                const struct avs_iot_entry *of);

/* ---- for the readers of one format each ---- */

struct avs_iot_key {
    const char *key;
    enum avs_iot_role role;
};

void avs_iot_config_add(struct avs_iot_config *config, enum avs_iot_role role, const char *key,
                        size_t key_length, const char *value, size_t value_length, unsigned line);
AVS_PRINTF(3, 4)
void avs_iot_config_note(struct avs_iot_config *config, unsigned line, const char *format, ...);
/** True when the text is a name of AWS, or looks like one. */
bool avs_iot_config_is_name(const char *value, size_t length);

/** One line, without its end. The text after it; NULL at the end. */
const char *avs_iot_config_line(const char *text, const char **ret_line, size_t *ret_length);

AVS_NODISCARD enum avs_status avs_iot_config_json(const char *path, const char *text, size_t length,
                                                  struct avs_iot_config *config,
                                                  struct avs_error *reterr);
void avs_iot_config_yaml(const char *text, struct avs_iot_config *config);
void avs_iot_config_bridge(const char *text, struct avs_iot_config *config);
void avs_iot_config_lines(const char *text, struct avs_iot_config *config);

#endif
