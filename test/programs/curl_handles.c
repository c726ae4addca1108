/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers of libcurl in one process, as an application makes them: curl_handles PORT DIR NAME...
 * prints a line for each: what it was, libcurl's code, the verdict on the chain, the HTTP status.
 * The same lines are expected with and without libavs-shim-curl.so in front. Hosts are scenarios of
 * the stand-in at 127.0.0.1:PORT; DIR holds its ca.pem and what the test puts there. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#define THREADS          6
#define THREAD_ROUNDS    12
#define MULTI_HANDLES    8
#define TRANSFER_SECONDS 20L

static int port;
static const char *folder;
static struct curl_slist *connect_to;

static const char *in_folder(const char *name, char path[512]) {
    snprintf(path, 512, "%s/%s", folder, name);
    return path;
}

static size_t drop(char *bytes, size_t size, size_t count, void *user) {
    (void)bytes, (void)user;
    return size * count;
}

static void set_host(CURL *easy, const char *host) {
    char url[300];
    snprintf(url, sizeof(url), "https://user:secret@%s/path?token=secret", host);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, TRANSFER_SECONDS);
    curl_easy_setopt(easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)1 << 40);
}

static CURL *handle_for(const char *host, const char *ca_file) {
    char path[512];
    CURL *easy = curl_easy_init();
    set_host(easy, host);
    if (ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, in_folder(ca_file, path));
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    return easy;
}

static void tell(const char *what, const char *host, CURL *easy, CURLcode code) {
    long verdict = 0, status = 0;
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    printf("%s %s: code %d, verdict %ld, status %ld\n", what, host, (int)code, verdict, status);
}

static void perform(const char *what, const char *host, CURL *easy) {
    tell(what, host, easy, curl_easy_perform(easy));
}

/* ---- what an application may do ---- */

static void set_one(CURL *easy, int which) {
    char path[512];
    switch (which) {
    case 0:
        curl_easy_setopt(easy, CURLOPT_CAINFO, in_folder("ca.pem", path));
        break;
    case 1:
        curl_easy_setopt(easy, CURLOPT_CAPATH, in_folder("empty", path));
        break;
    case 2:
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
        break;
    default:
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    }
}

static void orders(const char *host) {
    for (int order = 0; order < 256; order++) {
        int which[4] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3};
        bool seen[4] = {false};
        for (int i = 0; i < 4; i++) {
            seen[which[i]] = true;
        }
        if (!(seen[0] && seen[1] && seen[2] && seen[3])) {
            continue;
        }
        CURL *easy = curl_easy_init();
        set_one(easy, which[0]);
        set_one(easy, which[1]);
        set_host(easy, host);
        set_one(easy, which[2]);
        set_one(easy, which[3]);
        perform("order", host, easy);
        curl_easy_cleanup(easy);
    }
}

static void reset_and_copies(const char *host) {
    CURL *easy = handle_for(host, "ca.pem");
    CURL *copy = curl_easy_duphandle(easy);
    perform("first", host, easy);
    perform("copy", host, copy);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    perform("again", host, easy);
    curl_easy_reset(easy);
    set_host(easy, host);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    perform("reset", host, easy); /* now with the system's store */
    CURL *last = curl_easy_duphandle(copy);
    curl_easy_cleanup(copy);
    perform("copy of a copy", host, last);
    curl_easy_cleanup(last);
    curl_easy_cleanup(easy);
}

static void many_at_once(const char *host, const char *other) {
    CURLM *multi = curl_multi_init();
    CURLSH *share = curl_share_init();
    CURL *easies[MULTI_HANDLES];
    CURLcode codes[MULTI_HANDLES];
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    for (int i = 0; i < MULTI_HANDLES; i++) {
        easies[i] = handle_for(i % 2 ? other : host, i % 3 ? "ca.pem" : "other.pem");
        curl_easy_setopt(easies[i], CURLOPT_SHARE, share);
        curl_easy_setopt(easies[i], CURLOPT_FRESH_CONNECT, 1L);
        curl_multi_add_handle(multi, easies[i]);
    }
    for (int running = 1; running > 0;) {
        curl_multi_perform(multi, &running);
        if (running > 0) {
            curl_multi_wait(multi, NULL, 0, 1000, NULL);
        }
    }
    CURLMsg *message = NULL;
    for (int left = 0; (message = curl_multi_info_read(multi, &left));) {
        for (int i = 0; i < MULTI_HANDLES; i++) {
            if (message->msg == CURLMSG_DONE && easies[i] == message->easy_handle) {
                codes[i] = message->data.result;
            }
        }
    }
    for (int i = 0; i < MULTI_HANDLES; i++) {
        tell("multi", i % 2 ? other : host, easies[i], codes[i]);
        curl_multi_remove_handle(multi, easies[i]);
        curl_easy_cleanup(easies[i]);
    }
    curl_multi_cleanup(multi);
    curl_share_cleanup(share);
}

