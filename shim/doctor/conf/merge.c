/* SPDX-License-Identifier: Apache-2.0 */
/* The overlay. A merged object is kept as "this node of that file" until something is merged into
 * it; only then are its members put into the index, where the first of a name wins, as FindMember
 * has it. */
#include "conf/merge.h"

#include <string.h>

#define FIRST_SLOTS     64
#define FIRST_INDEX     128 /* a power of two */
#define NAME_BYTES_MAX  AVS_CONF_FILE_BYTES_MAX
#define MERGE_DEPTH_MAX AVS_CONF_DEPTH_MAX

/* One value of the merged tree. */
struct slot {
    struct avs_conf_ref ref;
    uint32_t object;  /* the slot of the object that it is a member of */
    bool is_indexed;  /* its members are in the index */
    const char *name; /* decoded: `owned`, or the file's own bytes where it has no escape */
    char *owned;
    size_t name_length;
};

struct avs_conf_merge {
    const struct avs_conf_file *files;
    struct slot *slots;
    size_t count, capacity;
    uint32_t *index; /* open addressing: slot number + 1, by (object, name) */
    size_t index_size;
    struct avs_conf_ref crash;
};

AVS_DEFINE_AUTO(merge, struct avs_conf_merge, avs_conf_merge_free);

static const struct avs_conf_ref nowhere = {AVS_CONF_NONE, AVS_CONF_NONE};

static const struct avs_conf_node *node_of(const struct avs_conf_merge *merge,
                                           struct avs_conf_ref ref) {
    return &merge->files[ref.file].doc.nodes[ref.node];
}

/* FNV-1a, over the object's number and the name */
static size_t hash_of(uint32_t object, const char *name, size_t length) {
    uint64_t hash = 0xCBF29CE484222325u ^ object;
    hash *= 0x100000001B3u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)name[i]) * 0x100000001B3u;
    }
    return (size_t)(hash ^ hash >> 32);
}

/* The place in the index where that member is, or would be. */
static size_t probe(const struct avs_conf_merge *merge, uint32_t object, const char *name,
                    size_t length) {
    size_t at = hash_of(object, name, length) & (merge->index_size - 1);
    while (merge->index[at] != 0) {
        const struct slot *slot = &merge->slots[merge->index[at] - 1];
        if (slot->object == object && slot->name_length == length &&
            memcmp(slot->name, name, length) == 0) {
            break;
        }
        at = (at + 1) & (merge->index_size - 1);
    }
    return at;
}

static enum avs_status grow_index(struct avs_conf_merge *merge, struct avs_error *reterr) {
    if (merge->count * 2 < merge->index_size) {
        return AVS_OK;
    }
    size_t size = merge->index_size ? merge->index_size * 2 : FIRST_INDEX;
    uint32_t *index = calloc(size, sizeof(*index));
    AVS_REQUIRE_MEMORY(index, reterr);
    free(merge->index);
    merge->index = index;
    merge->index_size = size;
    for (size_t i = 1; i < merge->count; i++) {
        const struct slot *slot = &merge->slots[i];
        index[probe(merge, slot->object, slot->name, slot->name_length)] = (uint32_t)i + 1;
    }
    return AVS_OK;
}

/* A member's name, decoded. */
struct name {
    const char *text;
    size_t length;
    char *owned; /* what `text` points to, where it had to be decoded */
};

/* Takes over `name`, also on failure. */
static enum avs_status add_slot(struct avs_conf_merge *merge, uint32_t object,
                                const struct name *name, struct avs_conf_ref ref,
                                struct avs_error *reterr) {
    if (merge->count == merge->capacity) {
        size_t capacity = merge->capacity ? merge->capacity * 2 : FIRST_SLOTS;
        struct slot *slots = realloc(merge->slots, capacity * sizeof(*slots));
        if (!slots) {
            free(name->owned);
            return avs_fail_memory(reterr);
        }
        merge->slots = slots;
        merge->capacity = capacity;
    }
    merge->slots[merge->count++] = (struct slot){
        .ref = ref,
        .object = object,
        .name = name->text,
        .owned = name->owned,
        .name_length = name->length,
    };
    AVS_TRY(grow_index(merge, reterr));
    if (object != AVS_CONF_NONE) {
        merge->index[probe(merge, object, name->text, name->length)] = (uint32_t)merge->count;
    }
    return AVS_OK;
}

static enum avs_status name_of(const struct avs_conf_merge *merge, struct avs_conf_ref ref,
                               struct name *ret_name, struct avs_error *reterr) {
    const struct avs_conf_node *node = node_of(merge, ref);
    const char *raw = merge->files[ref.file].text + node->key_start + 1;
    size_t length = node->key_end - node->key_start - 2;
    if (!memchr(raw, '\\', length)) {
        *ret_name = (struct name){.text = raw, .length = length};
        return AVS_OK;
    }
    struct avs_buffer text = avs_buffer_init(NAME_BYTES_MAX);
    avs_conf_decode(&merge->files[ref.file].doc, node->key_start, node->key_end, &text);
    struct name name = {.length = text.length};
    enum avs_status status = avs_buffer_take_text(&text, &name.owned, reterr);
    avs_buffer_done(&text);
    name.text = name.owned;
    if (status == AVS_OK) {
        *ret_name = name;
    }
    return status;
}

/* Put the members of an object that came whole from one file into the index: first of a name wins.
 */
