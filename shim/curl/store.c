/* SPDX-License-Identifier: Apache-2.0 */
/* See store.h. */
#include "store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "trust/anchors.h"
#include "trust/lookup.h"

#define FILES_MAX 4 /* CA files that are kept indexed */

/* ---- what is in a store, kept with it ---- */

struct places {
    char *file, *path;
    bool is_shared;
};

static int places_index = -1;

static void free_places(void *parent, void *value, CRYPTO_EX_DATA *data, int index, long argument,
                        void *pointer) {
    (void)parent, (void)data, (void)index, (void)argument, (void)pointer;
    struct places *places = value;
    if (places) {
        free(places->file);
        free(places->path);
        free(places);
    }
}

static void make_index(void) {
    places_index = X509_STORE_get_ex_new_index(0, NULL, NULL, NULL, free_places);
}

static int index_of_places(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_index);
    return places_index;
}

static struct places *places_of(X509_STORE *store, bool is_made) {
    int index = index_of_places();
    struct places *places = index >= 0 ? X509_STORE_get_ex_data(store, index) : NULL;
    if (places || !is_made || index < 0) {
        return places;
    }
    places = calloc(1, sizeof(*places));
    if (places && X509_STORE_set_ex_data(store, index, places) != 1) {
        free(places);
        places = NULL;
    }
    return places;
}

static void put(char **place, const char *text) {
    if (text) {
        free(*place);
        *place = strdup(text);
    }
}

void avs_curl_store_note(X509_STORE *store, const char *ca_file, const char *ca_path) {
    struct places *places = places_of(store, true);
    if (places) {
        put(&places->file, ca_file);
        put(&places->path, ca_path);
    }
}

const char *avs_curl_store_file(X509_STORE *store) {
    struct places *places = places_of(store, false);
    return places ? places->file : NULL;
}

const char *avs_curl_store_path(X509_STORE *store) {
    struct places *places = places_of(store, false);
    return places ? places->path : NULL;
}

static _Thread_local char refused_file[AVS_NAME_BYTES], refused_path[AVS_NAME_BYTES];

void avs_curl_store_refuse(const char *ca_file, const char *ca_path) {
    AVS_TEXT_SET(refused_file, ca_file ? ca_file : "");
    AVS_TEXT_SET(refused_path, ca_path ? ca_path : "");
}

void avs_curl_store_refused(char ret_file[AVS_NAME_BYTES], char ret_path[AVS_NAME_BYTES]) {
    memcpy(ret_file, refused_file, AVS_NAME_BYTES);
    memcpy(ret_path, refused_path, AVS_NAME_BYTES);
    refused_file[0] = refused_path[0] = '\0';
}

/* ---- one index for all ---- */

static atomic_bool is_stopped;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct avs_anchors *kept[FILES_MAX]; /* behind the lock: they outlive the stores */
static size_t next_place;

static bool is_asked_for(void) {
    const char *value = secure_getenv("AVS_SHIM_CURL_STORE");
    return value && strcmp(value, "1") == 0;
}

void avs_curl_store_stop(void) {
    atomic_store(&is_stopped, true);
}

/* A file that has changed is another one: its index comes in the place of the oldest. */
static void keep(struct avs_anchors *anchors) {
    pthread_mutex_lock(&lock);
    bool is_kept = false;
    for (size_t i = 0; i < FILES_MAX; i++) {
        is_kept |= kept[i] == anchors;
    }
    struct avs_anchors *dropped = is_kept ? anchors : kept[next_place];
    if (!is_kept) {
        kept[next_place] = anchors;
        next_place = (next_place + 1) % FILES_MAX;
    }
    pthread_mutex_unlock(&lock);
    avs_anchors_unref(dropped);
}

bool avs_curl_store_share(X509_STORE *store, const char *ca_file) {
    struct places *places = NULL;
    struct avs_anchors *anchors = NULL;
    const struct avs_anchors_options options = {.ca_file = ca_file, .source = "libcurl"};
    if (!is_asked_for() || atomic_load(&is_stopped) || !(places = places_of(store, true)) ||
        places->is_shared || avs_anchors_load(&options, NULL, &anchors, NULL) != AVS_OK) {
        return false;
    }
    struct avs_bundle *bundle = avs_anchors_bundle(anchors);
    places->is_shared = bundle && avs_lookup_add_bundle(store, avs_bundle_ref(bundle));
    keep(anchors);
    return places->is_shared;
}
