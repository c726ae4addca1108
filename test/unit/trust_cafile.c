/* SPDX-License-Identifier: Apache-2.0 */
/* A CA file is taken whole or not at all, and who says so is OpenSSL. Some hundred ways to damage a
 * bundle, each given to the real libcurl (a request: error 77 or not), to OpenSSL's loader, to our
 * store, to the reader that names the place, and to the audit: all must agree. */
#include "trust/cafile.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "store/audit.h"
#include "store/audit_run.h"
#include "store/install.h"
#include "store/install_verify.h"
#include "support/pki.h"
#include "support/test.h"
#include "trust/anchors.h"

#define BLOCKS     3
#define TEXT_BYTES 65536

/* ---- text that is damaged on purpose ---- */

struct text {
    char bytes[TEXT_BYTES];
    size_t length;
};

static void add_bytes(struct text *text, const char *bytes, size_t length) {
    assert_true(text->length + length < TEXT_BYTES);
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

static void add(struct text *text, const char *bytes) {
    add_bytes(text, bytes, strlen(bytes));
}

/* The PEM lines of the bundle's certificates, each with its newline: [0] is the BEGIN line. */
struct block {
    char line[64][80];
    size_t count; /* lines */
};
static struct block blocks[BLOCKS];
static char der[BLOCKS][4096];
static size_t der_length[BLOCKS];

static void split_lines(const char *pem, struct block *block) {
    while (*pem) {
        size_t length = strcspn(pem, "\n") + 1;
        memcpy(block->line[block->count], pem, length);
        block->line[block->count++][length] = '\0';
        pem += length;
    }
}

/* What is written in place of the whole block, given its lines. */
typedef void (*damage_fn)(struct text *text, const struct block *block);

static void add_lines(struct text *text, const struct block *block, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        add(text, block->line[i]);
    }
}

static void whole(struct text *text, const struct block *block) {
    add_lines(text, block, 0, block->count);
}

/* The block with line `at` replaced; `end` stands for the last line. */
static void replace(struct text *text, const struct block *block, size_t at, const char *line) {
    add_lines(text, block, 0, at);
    add(text, line);
    add_lines(text, block, at + 1, block->count);
}

static void insert(struct text *text, const struct block *block, size_t at, const char *line) {
    add_lines(text, block, 0, at);
    add(text, line);
    add_lines(text, block, at, block->count);
}

#define LAST (block->count - 1)
#define DAMAGE(name, ...)                                            \
    static void name(struct text *text, const struct block *block) { \
        __VA_ARGS__;                                                 \
    }

DAMAGE(no_end_line, add_lines(text, block, 0, LAST))
DAMAGE(no_begin_line, add_lines(text, block, 1, block->count))
DAMAGE(no_body, add(text, block->line[0]); add(text, block->line[LAST]))
DAMAGE(begin_line_only, add(text, block->line[0]))
DAMAGE(end_line_only, add(text, block->line[LAST]))
DAMAGE(half, add_lines(text, block, 0, block->count / 2))
DAMAGE(half_a_line, add_lines(text, block, 0, 3); add_bytes(text, block->line[3], 31);
       add(text, "\n"); add(text, block->line[LAST]))
DAMAGE(half_a_line_and_no_end, add_lines(text, block, 0, 3); add_bytes(text, block->line[3], 31);
       add(text, "\n"))
DAMAGE(line_lost, replace(text, block, 3, ""))
DAMAGE(line_twice, insert(text, block, 3, block->line[3]))
DAMAGE(last_body_line_lost, replace(text, block, LAST - 1, ""))
DAMAGE(blank_inside, insert(text, block, 3, "\n"))
DAMAGE(blank_after_begin, insert(text, block, 1, "\n"))
DAMAGE(blank_before_end, insert(text, block, LAST, "\n"))
DAMAGE(blanks_inside, insert(text, block, 3, "   \n"))
DAMAGE(words_inside, insert(text, block, 3, "see the README for this\n"))
DAMAGE(comment_inside, insert(text, block, 3, "# comment\n"))
DAMAGE(word_inside, insert(text, block, 3, "AAAA\n"))
DAMAGE(header_inside, insert(text, block, 1, "Comment: mine\n\n"))
DAMAGE(encrypted_header,
       insert(text, block, 1, "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"))
