/* SPDX-License-Identifier: Apache-2.0 */
/* A CA file as OpenSSL takes it: whole, or not at all. */
#include "trust/cafile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "trust/bundle.h"
#include "trust/openssl_auto.h"

#define BEGIN "-----BEGIN "
#define END   "-----END "

/* ---- what is taken ---- */

static bool visit_bundle(const struct avs_bundle *bundle, avs_cafile_fn on_certificate, void *user,
                         struct avs_cafile *file) {
    file->is_taken = true;
    file->certificates = avs_bundle_count(bundle);
    for (size_t i = 0; on_certificate && i < file->certificates; i++) {
        size_t length = 0;
        const uint8_t *der = avs_bundle_der(bundle, i, &length);
        on_certificate(user, der, length);
    }
    return true;
}

static bool visit_stack(const STACK_OF(X509_INFO) * blocks, avs_cafile_fn on_certificate,
                        void *user, struct avs_cafile *file) {
    bool has_list = false;
    for (int i = 0; i < sk_X509_INFO_num(blocks); i++) {
        const X509_INFO *block = sk_X509_INFO_value(blocks, i);
        unsigned char *der = NULL;
        has_list |= block->crl != NULL;
        if (!block->x509) {
            continue;
        }
        file->certificates++;
        int length = on_certificate ? i2d_X509(block->x509, &der) : 0;
        if (length < 0) {
            return false;
        }
        if (length > 0) {
            on_certificate(user, der, (size_t)length);
        }
        OPENSSL_free(der);
    }
    file->is_taken = file->certificates > 0 || has_list;
    return true;
}

/* ---- what is not, and where ---- */

struct line {
    const char *text;
    size_t length, number;
};

/* The next line at *at, its ending taken off; false at the end. */
static bool next_line(const char **at, const char *end, struct line *line) {
    if (*at == end) {
        return false;
    }
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    line->text = *at;
    line->length = (size_t)((newline ? newline : end) - *at);
    line->number++;
    *at = newline ? newline + 1 : end;
    while (line->length > 0 && strchr("\r \t", line->text[line->length - 1]) &&
           line->text[line->length - 1]) {
        line->length--;
    }
    return true;
}

static bool begins(const struct line *line, const char *text) {
    return line->length >= strlen(text) && memcmp(line->text, text, strlen(text)) == 0;
}

static bool is_base64(const struct line *line) {
    for (size_t i = 0; i < line->length; i++) {
        char byte = line->text[i];
        bool is_digit = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                        (byte >= '0' && byte <= '9') || byte == '+' || byte == '/' || byte == '=';
        if (!is_digit) {
            return false;
        }
    }
    return line->length > 0;
}

/* The last BEGIN line that OpenSSL had met when it gave up at `stop`. */
static struct line damaged_block(const char *text, const char *stop) {
    struct line line = {.number = 0}, found = {.number = 0};
    bool is_open = false; /* a BEGIN inside a block whose END is missing is that block's data */
    for (const char *at = text; next_line(&at, stop, &line);) {
        if (!is_open && begins(&line, BEGIN)) {
            found = line;
            is_open = true;
        } else if (begins(&line, END)) {
            is_open = false;
        }
    }
    return found;
}

