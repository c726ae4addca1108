/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the persisted gateway. Never writes: the database is opened read-only, and as immutable
 * where even a reader would leave a -shm file beside it. */
#include "conf/gateway.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef AVS_HAVE_SQLITE3
#include <sqlite3.h>
#endif

#define DETAIL_BYTES_MAX 1024
#define STATE_BYTES_MAX  8192
#define HEADER_BYTES     100 /* of an SQLite database */
#define HEADER_READ_MODE 19  /* 2 = write-ahead log */
#define URI_BYTES_MAX    (3 * 4096 + 64)
#define BUSY_TIMEOUT_MS  500
#define GATEWAY_TABLE    "avsGatewayManager_verificationState"

void avs_conf_gateway_done(struct avs_conf_gateway *gateway) {
    avs_buffer_done(&gateway->url);
    avs_buffer_done(&gateway->detail);
}

static void malformed(struct avs_conf_gateway *gateway, const char *what) {
    gateway->state = AVS_GATEWAY_MALFORMED;
    avs_buffer_printf(&gateway->detail,
                      "the persisted gateway is damaged (%s), so SDK 1.17 and later does not start "
                      "(AVSGatewayManager:initFailed)",
                      what);
}

enum avs_status avs_conf_gateway_parse(const char *text, size_t length,
                                       struct avs_conf_gateway *gateway, struct avs_error *reterr) {
    struct avs_conf_doc doc;
    AVS_TRY(avs_conf_scan(text, length, false, &doc, reterr));
    uint32_t url = AVS_CONF_NONE, verified = AVS_CONF_NONE;
    if (doc.fault == AVS_CONF_FAULT_NONE) {
        url = avs_conf_find(&doc, 0, "gatewayURL");
        verified = avs_conf_find(&doc, 0, "isVerified");
    }
    if (doc.fault != AVS_CONF_FAULT_NONE) {
        malformed(gateway, avs_conf_fault_text(doc.fault));
    } else if (url == AVS_CONF_NONE || doc.nodes[url].type != AVS_CONF_STRING) {
        malformed(gateway, "no gatewayURL in it");
    } else if (verified == AVS_CONF_NONE || doc.nodes[verified].type != AVS_CONF_BOOL) {
        malformed(gateway, "no isVerified in it");
    } else {
        gateway->state = AVS_GATEWAY_PERSISTED;
        gateway->is_verified = text[doc.nodes[verified].start] == 't';
        avs_conf_decode(&doc, doc.nodes[url].start, doc.nodes[url].end, &gateway->url);
        avs_buffer_add(&gateway->url, "", 0);
        avs_buffer_printf(&gateway->detail, "SDK 1.17 and later uses it and ignores the "
                                            "configuration");
    }
    avs_conf_doc_done(&doc);
    return gateway->url.is_failed || gateway->detail.is_failed ? avs_fail_memory(reterr) : AVS_OK;
}

static void none(struct avs_conf_gateway *gateway, const char *why) {
    gateway->state = AVS_GATEWAY_NONE;
    avs_buffer_add_text(&gateway->detail, why);
}

static void unreadable(struct avs_conf_gateway *gateway, const char *why) {
    gateway->state = AVS_GATEWAY_UNREADABLE;
    avs_buffer_printf(&gateway->detail,
                      "cannot tell whether a gateway is persisted, which would beat the "
                      "configuration: %s",
                      why);
}

#ifdef AVS_HAVE_SQLITE3

/* A write-ahead log makes even readers create a -shm file, unless told that nothing changes. */
static bool needs_immutable(const char *path) {
    unsigned char header[HEADER_BYTES] = {0};
    char wal[4096];
    FILE *file = fopen(path, "re");
    if (!file) {
        return false;
    }
    size_t got = fread(header, 1, sizeof(header), file);
    fclose(file);
    int length = snprintf(wal, sizeof(wal), "%s-wal", path);
    return got == sizeof(header) && header[HEADER_READ_MODE] == 2 && length > 0 &&
           (size_t)length < sizeof(wal) && access(wal, F_OK) != 0;
}

/* file:PATH?mode=ro, with the path percent-encoded */
static bool make_uri(const char *path, struct avs_buffer *uri) {
    avs_buffer_add_text(uri, "file:");
    for (const char *at = path; *at; at++) {
        bool is_plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                        (*at >= '0' && *at <= '9') || strchr("/._-", *at);
        if (is_plain) {
            avs_buffer_add(uri, at, 1);
        } else {
            avs_buffer_printf(uri, "%%%02X", (unsigned)(unsigned char)*at);
        }
    }
    avs_buffer_add_text(uri, needs_immutable(path) ? "?mode=ro&immutable=1" : "?mode=ro");
    return !uri->is_failed;
}