static void *transfers(void *user) {
    int *codes = user;
    for (int i = 0; i < THREAD_ROUNDS; i++) {
        CURL *easy = handle_for(i % 2 ? "untrusted-root.localhost" : "ok.localhost",
                                i % 3 ? "ca.pem" : "other.pem");
        codes[i] = (int)curl_easy_perform(easy);
        curl_easy_cleanup(easy);
    }
    return NULL;
}

static void threads(void) {
    pthread_t thread[THREADS];
    int codes[THREADS][THREAD_ROUNDS];
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&thread[i], NULL, transfers, codes[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        for (int k = 0; k < THREAD_ROUNDS; k++) {
            printf("thread %d round %d: code %d\n", i, k, codes[i][k]);
        }
    }
}

/* ---- an application with ideas of its own ---- */

static CURLcode on_context(CURL *easy, void *context, void *user) {
    (void)easy;
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    BIO *file = BIO_new_file(user, "r");
    X509 *certificate = PEM_read_bio_X509(file, NULL, NULL, NULL);
    BIO_free(file);
    X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
    return CURLE_OK;
}

static void own_ideas(const char *host) {
    char path[512];
    CURL *easy = handle_for(host, "other.pem");
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    perform("unverified", host, easy);
    curl_easy_cleanup(easy);

#if LIBCURL_VERSION_NUM >= 0x074d00 /* 7.77.0 */
    easy = handle_for(host, NULL);
    char *text = NULL;
    size_t length = 0;
    FILE *file = fopen(in_folder("ca.pem", path), "r");
    if (getdelim(&text, &length, EOF, file) > 0) {
        struct curl_blob blob = {.data = text, .len = strlen(text), .flags = CURL_BLOB_COPY};
        curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    }
    fclose(file);
    perform("blob", host, easy);
    free(text);
    curl_easy_cleanup(easy);
#endif

    easy = handle_for(host, "ca.pem");
    curl_easy_setopt(easy, CURLOPT_CRLFILE, in_folder("no.crl", path));
    perform("revocation list that is not there", host, easy);
    curl_easy_cleanup(easy);

    easy = handle_for(host, "other.pem");
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, in_folder("root.pem", path));
    perform("a root by callback", host, easy);
    curl_easy_cleanup(easy);
}

/* ---- bundles: DIR/bundles/0000 and so on ---- */

static void bundles(int count) {
    for (int i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof(name), "bundles/%04d", i);
        CURL *easy = handle_for(i % 4 ? "ok.localhost" : "ecdsa.localhost", name);
        perform(name, "", easy);
        curl_easy_cleanup(easy);
    }
}

int main(int argc, char **argv) {
    char peer[64];
    if (argc < 4) {
        return 2;
    }
    port = atoi(argv[1]);
    folder = argv[2];
    snprintf(peer, sizeof(peer), "::127.0.0.1:%d", port);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    connect_to = curl_slist_append(NULL, peer);
    if (strcmp(argv[3], "bundles") == 0) {
        bundles(atoi(argv[4]));
    } else if (strcmp(argv[3], "environment") == 0) {
        printf("LD_PRELOAD=%s\n", getenv("LD_PRELOAD"));
    } else if (strcmp(argv[3], "threads") == 0) {
        threads();
    } else if (strcmp(argv[3], "hosts") == 0) {
        for (int i = 4; i < argc; i++) {
            CURL *easy = handle_for(argv[i], "ca.pem");
            perform("host", argv[i], easy);
            curl_easy_cleanup(easy);
        }
    } else {
        orders("ok.localhost");
        orders("untrusted-root.localhost");
        reset_and_copies("ok.localhost");
        reset_and_copies("expired.localhost");
        many_at_once("ok.localhost", "wrong-host.localhost");
        own_ideas("ok.localhost");
        own_ideas("untrusted-root.localhost");
    }
    curl_slist_free_all(connect_to);
    curl_global_cleanup();
    return 0;
}
