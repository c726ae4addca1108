/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that stay in a token: OSSL_STORE where OpenSSL has a provider for the URI, libp11's ENGINE
 * otherwise. */
#define OPENSSL_SUPPRESS_DEPRECATED  /* ENGINE, which is all that OpenSSL 1.1.1 and Debian 12 have \
                                      */
#include "iot/keyfile.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#ifndef OPENSSL_NO_ENGINE
#include <openssl/engine.h>
#endif

#include "base/text.h"
#include "iot/findings.h"

#define PIN_NAME "pin-value="

static bool is_scheme(const char *key, size_t length) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789+.-";
    return length > 1 && key[length] == ':' && strspn(key, letters) >= length;
}

bool avs_keyuri_is(const char *key) {
    return is_scheme(key, strcspn(key, ":")) && access(key, F_OK) != 0;
}

void avs_keyuri_hide_pin(const char *uri, char *field, size_t capacity) {
    const char *pin = strcasestr(uri, PIN_NAME);
    if (!pin) {
        avs_text_copy(field, capacity, uri);
        return;
    }
    pin += sizeof(PIN_NAME) - 1;
    const char *rest = pin + strcspn(pin, ";&");
    char tail[AVS_NAME_BYTES];
    avs_keyuri_hide_pin(rest, tail, sizeof(tail)); /* an URI may name it twice */
    avs_text_format(field, capacity, "%.*s***%s", (int)(pin - uri), uri, tail);
}

/* ---------------------------------------------------------------- OSSL_STORE */

static EVP_PKEY *from_store(const char *uri, UI_METHOD *ui, struct avs_passphrase *pin) {
    EVP_PKEY *key = NULL;
    OSSL_STORE_CTX *store = OSSL_STORE_open(uri, ui, pin, NULL, NULL);
    while (store && !key && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (!info) {
            if (OSSL_STORE_error(store)) {
                break;
            }
            continue;
        }
        if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY) {
            key = OSSL_STORE_INFO_get1_PKEY(info);
        }
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(store);
    return key;
}

/* OpenSSL has nobody for this scheme: not the token's fault. */
static bool has_no_loader(void) {
    unsigned long code = ERR_peek_last_error();
    int reason = ERR_GET_REASON(code);
    return ERR_GET_LIB(code) == ERR_LIB_OSSL_STORE && (reason == OSSL_STORE_R_UNREGISTERED_SCHEME
#ifdef ERR_R_UNSUPPORTED
                                                       || reason == ERR_R_UNSUPPORTED
#endif
                                                      );
}

/* ---------------------------------------------------------------- ENGINE */

#ifndef OPENSSL_NO_ENGINE
static ENGINE *open_engine(void) {
    ENGINE_load_builtin_engines(); /* the one that loads others from files is among them */
    ENGINE *engine = ENGINE_by_id("pkcs11");
    if (engine) {
        /* else it tells stderr why there is no key, in words that may hold the PIN */
        ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 1);
    }
    if (engine && ENGINE_init(engine) != 1) {
        ENGINE_free(engine);
        engine = NULL;
    }
    return engine;
}

/* False: there is no such engine. Its references stay: the key works through it. */
static bool from_engine(const char *uri, UI_METHOD *ui, struct avs_passphrase *pin,
                        EVP_PKEY **ret_key) {
    static ENGINE *engine; /* once in a process; a run has one thread for its keys */
    if (!engine) {
        engine = open_engine();
    }
    if (!engine) {
        return false;
    }
    *ret_key = ENGINE_load_private_key(engine, uri, ui, pin);
    return true;
}
#else
static bool from_engine(const char *uri, UI_METHOD *ui, struct avs_passphrase *pin,
                        EVP_PKEY **ret_key) {
    (void)uri, (void)ui, (void)pin, (void)ret_key;
    return false;
}
#endif

EVP_PKEY *avs_keyuri_load(const char *uri, const char *pin, struct avs_iot_findings *findings,
                          char *form) {
    char shown[AVS_NAME_BYTES];
    struct avs_passphrase given = {.text = pin};
    bool is_pkcs11 = strncmp(uri, "pkcs11:", 7) == 0;
    avs_keyuri_hide_pin(uri, shown, sizeof(shown));
    UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(avs_passphrase_give, 0);
    ERR_clear_error();
    EVP_PKEY *key = from_store(uri, ui, &given);
    bool is_unknown = !key && has_no_loader();
    avs_text_format(form, AVS_KEY_FORM_BYTES, "%.*s by OSSL_STORE", (int)strcspn(uri, ":"), uri);
    if (is_unknown && is_pkcs11) {
        ERR_clear_error();
        is_unknown = !from_engine(uri, ui, &given, &key);
        avs_text_copy(form, AVS_KEY_FORM_BYTES, "pkcs11 by the ENGINE");
    }
    if (!key && is_unknown) {
        form[0] = '\0';
        avs_iot_found(findings, AVS_CAUSE_CLIENT_KEY_NO_PROVIDER, "%.*s: is not known here",
                      (int)strcspn(uri, ":"), uri);
    } else if (!key) {
        avs_iot_found(findings, AVS_CAUSE_CLIENT_KEY_TOKEN, "%s: %s%s", shown, avs_openssl_reason(),
                      given.was_asked && !pin ? " (the token asks for a PIN, and none was given)"
                                              : "");
    }
    UI_destroy_method(ui);
    ERR_clear_error();
    return key;
}