static enum avs_status index_members(struct avs_conf_merge *merge, uint32_t object,
                                     struct avs_error *reterr) {
    struct avs_conf_ref ref = merge->slots[object].ref;
    if (merge->slots[object].is_indexed) {
        return AVS_OK;
    }
    merge->slots[object].is_indexed = true;
    ref.node = node_of(merge, ref)->first_child;
    for (; ref.node != AVS_CONF_NONE; ref.node = node_of(merge, ref)->next) {
        struct name name;
        AVS_TRY(name_of(merge, ref, &name, reterr));
        if (merge->index[probe(merge, object, name.text, name.length)] != 0) {
            free(name.owned);
            continue;
        }
        AVS_TRY(add_slot(merge, object, &name, ref, reterr));
    }
    return AVS_OK;
}

/* Close enough: the outcome does not depend on it, only which of two equal values is named. */
static bool is_same_value(const struct avs_conf_merge *merge, struct avs_conf_ref a,
                          struct avs_conf_ref b) {
    const struct avs_conf_node *left = node_of(merge, a);
    const struct avs_conf_node *right = node_of(merge, b);
    size_t length = left->end - left->start;
    return left->type == right->type && length == right->end - right->start &&
           memcmp(merge->files[a.file].text + left->start, merge->files[b.file].text + right->start,
                  length) == 0;
}

/* One level of the merge: the next member of `in` goes into `object`. */
struct level {
    uint32_t object;
    struct avs_conf_ref in;
};

/* Merge one member; *ret_deeper is set when it is an object that merges into an object. */
static enum avs_status merge_member(struct avs_conf_merge *merge, const struct level *level,
                                    uint32_t *ret_deeper, struct avs_error *reterr) {
    *ret_deeper = AVS_CONF_NONE;
    struct name name;
    AVS_TRY(name_of(merge, level->in, &name, reterr));
    size_t at = probe(merge, level->object, name.text, name.length);
    if (merge->index[at] == 0) {
        return add_slot(merge, level->object, &name, level->in, reterr);
    }
    free(name.owned);
    struct slot *slot = &merge->slots[merge->index[at] - 1];
    bool was_object = node_of(merge, slot->ref)->type == AVS_CONF_OBJECT;
    bool is_object = node_of(merge, level->in)->type == AVS_CONF_OBJECT;
    if (was_object && is_object) {
        *ret_deeper = merge->index[at] - 1;
    } else if (was_object) {
        merge->crash = level->in;
    } else if (!is_same_value(merge, slot->ref, level->in)) {
        slot->ref = level->in;
    }
    return AVS_OK;
}

static enum avs_status merge_file(struct avs_conf_merge *merge, uint32_t file,
                                  struct avs_error *reterr) {
    struct level levels[MERGE_DEPTH_MAX + 1];
    size_t depth = 0;
    struct avs_conf_ref root = {file, 0};
    if (node_of(merge, root)->type != AVS_CONF_OBJECT) {
        merge->crash = root;
        return AVS_OK;
    }
    levels[0] = (struct level){0, {file, node_of(merge, root)->first_child}};
    while (merge->crash.file == AVS_CONF_NONE) {
        struct level *level = &levels[depth];
        if (level->in.node == AVS_CONF_NONE) {
            if (depth == 0) {
                break;
            }
            depth--;
            continue;
        }
        struct avs_conf_ref in = level->in;
        uint32_t deeper = AVS_CONF_NONE;
        AVS_TRY(merge_member(merge, level, &deeper, reterr));
        level->in.node = node_of(merge, in)->next;
        if (deeper != AVS_CONF_NONE) {
            AVS_TRY(index_members(merge, deeper, reterr));
            levels[++depth] = (struct level){deeper, {file, node_of(merge, in)->first_child}};
        }
    }
    return AVS_OK;
}

enum avs_status avs_conf_merge_new(const struct avs_conf_file *files, size_t count,
                                   struct avs_conf_merge **ret_merge, struct avs_error *reterr) {
    AVS_AUTO(merge) merge = calloc(1, sizeof(*merge));
    AVS_REQUIRE_MEMORY(merge, reterr);
    merge->files = files;
    merge->crash = nowhere;
    AVS_TRY(add_slot(merge, AVS_CONF_NONE, &(struct name){.text = ""}, nowhere,
                     reterr)); /* the empty root */
    merge->slots[0].is_indexed = true;
    for (size_t i = 0; i < count && merge->crash.file == AVS_CONF_NONE; i++) {
        AVS_TRY(merge_file(merge, (uint32_t)i, reterr));
    }
    *ret_merge = AVS_STEAL(merge);
    return AVS_OK;
}

void avs_conf_merge_free(struct avs_conf_merge *merge) {
    if (!merge) {
        return;
    }
    for (size_t i = 0; i < merge->count; i++) {
        free(merge->slots[i].owned);
    }
    free(merge->slots);
    free(merge->index);
    free(merge);
}

struct avs_conf_ref avs_conf_merge_crash(const struct avs_conf_merge *merge) {
    return merge->crash;
}

struct avs_conf_ref avs_conf_merge_find(const struct avs_conf_merge *merge, const char *section,
                                        const char *key) {
    size_t at = probe(merge, 0, section, strlen(section));
    if (merge->index[at] == 0) {
        return nowhere;
    }
    uint32_t object = merge->index[at] - 1;
    const struct slot *slot = &merge->slots[object];
    if (!key) {
        return slot->ref;
    }
    if (node_of(merge, slot->ref)->type != AVS_CONF_OBJECT) {
        return nowhere;
    }
    if (slot->is_indexed) {
        at = probe(merge, object, key, strlen(key));
        return merge->index[at] == 0 ? nowhere : merge->slots[merge->index[at] - 1].ref;
    }
    const struct avs_conf_doc *doc = &merge->files[slot->ref.file].doc;
    uint32_t node = avs_conf_find(doc, slot->ref.node, key);
    return node == AVS_CONF_NONE ? nowhere : (struct avs_conf_ref){slot->ref.file, node};
}
