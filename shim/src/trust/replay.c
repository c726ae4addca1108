/* SPDX-License-Identifier: Apache-2.0 */
/* One more verification of a captured chain, for the explainer only. */
#include "trust/replay.h"

#include <pthread.h>

#include <openssl/err.h>

#include "trust/openssl_auto.h"
#include "trust/validity.h"

static int recorder_index = -1;

static void make_index(void) {
    recorder_index = X509_STORE_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static void add_error(struct avs_replay *replay, int code, int depth, X509 *certificate) {
    if (replay->error_count < AVS_REPLAY_ERRORS_MAX) {
        replay->error[replay->error_count].code = code;
        replay->error[replay->error_count].depth = depth;
        replay->error[replay->error_count].certificate = certificate;
        replay->error_count++;
    }
}

/* Record and go on. Returning 1 is what makes this useless as a gate and useful as a witness. */
static int record(int is_ok, X509_STORE_CTX *verification) {
    struct avs_replay *replay = X509_STORE_CTX_get_ex_data(verification, recorder_index);
    if (!is_ok && replay) {
        add_error(replay, X509_STORE_CTX_get_error(verification),
                  X509_STORE_CTX_get_error_depth(verification),
                  X509_STORE_CTX_get_current_cert(verification));
    }
    return 1;
}

struct avs_replay avs_replay_run(const struct avs_explain_input *input, X509_STORE *store,
                                 int64_t at_unix) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_index);
    struct avs_replay replay = {.error_count = 0};
    AVS_AUTO(X509_STORE_CTX) verification = X509_STORE_CTX_new();
    if (!verification || recorder_index < 0 ||
        X509_STORE_CTX_init(verification, store, input->leaf, input->sent) != 1 ||
        X509_STORE_CTX_set_default(verification, "ssl_server") != 1 ||
        X509_STORE_CTX_set_ex_data(verification, recorder_index, &replay) != 1) {
        return replay;
    }
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(verification);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    X509_VERIFY_PARAM_set_auth_level(parameters, input->auth_level);
    if (at_unix) {
        avs_validity_set_time(parameters, at_unix);
    } else {
        X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME);
    }
    X509_STORE_CTX_set_verify_cb(verification, record);
    ERR_set_mark();
    int result = X509_verify_cert(verification);
    replay.path = X509_STORE_CTX_get1_chain(verification);
    X509 *top = avs_replay_top(&replay);
    if (top) {
        replay.named = X509_STORE_CTX_get1_certs(verification, X509_get_issuer_name(top));
    }
    if (top && at_unix && avs_validity_is_unchecked(parameters)) {
        int depth = 0;
        int error = avs_validity_check(replay.path, at_unix, &depth);
        if (error != X509_V_OK) {
            add_error(&replay, error, depth, sk_X509_value(replay.path, depth));
        }
    }
    ERR_pop_to_mark();
    replay.is_done = result >= 0 && top;
    return replay;
}

void avs_replay_done(struct avs_replay *replay) {
    sk_X509_pop_free(replay->path, X509_free);
    sk_X509_pop_free(replay->named, X509_free);
    *replay = (struct avs_replay){.error_count = 0};
}

int avs_replay_find(const struct avs_replay *replay, const int *codes) {
    for (int i = 0; i < replay->error_count; i++) {
        for (const int *code = codes; *code; code++) {
            if (replay->error[i].code == *code) {
                return i;
            }
        }
    }
    return -1;
}

bool avs_replay_closes(const struct avs_replay *replay) {
    static const int open_ends[] = {
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
        X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
        X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
        X509_V_ERR_CERT_SIGNATURE_FAILURE,
        X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE,
        X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY,
        X509_V_ERR_CERT_CHAIN_TOO_LONG,
        0,
    };
    return replay->is_done && avs_replay_find(replay, open_ends) < 0;
}

bool avs_replay_is_open(const struct avs_replay *replay) {
    static const int no_issuer[] = {
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,       X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
        X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,       X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, 0,
    };
    return replay->is_done && avs_replay_find(replay, no_issuer) >= 0;
}

X509 *avs_replay_top(const struct avs_replay *replay) {
    int length = sk_X509_num(replay->path);
    return length > 0 ? sk_X509_value(replay->path, length - 1) : NULL;
}