AVS_PRINTF(3, 4)
static void say(struct avs_cafile *file, size_t line, const char *format, ...) {
    char what[AVS_NAME_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    file->line = line;
    avs_text_format(file->flaw, sizeof(file->flaw), "line %zu: %.200s", line, what);
}

/* The block ends as it should, or with another label, or with something behind it. */
static void describe_end(const struct line *begin, const struct line *end, bool has_body,
                         struct avs_cafile *file) {
    const char *label = begin->text + strlen(BEGIN);
    size_t length = begin->length - strlen(BEGIN);
    bool is_same =
        end->length - strlen(END) == length && memcmp(end->text + strlen(END), label, length) == 0;
    if (memmem(end->text, end->length, BEGIN, strlen(BEGIN))) {
        say(file, end->number, "two blocks glued together, a newline is missing after END");
    } else if (!has_body) {
        say(file, begin->number, "the block that begins there is empty");
    } else if (!is_same) {
        say(file, end->number, "the END line does not answer the BEGIN line in line %zu",
            begin->number);
    } else {
        say(file, begin->number, "the block that begins there is damaged, it does not decode");
    }
}

/* What is wrong with the block that begins in `begin`, and in which line: OpenSSL only says that
 * something is. */
static void describe_block(const struct line *begin, const char *end, struct avs_cafile *file) {
    struct line line = {.number = begin->number - 1};
    const char *at = begin->text;
    (void)next_line(&at, end, &line);
    for (bool has_body = false; next_line(&at, end, &line); has_body = true) {
        if (begins(&line, END)) {
            describe_end(begin, &line, has_body, file);
            return;
        }
        if (begins(&line, BEGIN)) {
            say(file, begin->number,
                "the block that begins there has no END line before the next, in line %zu",
                line.number);
            return;
        }
        if (!is_base64(&line)) {
            say(file, line.number, "%s inside the block that begins in line %zu",
                line.length == 0 ? "a blank line" : "text that is no base64,", begin->number);
            return;
        }
    }
    say(file, begin->number, "the block that begins there is cut off: the file ends before END");
}

/* What somebody saved in place of a PEM bundle. */
static void describe_other(const char *text, size_t length, struct avs_cafile *file) {
    const unsigned char *head = (const unsigned char *)text;
    size_t some = length < 1024 ? length : 1024;
    const char *nul = length > 0 ? memchr(text, '\0', length) : NULL;
    const char *what = "no certificate in PEM form";
    if (length == 0) {
        what = "the file is empty";
    } else if (length > 2 && head[0] == 0x30 && head[1] >= 0x81 && head[1] <= 0x83) {
        what = "the file is DER; a PEM bundle is needed (openssl x509 -inform DER -in FILE)";
    } else if (avs_text_contains_nocase(text, some, "<html") ||
               avs_text_contains_nocase(text, some, "<!doctype")) {
        what = "the file is an HTML page; a download failed and its error page was saved";
    } else if (nul) {
        struct line line = {.number = 0};
        for (const char *at = text; at <= nul && next_line(&at, text + length, &line);) {
        }
        say(file, line.number, "a NUL byte, behind which OpenSSL reads nothing");
        return;
    }
    AVS_TEXT_SET(file->flaw, what);
}

static void describe(const char *text, size_t length, size_t stop, struct avs_cafile *file) {
    struct line begin = damaged_block(text, text + stop);
    if (begin.number > 0) {
        describe_block(&begin, text + length, file);
    } else {
        describe_other(text, length, file);
    }
}

/* Through a FILE, as X509_load_cert_crl_file reads it: a NUL byte ends a line there. */
static bool ask_openssl(const char *text, size_t length, avs_cafile_fn on_certificate, void *user,
                        struct avs_cafile *file) {
    FILE *stream = fmemopen((void *)text, length, "rb");
    AVS_AUTO(BIO) bio = stream ? BIO_new_fp(stream, BIO_CLOSE) : NULL;
    if (!bio) {
        if (stream) {
            fclose(stream);
        }
        return false;
    }
    ERR_set_mark();
    STACK_OF(X509_INFO) *blocks = PEM_X509_INFO_read_bio(bio, NULL, NULL, (void *)"");
    bool is_memory = !blocks && ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
    ERR_pop_to_mark();
    long stop = ftell(stream);
    bool is_fine = !is_memory;
    if (blocks) {
        is_fine = visit_stack(blocks, on_certificate, user, file);
        sk_X509_INFO_pop_free(blocks, X509_INFO_free);
    }
    if (is_fine && !file->is_taken) {
        describe(text, length, blocks || stop < 0 ? 0 : (size_t)stop, file);
    }
    return is_fine;
}

bool avs_cafile_read(const char *text, size_t length, avs_cafile_fn on_certificate, void *user,
                     struct avs_cafile *ret_file) {
    *ret_file = (struct avs_cafile){.is_taken = false};
    if (length == 0) {
        describe_other(text, length, ret_file);
        return true;
    }
    char *copy = malloc(length); /* the index decodes in place */
    if (!copy) {
        return false;
    }
    memcpy(copy, text, length);
    struct avs_bundle *bundle = NULL;
    enum avs_bundle_result result = avs_bundle_from_text(copy, length, &bundle);
    if (result == AVS_BUNDLE_READ) {
        bool is_fine = visit_bundle(bundle, on_certificate, user, ret_file);
        avs_bundle_free(bundle);
        return is_fine;
    }
    return result == AVS_BUNDLE_UNUSUAL &&
           ask_openssl(text, length, on_certificate, user, ret_file);
}