static enum avs_status read_row(sqlite3 *database, struct avs_conf_gateway *gateway,
                                struct avs_error *reterr) {
    sqlite3_stmt *statement = NULL;
    enum avs_status status = AVS_OK;
    sqlite3_busy_timeout(database, BUSY_TIMEOUT_MS);
    int result = sqlite3_prepare_v2(database,
                                    "SELECT 1 FROM sqlite_master WHERE type='table' AND "
                                    "name='" GATEWAY_TABLE "'",
                                    -1, &statement, NULL);
    result = result == SQLITE_OK ? sqlite3_step(statement) : result;
    sqlite3_finalize(statement);
    statement = NULL;
    if (result == SQLITE_DONE) {
        none(gateway, "the database holds no gateway, so the configuration counts");
        return AVS_OK;
    }
    if (result == SQLITE_ROW) {
        result =
            sqlite3_prepare_v2(database, "SELECT value FROM " GATEWAY_TABLE " WHERE key='state'",
                               -1, &statement, NULL);
        result = result == SQLITE_OK ? sqlite3_step(statement) : result;
    }
    if (result == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        int length = sqlite3_column_bytes(statement, 0);
        if (!text || length <= 0) {
            none(gateway, "the database holds no gateway, so the configuration counts");
        } else if (length > STATE_BYTES_MAX) {
            malformed(gateway, "longer than 8192 bytes");
        } else {
            status = avs_conf_gateway_parse(text, (size_t)length, gateway, reterr);
        }
    } else if (result == SQLITE_DONE) {
        none(gateway, "the database holds no gateway, so the configuration counts");
    } else {
        unreadable(gateway, sqlite3_errmsg(database));
    }
    sqlite3_finalize(statement);
    return status;
}

static enum avs_status read_database(const char *path, struct avs_conf_gateway *gateway,
                                     struct avs_error *reterr) {
    struct avs_buffer uri = avs_buffer_init(URI_BYTES_MAX);
    sqlite3 *database = NULL;
    enum avs_status status = AVS_OK;
    if (!make_uri(path, &uri)) {
        bool is_over_limit = uri.is_over_limit;
        avs_buffer_done(&uri);
        unreadable(gateway, "its path is too long");
        return is_over_limit ? AVS_OK : avs_fail_memory(reterr);
    }
    int result = sqlite3_open_v2(
        uri.data, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK) {
        status = read_row(database, gateway, reterr);
    } else {
        unreadable(gateway, database ? sqlite3_errmsg(database) : "out of memory");
    }
    sqlite3_close(database);
    avs_buffer_done(&uri);
    return status;
}

#else

static enum avs_status read_database(const char *path, struct avs_conf_gateway *gateway,
                                     struct avs_error *reterr) {
    (void)path;
    (void)reterr;
    gateway->state = AVS_GATEWAY_NOT_BUILT_IN;
    avs_buffer_add_text(&gateway->detail,
                        "this build has no sqlite3, so it cannot see whether a gateway is "
                        "persisted, which would beat the configuration");
    return AVS_OK;
}

#endif

enum avs_status avs_conf_gateway_read(const char *path, struct avs_conf_gateway *gateway,
                                      struct avs_error *reterr) {
    struct stat identity;
    *gateway = (struct avs_conf_gateway){
        .state = AVS_GATEWAY_NOT_CONFIGURED,
        .url = avs_buffer_init(STATE_BYTES_MAX),
        .detail = avs_buffer_init(DETAIL_BYTES_MAX),
    };
    if (!path || !path[0]) {
        avs_buffer_add_text(&gateway->detail, "miscDatabase.databaseFilePath is not set, so SDK "
                                              "1.17 and later has no place to persist a gateway");
    } else if (strncmp(path, "${", 2) == 0) {
        avs_buffer_add_text(&gateway->detail, "miscDatabase.databaseFilePath is a placeholder that "
                                              "was never filled in");
    } else if (stat(path, &identity) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            none(gateway, "there is no such database yet, so the configuration counts");
        } else {
            unreadable(gateway, strerror(errno));
        }
    } else if (!S_ISREG(identity.st_mode)) {
        unreadable(gateway, "it is no regular file");
    } else if (access(path, R_OK) != 0) {
        unreadable(gateway, strerror(errno));
    } else {
        AVS_TRY(read_database(path, gateway, reterr));
    }
    return gateway->detail.is_failed && !gateway->detail.is_over_limit ? avs_fail_memory(reterr)
                                                                       : AVS_OK;
}

const char *avs_gateway_state_id(enum avs_gateway_state state) {
    switch (state) {
    case AVS_GATEWAY_NOT_CONFIGURED:
        return "not_configured";
    case AVS_GATEWAY_NONE:
        return "none";
    case AVS_GATEWAY_PERSISTED:
        return "persisted";
    case AVS_GATEWAY_MALFORMED:
        return "malformed";
    case AVS_GATEWAY_UNREADABLE:
        return "unreadable";
    case AVS_GATEWAY_NOT_BUILT_IN:
        return "not_built_in";
    }
    return "none";
}