DAMAGE(dashes_inside, insert(text, block, 3, "-----\n"))
DAMAGE(dash_inside, insert(text, block, 3, "-\n"))
DAMAGE(begin_twice, insert(text, block, 1, block->line[0]))
DAMAGE(end_twice, insert(text, block, LAST, block->line[LAST]))
DAMAGE(text_after_end, add_lines(text, block, 0, LAST);
       add(text, "-----END CERTIFICATE----- mine\n"))
DAMAGE(text_after_begin, replace(text, block, 0, "-----BEGIN CERTIFICATE----- mine\n"))
DAMAGE(blank_after_end, replace(text, block, LAST, "-----END CERTIFICATE-----  \t\n"))
DAMAGE(glued, add_lines(text, block, 0, LAST); add(text, "-----END CERTIFICATE-----"))
DAMAGE(glued_body, add_lines(text, block, 0, LAST - 1);
       add_bytes(text, block->line[LAST - 1], strlen(block->line[LAST - 1]) - 1);
       add(text, block->line[LAST]))
DAMAGE(short_begin, replace(text, block, 0, "----BEGIN CERTIFICATE-----\n"))
DAMAGE(short_begin_end, replace(text, block, 0, "-----BEGIN CERTIFICATE----\n"))
DAMAGE(long_begin, replace(text, block, 0, "------BEGIN CERTIFICATE-----\n"))
DAMAGE(long_begin_end, replace(text, block, 0, "-----BEGIN CERTIFICATE------\n"))
DAMAGE(short_end, replace(text, block, LAST, "----END CERTIFICATE-----\n"))
DAMAGE(short_end_end, replace(text, block, LAST, "-----END CERTIFICATE----\n"))
DAMAGE(long_end_end, replace(text, block, LAST, "-----END CERTIFICATE------\n"))
DAMAGE(small_begin, replace(text, block, 0, "-----begin certificate-----\n"))
DAMAGE(small_end, replace(text, block, LAST, "-----end certificate-----\n"))
DAMAGE(other_end, replace(text, block, LAST, "-----END X509 CERTIFICATE-----\n"))
DAMAGE(two_blanks_in_label, replace(text, block, 0, "-----BEGIN  CERTIFICATE-----\n"))
DAMAGE(indented_begin, replace(text, block, 0, "  -----BEGIN CERTIFICATE-----\n"))
DAMAGE(indented_end, replace(text, block, LAST, "  -----END CERTIFICATE-----\n"))
DAMAGE(indented_body_line, add_lines(text, block, 0, 3); add(text, "  ");
       add_lines(text, block, 3, block->count))
DAMAGE(bom_before, add(text, "\xef\xbb\xbf"); whole(text, block))
DAMAGE(bom_inside, add_lines(text, block, 0, 3); add(text, "\xef\xbb\xbf");
       add_lines(text, block, 3, block->count))
DAMAGE(bad_byte, add_lines(text, block, 0, 3); add(text, "*"); add(text, block->line[3] + 1);
       add_lines(text, block, 4, block->count))
DAMAGE(high_byte, add_lines(text, block, 0, 3); add(text, "\xc3"); add(text, block->line[3] + 1);
       add_lines(text, block, 4, block->count))
DAMAGE(early_padding, add_lines(text, block, 0, 3); add(text, "="); add(text, block->line[3] + 1);
       add_lines(text, block, 4, block->count))
DAMAGE(byte_lost, add_lines(text, block, 0, 3); add(text, block->line[3] + 1);
       add_lines(text, block, 4, block->count))
DAMAGE(four_bytes_lost, add_lines(text, block, 0, 3); add(text, block->line[3] + 4);
       add_lines(text, block, 4, block->count))
DAMAGE(nul_inside, add_lines(text, block, 0, 3); add_bytes(text, "\0", 1);
       add_lines(text, block, 3, block->count))
DAMAGE(nul_line_inside, add_lines(text, block, 0, 3); add_bytes(text, "\0\n", 2);
       add_lines(text, block, 3, block->count))
DAMAGE(nul_before, add_bytes(text, "\0\n", 2); whole(text, block))
DAMAGE(nul_in_begin, add_bytes(text, "-----BEGIN CERTIFICATE-----\0\n", 29);
       add_lines(text, block, 1, block->count))
DAMAGE(nul_in_end, add_lines(text, block, 0, LAST);
       add_bytes(text, "-----END CERTIFICATE-----\0\n", 27))
DAMAGE(nul_after, whole(text, block); add_bytes(text, "\0\0\0\0", 4))
DAMAGE(twice, whole(text, block); whole(text, block))
DAMAGE(trusted_label, replace(text, block, 0, "-----BEGIN TRUSTED CERTIFICATE-----\n"))
DAMAGE(foreign_block, add(text, "-----BEGIN SECRET-----\nAAAA\n-----END SECRET-----\n");
       whole(text, block))
DAMAGE(damaged_foreign_block, add(text, "-----BEGIN SECRET-----\nA*AA\n-----END SECRET-----\n");
       whole(text, block))
DAMAGE(open_foreign_block, add(text, "-----BEGIN SECRET-----\nAAAA\n"); whole(text, block))
DAMAGE(damaged_list, add(text, "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
       whole(text, block))
DAMAGE(damaged_key,
       add(text, "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n");
       whole(text, block))
DAMAGE(damaged_pkcs8, add(text, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
       whole(text, block))
DAMAGE(request,
       add(text, "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n");
       whole(text, block))
DAMAGE(text_before, add(text, "# a comment\nAmazon Root CA 1\n================\n");
       whole(text, block))
DAMAGE(blank_lines_before, add(text, "\n\n\n"); whole(text, block))
DAMAGE(dashed_text_before, add(text, "-----\n-----END\n-----BEGIN\n"); whole(text, block))
DAMAGE(removed, (void)text; (void)block)

DAMAGE(x509_label, add(text, "-----BEGIN X509 CERTIFICATE-----\n"); add_lines(text, block, 1, LAST);
       add(text, "-----END X509 CERTIFICATE-----\n"))
DAMAGE(trusted_block, add(text, "-----BEGIN TRUSTED CERTIFICATE-----\n");
       add_lines(text, block, 1, LAST); add(text, "-----END TRUSTED CERTIFICATE-----\n"))

static void indented(struct text *text, const struct block *block) {
    for (size_t i = 0; i < block->count; i++) {
        add(text, "    ");
        add(text, block->line[i]);
    }
}

static void quoted(struct text *text, const struct block *block) {
    for (size_t i = 0; i < block->count; i++) {
        add(text, "> ");
        add(text, block->line[i]);
    }
}

static void trailing_blanks(struct text *text, const struct block *block) {
    for (size_t i = 0; i < block->count; i++) {
        add_bytes(text, block->line[i], strlen(block->line[i]) - 1);
        add(text, " \t \n");
    }
}

static void carriage_returns(struct text *text, const struct block *block, const char *ending) {
    for (size_t i = 0; i < block->count; i++) {
        add_bytes(text, block->line[i], strlen(block->line[i]) - 1);
        add(text, i % 2 == 0 || !strchr(ending, '2') ? "\r" : "");
        add(text, strchr(ending, 'n') ? "\n" : "");
    }
}
DAMAGE(crlf, carriage_returns(text, block, "n"))
DAMAGE(crlf_now_and_then, carriage_returns(text, block, "n2"))
DAMAGE(cr_only, carriage_returns(text, block, ""))
DAMAGE(two_crs, add_lines(text, block, 0, 3);
       add_bytes(text, block->line[3], strlen(block->line[3]) - 1); add(text, "\r\r\n");
       add_lines(text, block, 4, block->count))
DAMAGE(cr_inside, add_lines(text, block, 0, 3); add_bytes(text, block->line[3], 20);
       add(text, "\r"); add(text, block->line[3] + 20); add_lines(text, block, 4, block->count))

/* The body in lines of `width`; 0 = all in one. */
static void rewrap(struct text *text, const struct block *block, size_t width) {
    size_t column = 0;
    add(text, block->line[0]);
    for (size_t i = 1; i < LAST; i++) {
        for (const char *at = block->line[i]; *at != '\n'; at++) {
            add_bytes(text, at, 1);
            if (++column == width) {
                add(text, "\n");
                column = 0;
            }
        }
    }
    add(text, column ? "\n" : "");
    add(text, block->line[LAST]);
}
DAMAGE(width_1, rewrap(text, block, 1))
DAMAGE(width_4, rewrap(text, block, 4))
DAMAGE(width_63, rewrap(text, block, 63))
DAMAGE(width_76, rewrap(text, block, 76))
DAMAGE(width_80, rewrap(text, block, 80))
DAMAGE(width_252, rewrap(text, block, 252))
DAMAGE(width_253, rewrap(text, block, 253))
DAMAGE(width_254, rewrap(text, block, 254))
DAMAGE(width_255, rewrap(text, block, 255))
DAMAGE(width_256, rewrap(text, block, 256))
DAMAGE(width_300, rewrap(text, block, 300))
DAMAGE(one_line, rewrap(text, block, 0))

/* A block whose base64 is good and whose certificate is not. */
static void add_der(struct text *text, const char *bytes, size_t length) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    assert_true(PEM_write_bio(bio, "CERTIFICATE", "", (const unsigned char *)bytes, (long)length) >
                0);
    size_t pem_length = (size_t)BIO_get_mem_data(bio, &pem);
    add_bytes(text, pem, pem_length);
    BIO_free(bio);
}

static void certificate_of(const struct block *block, char *ret_der, size_t *ret_length) {
    size_t i = (size_t)(block - blocks);
    memcpy(ret_der, der[i], der_length[i]);
    *ret_length = der_length[i];
}
#define DER_DAMAGE(name, ...)                                        \
    static void name(struct text *text, const struct block *block) { \
        char bytes[4200];                                            \
        size_t length = 0;                                           \
        certificate_of(block, bytes, &length);                       \
        __VA_ARGS__;                                                 \
        add_der(text, bytes, length);                                \
    }
DER_DAMAGE(der_cut, length -= 10)
DER_DAMAGE(der_cut_to_a_byte, length = 1)
DER_DAMAGE(der_with_a_tail, memset(bytes + length, 0, 16); length += 16)
DER_DAMAGE(der_tag, bytes[0] = 0x31)
DER_DAMAGE(der_length_field, bytes[3] = (char)(bytes[3] + 1))
DER_DAMAGE(der_inner_tag, bytes[4] = 0x02)
DER_DAMAGE(der_signature, bytes[length - 1] = (char)(bytes[length - 1] ^ 1))
DER_DAMAGE(der_twice, memcpy(bytes + length, bytes, length); length += length)

#define ROW(name) \
    { #name, name }
static const struct {
    const char *name;
    damage_fn damage;
} damages[] = {
    ROW(whole),
    ROW(no_end_line),
    ROW(no_begin_line),
    ROW(no_body),
    ROW(begin_line_only),
    ROW(end_line_only),
    ROW(half),
    ROW(half_a_line),
    ROW(half_a_line_and_no_end),
    ROW(line_lost),
    ROW(line_twice),
    ROW(last_body_line_lost),
    ROW(blank_inside),
    ROW(blank_after_begin),
    ROW(blank_before_end),
    ROW(blanks_inside),
    ROW(words_inside),
    ROW(comment_inside),
    ROW(word_inside),
    ROW(header_inside),
    ROW(encrypted_header),
    ROW(dashes_inside),
    ROW(dash_inside),
    ROW(begin_twice),
    ROW(end_twice),
    ROW(text_after_end),
    ROW(text_after_begin),
    ROW(blank_after_end),
    ROW(glued),
    ROW(glued_body),
    ROW(short_begin),
    ROW(short_begin_end),
    ROW(long_begin),
    ROW(long_begin_end),
    ROW(short_end),
    ROW(short_end_end),
    ROW(long_end_end),
    ROW(small_begin),
    ROW(small_end),
    ROW(other_end),
    ROW(two_blanks_in_label),
    ROW(indented_begin),
    ROW(indented_end),
    ROW(indented_body_line),
    ROW(bom_before),
    ROW(bom_inside),
    ROW(bad_byte),
    ROW(high_byte),
    ROW(early_padding),
    ROW(byte_lost),
    ROW(four_bytes_lost),
    ROW(nul_inside),
    ROW(nul_line_inside),
    ROW(nul_before),
    ROW(nul_in_begin),
    ROW(nul_in_end),
    ROW(nul_after),
    ROW(twice),
    ROW(trusted_label),
    ROW(foreign_block),
    ROW(damaged_foreign_block),
    ROW(open_foreign_block),
    ROW(damaged_list),
    ROW(damaged_key),
    ROW(damaged_pkcs8),
    ROW(request),
    ROW(text_before),
    ROW(blank_lines_before),
    ROW(dashed_text_before),
    ROW(removed),
    ROW(x509_label),
    ROW(trusted_block),
    ROW(indented),
    ROW(quoted),
    ROW(trailing_blanks),
    ROW(crlf),
    ROW(crlf_now_and_then),
    ROW(cr_only),
    ROW(two_crs),
    ROW(cr_inside),
    ROW(width_1),
    ROW(width_4),
    ROW(width_63),
    ROW(width_76),
    ROW(width_80),
    ROW(width_252),
    ROW(width_253),
    ROW(width_254),
    ROW(width_255),
    ROW(width_256),
    ROW(width_300),
    ROW(one_line),
    ROW(der_cut),
    ROW(der_cut_to_a_byte),
    ROW(der_with_a_tail),
    ROW(der_tag),
    ROW(der_length_field),
    ROW(der_inner_tag),
    ROW(der_signature),
    ROW(der_twice),
};
#undef ROW

/* ---- who is asked ---- */

static int listener = -1;
static char url[64];

/* A server that hangs up: whether libcurl got so far is all that is asked. */
static void *hang_up(void *unused) {
    for (int peer; (peer = accept(listener, NULL, NULL)) >= 0;) {
        close(peer);
    }
    return unused;
}

static bool libcurl_takes_both(const char *ca_file, const char *ca_path) {
    CURL *curl = curl_easy_init(); /* a handle keeps the store that it loaded for a day */
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(curl, CURLOPT_CAPATH, ca_path);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    if (code != CURLE_SSL_CACERT_BADFILE && code != CURLE_SSL_CONNECT_ERROR) {
        fail_msg("%s: libcurl ended with %d (%s)", ca_file, code, curl_easy_strerror(code));
    }
    return code != CURLE_SSL_CACERT_BADFILE;
}

static bool libcurl_takes(const char *path) {
    return libcurl_takes_both(path, NULL);
}

static int openssl_takes(const char *path) {
    X509_STORE *store = X509_STORE_new();
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    int count = X509_load_cert_crl_file(lookup, path, X509_FILETYPE_PEM);
    ERR_clear_error();
    X509_STORE_free(store);
    return count;
}

static bool store_takes(const char *path, struct avs_store_facts *ret_facts) {
    struct avs_anchors_options options = {.ca_file = path, .source = "option"};
    struct avs_anchors *anchors = NULL;
    enum avs_status status = avs_anchors_load(&options, ret_facts, &anchors, NULL);
    avs_anchors_unref(anchors);
    assert_true(status == AVS_OK || status == AVS_ERR_CA_FILE_INVALID);
    return status == AVS_OK;
}

/* By the audit: taken, and how many different certificates; its words are those of the store. */
static bool audit_takes(const char *path, size_t *ret_count, char *ret_flaw) {
    /* in a tree that holds nothing else */
    struct avs_audit_request request = {.sysroot = pki_folder(), .ca_file = strrchr(path, '/')};
    struct avs_trust_audit *audit = NULL;
    assert_int_equal(avs_audit_run(&request, &audit, NULL), AVS_OK);
    const struct avs_audit_store *store = &audit->store[0];
    bool is_taken = store->state == AVS_STORE_OK;
    assert_int_equal(audit->is_sdk_store_broken, !is_taken);
    *ret_count = store->certificates + store->duplicates;
    memcpy(ret_flaw, store->flaw, sizeof(store->flaw));
    avs_trust_audit_free(audit);
    return is_taken;
}

struct count {
    size_t all, readable; /* by the audit, which wants dates that are dates */
};

/* The installer does not add to a bundle that stays refused; one without any block may get its
 * first. */
static bool install_adds_to(const char *path) {
    struct avs_sysroot root = {.fd = -1};
    assert_int_equal(avs_sysroot_open(pki_folder(), &root, NULL), AVS_OK);
    enum avs_status status = avs_install_check_bundle(&root, strrchr(path, '/'), NULL);
    avs_sysroot_close(&root);
    assert_true(status == AVS_OK || status == AVS_ERR_TRUST);
    return status == AVS_OK;
}

static void count_certificate(void *user, const uint8_t *bytes, size_t length) {
    struct count *count = user;
    struct avs_scan_cert facts;
    const unsigned char *at = bytes;
    X509 *certificate = d2i_X509(NULL, &at, (long)length);
    assert_non_null(certificate);
    X509_free(certificate);
    count->all++;
    count->readable += avs_scan_der(bytes, length, &facts);
}

/* All of them about one text; returns what they agree on. `lines`: where the damage is. */
static bool all_agree(const char *name, const struct text *text, struct avs_cafile *ret_file) {
    const char *path = pki_write_bytes("cafile.pem", text->bytes, text->length);
    struct count visited = {0, 0};
    size_t audited = 0;
    char flaw[AVS_NAME_BYTES];
    struct avs_store_facts facts = {.state = AVS_STORE_OK};
    assert_true(avs_cafile_read(text->bytes, text->length, count_certificate, &visited, ret_file));
    int count = openssl_takes(path);
    bool by_curl = libcurl_takes(path), by_store = store_takes(path, &facts);
    bool by_audit = audit_takes(path, &audited, flaw);
    if (by_curl != (count > 0) || by_store != by_curl || ret_file->is_taken != by_curl ||
        by_audit != by_curl) {
        fail_msg("%s: libcurl %d, OpenSSL %d, store %d, reader %d, audit %d\n%.*s", name, by_curl,
                 count, by_store, ret_file->is_taken, by_audit, (int)text->length, text->bytes);
    }
    assert_int_equal(install_adds_to(path), by_curl || ret_file->line == 0);
    assert_int_equal(visited.all, ret_file->certificates);
    assert_int_equal(audited, visited.readable);
    assert_true((int)ret_file->certificates <= count);
    if (!by_curl) {
        assert_true(ret_file->flaw[0]);
        assert_string_equal(facts.detail, ret_file->flaw);
        assert_string_equal(flaw, ret_file->flaw);
        assert_int_equal(facts.line, ret_file->line);
        assert_int_equal(ret_file->certificates, 0);
    } else {
        assert_string_equal(ret_file->flaw, "");
        assert_int_equal(facts.count, count);
    }
    return by_curl;
}

static size_t lines_of(const struct text *text) {
    size_t lines = 1;
    for (size_t i = 0; i < text->length; i++) {
        lines += text->bytes[i] == '\n';
    }
    return lines;
}

/* ---- the tests ---- */

static void every_damage_at_every_place_is_judged_as_libcurl_judges_it(void **state) {
    (void)state;
    size_t refused = 0, variants = 0;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        for (size_t place = 0; place < BLOCKS; place++) {
            struct text text = {.length = 0};
            struct avs_cafile file;
            size_t first_line = 0, last_line = 0;
            for (size_t b = 0; b < BLOCKS; b++) {
                if (b == place) {
                    first_line = lines_of(&text);
                    damages[i].damage(&text, &blocks[b]);
                    last_line = lines_of(&text);
                } else {
                    whole(&text, &blocks[b]);
                }
            }
            variants++;
            if (all_agree(damages[i].name, &text, &file)) {
                continue;
            }
            refused++;
            if (file.line < first_line || file.line > last_line) {
                fail_msg("%s at %zu: line %zu is not in %zu to %zu (%s)", damages[i].name, place,
                         file.line, first_line, last_line, file.flaw);
            }
        }
    }
    assert_true(variants >= 200);
    assert_true(refused > 60 && variants - refused > 60);
}

static void a_file_cut_anywhere_is_judged_as_libcurl_judges_it(void **state) {
    (void)state;
    struct text text = {.length = 0};
    struct avs_cafile file;
    for (size_t b = 0; b < BLOCKS; b++) {
        whole(&text, &blocks[b]);
    }
    for (size_t length = text.length; length > 0; length -= length < 7 ? length : 7) {
        struct text cut = {.length = 0};
        add_bytes(&cut, text.bytes, length);
        all_agree("cut", &cut, &file);
    }
}

/* Bytes changed, lost, doubled, by a generator that is the same each time. */
static void random_damage_is_judged_as_libcurl_judges_it(void **state) {
    (void)state;
    static const char alphabet[] = "-=\n\r \tA+/*>B\xef";
    uint32_t seed = 20261121;
#define NEXT(limit) ((seed = seed * 1664525u + 1013904223u) >> 8) % (limit)
    for (int round = 0; round < 400; round++) {
        struct text text = {.length = 0};
        struct avs_cafile file;
        for (size_t b = 0; b < BLOCKS; b++) {
            whole(&text, &blocks[b]);
        }
        for (size_t count = 1 + NEXT(3); count > 0; count--) {
            size_t at = NEXT(text.length), length = 1 + NEXT(40);
            length = length < text.length - at ? length : text.length - at;
            switch (NEXT(3)) {
            case 0:
                text.bytes[at] = alphabet[NEXT(sizeof(alphabet))]; /* its final NUL too */
                break;
            case 1:
                memmove(text.bytes + at, text.bytes + at + length, text.length - at - length);
                text.length -= length;
                break;
            default:
                memmove(text.bytes + at + length, text.bytes + at, text.length - at);
                text.length += length;
            }
        }
        all_agree("random", &text, &file);
    }
#undef NEXT
}

static void the_words_name_line_and_damage(void **state) {
    (void)state;
    const struct {
        damage_fn damage;
        const char *words; /* of block 1; B = its BEGIN line, E = its END line as it was */
        size_t place;
    } rows[] = {
        {glued, "line E: two blocks glued together", 1},
        {half_a_line_and_no_end,
         "line B: the block that begins there has no END line before the next", 1},
        {half, "line B: the block that begins there is cut off", 2},
        {no_body, "line B: the block that begins there is empty", 1},
        {blank_inside, "line 3: a blank line inside the block that begins in line B", 1},
        {words_inside, "line 3: text that is no base64, inside the block", 1},
        {bad_byte, "line 3: text that is no base64, inside the block", 1},
        {text_after_end, "line E: the END line does not answer the BEGIN line", 1},
        {der_cut, "line B: the block that begins there is damaged, it does not decode", 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text text = {.length = 0};
        struct avs_cafile file;
        size_t begin = 0;
        for (size_t b = 0; b < BLOCKS; b++) {
            if (b == rows[i].place) {
                begin = lines_of(&text);
                rows[i].damage(&text, &blocks[b]);
            } else {
                whole(&text, &blocks[b]);
            }
        }
        assert_true(avs_cafile_read(text.bytes, text.length, NULL, NULL, &file));
        char expected[AVS_NAME_BYTES] = "";
        size_t out = 0;
        for (const char *at = rows[i].words; *at; at++) {
            bool is_line = at > rows[i].words && at[-1] == ' ' && strchr("BE3", *at) &&
                           (at[1] == ':' || at[1] == '\0');
            size_t line = *at == 'B' ? begin : *at == '3' ? begin + 3 : begin + blocks[1].count - 1;
            if (is_line) {
                out += (size_t)snprintf(expected + out, sizeof(expected) - out, "%zu", line);
            } else {
                expected[out++] = *at;
            }
        }
        if (strncmp(file.flaw, expected, out) != 0) {
            fail_msg("'%s' does not begin with '%s'", file.flaw, expected);
        }
        assert_int_equal(file.line, strtoul(file.flaw + strlen("line "), NULL, 10));
    }
}

static void what_is_no_bundle_at_all_has_a_name_too(void **state) {
    (void)state;
    static const struct {
        const char *bytes, *word;
    } rows[] = {{"", "empty"},
                {"see README\n", "no certificate"},
                {"<!DOCTYPE html>\n<html>", "HTML"},
                {"\n\n\n", "no certificate"}};
    struct text text = {.length = 0};
    struct avs_cafile file;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text.length = 0;
        add(&text, rows[i].bytes);
        assert_false(all_agree(rows[i].word, &text, &file));
        assert_non_null(strstr(file.flaw, rows[i].word));
        assert_int_equal(file.line, 0);
    }
    text.length = 0;
    add_bytes(&text, der[0], der_length[0]);
    assert_false(all_agree("DER", &text, &file));
    assert_non_null(strstr(file.flaw, "DER"));
}

/* Whose base64 ends without padding (rest 0), with two "=" (1) or with one (2): what OpenSSL makes
 * of a missing END line depends on it. A signature's length is left to chance. */
static X509 *issue_of_length(int rest) {
    static const char *const names[] = {"CN=Root A", "CN=Root BB", "CN=Root CCC"};
    for (;;) {
        X509 *made =
            pki_issue(&(struct pki_cert){.name = names[rest], .key = pki_key(rest), .is_ca = true});
        if (i2d_X509(made, NULL) % 3 == rest) {
            return made;
        }
        X509_free(made);
    }
}

/* A folder named as CA file is error 77; whatever is named as CA path beside a good CA file is not,
 * but for the empty name. */
static void files_and_folders_in_each_others_place(void **state) {
    (void)state;
    struct text text = {.length = 0};
    whole(&text, &blocks[0]);
    const char *good = pki_write_bytes("good.pem", text.bytes, text.length);
    const char *folder = pki_folder();
    char list[300];
    snprintf(list, sizeof(list), "%s:/no/such", folder);
    const struct {
        const char *ca_file, *ca_path;
        bool is_taken;
    } rows[] = {{good, NULL, true}, {folder, NULL, false},     {folder, folder, false},
                {good, good, true}, {good, folder, true},      {good, "/no/such", true},
                {good, list, true}, {"/no/such", NULL, false}, {"/no/such", folder, false},
                {good, "", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_anchors_options options = {.ca_file = rows[i].ca_file,
                                              .ca_path = rows[i].ca_path};
        struct avs_anchors *anchors = NULL;
        bool by_store = avs_anchors_load(&options, NULL, &anchors, NULL) == AVS_OK;
        avs_anchors_unref(anchors);
        bool by_curl = libcurl_takes_both(rows[i].ca_file, rows[i].ca_path);
        if (by_curl != by_store || by_curl != rows[i].is_taken) {
            fail_msg("%s and %s: libcurl %d, store %d", rows[i].ca_file,
                     rows[i].ca_path ? rows[i].ca_path : "no CA path", by_curl, by_store);
        }
    }
}

static int set_up(void **state) {
    for (size_t i = 0; i < BLOCKS; i++) {
        X509 *certificate = issue_of_length((int)i);
        BIO *bio = BIO_new(BIO_s_mem());
        assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
        char pem[8192] = "";
        assert_true(BIO_read(bio, pem, sizeof(pem) - 1) > 0);
        split_lines(pem, &blocks[i]);
        BIO_free(bio);
        unsigned char *at = (unsigned char *)der[i];
        der_length[i] = (size_t)i2d_X509(certificate, &at);
        X509_free(certificate);
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 16), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", ntohs(address.sin_port));
    static pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, hang_up, NULL), 0);
    *state = &thread;
    return 0;
}

static int tear_down(void **state) {
    shutdown(listener, SHUT_RDWR);
    pthread_join(*(pthread_t *)*state, NULL);
    close(listener);
    curl_global_cleanup();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_damage_at_every_place_is_judged_as_libcurl_judges_it),
        cmocka_unit_test(a_file_cut_anywhere_is_judged_as_libcurl_judges_it),
        cmocka_unit_test(random_damage_is_judged_as_libcurl_judges_it),
        cmocka_unit_test(the_words_name_line_and_damage),
        cmocka_unit_test(what_is_no_bundle_at_all_has_a_name_too),
        cmocka_unit_test(files_and_folders_in_each_others_place),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
