/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate's DER walked without building anything. Structure: RFC 5280 section 4.1. */
#include "trust/der.h"

#include <string.h>

enum tag {
    TAG_BOOLEAN = 0x01,
    TAG_INTEGER = 0x02,
    TAG_BIT_STRING = 0x03,
    TAG_OCTET_STRING = 0x04,
    TAG_NULL = 0x05,
    TAG_OID = 0x06,
    TAG_UTF8 = 0x0c,
    TAG_PRINTABLE = 0x13,
    TAG_T61 = 0x14,
    TAG_IA5 = 0x16,
    TAG_UTC_TIME = 0x17,
    TAG_GENERALIZED_TIME = 0x18,
    TAG_VISIBLE = 0x1a,
    TAG_UNIVERSAL = 0x1c,
    TAG_BMP = 0x1e,
    TAG_SEQUENCE = 0x30,
    TAG_SET = 0x31,
    TAG_VERSION = 0xa0,
    TAG_EXTENSIONS = 0xa3,
};

#define FNV_BASIS 2166136261U
#define FNV_PRIME 16777619U

struct span {
    const uint8_t *at;
    const uint8_t *end;
};

static size_t left(const struct span *span) {
    return (size_t)(span->end - span->at);
}

/* Take one element with a definite, minimal length; false at anything else. */
static bool take_any(struct span *in, uint8_t *ret_tag, struct span *ret_content) {
    if (left(in) < 2 || (in->at[0] & 0x1f) == 0x1f) {
        return false;
    }
    uint8_t tag = in->at[0];
    size_t length = in->at[1];
    const uint8_t *content = in->at + 2;
    if (length >= 0x80) {
        size_t octets = length & 0x7f;
        if (octets == 0 || octets > 3 || (size_t)(in->end - content) < octets || content[0] == 0) {
            return false;
        }
        length = 0;
        for (size_t i = 0; i < octets; i++) {
            length = length << 8 | *content++;
        }
        if (length < 0x80) {
            return false;
        }
    }
    if ((size_t)(in->end - content) < length) {
        return false;
    }
    *ret_tag = tag;
    *ret_content = (struct span){content, content + length};
    in->at = content + length;
    return true;
}

static bool take(struct span *in, uint8_t wanted, struct span *ret_content) {
    uint8_t tag = 0;
    return left(in) > 0 && in->at[0] == wanted && take_any(in, &tag, ret_content);
}

static bool is_integer(const struct span *content) {
    const uint8_t *at = content->at;
    if (left(content) == 0) {
        return false;
    }
    bool has_padding = left(content) > 1 &&
                       ((at[0] == 0x00 && !(at[1] & 0x80)) || (at[0] == 0xff && (at[1] & 0x80)));
    return !has_padding;
}

static bool is_oid(const struct span *content) {
    if (left(content) == 0 || content->end[-1] & 0x80) {
        return false;
    }
    bool is_first_octet = true; /* of a sub-identifier: it must not be padding */
    for (const uint8_t *at = content->at; at < content->end; at++) {
        if (is_first_octet && *at == 0x80) {
            return false;
        }
        is_first_octet = !(*at & 0x80);
    }
    return true;
}

static bool is_bit_string(const struct span *content) {
    return left(content) >= 1 && content->at[0] <= 7;
}

/* AlgorithmIdentifier ::= SEQUENCE { algorithm OID, parameters: none, NULL, an OID or a SEQUENCE }
 */
static bool take_algorithm(struct span *in, struct span *ret_oid) {
    struct span content;
    struct span parameters;
    uint8_t tag = 0;
    if (!take(in, TAG_SEQUENCE, &content) || !take(&content, TAG_OID, ret_oid) ||
        !is_oid(ret_oid)) {
        return false;
    }
    if (left(&content) == 0) {
        return true;
    }
    if (!take_any(&content, &tag, &parameters) || left(&content) > 0) {
        return false;
    }
    return (tag == TAG_NULL && left(&parameters) == 0) || (tag == TAG_OID && is_oid(&parameters)) ||
           tag == TAG_SEQUENCE;
}

static bool is_utf8(const struct span *content) {
    const uint8_t *at = content->at;
    while (at < content->end) {
        size_t more = *at < 0x80 ? 0 : *at < 0xc2 ? 9 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;
        uint8_t lead = *at++;
        if (lead > 0xf4 || more > (size_t)(content->end - at)) {
            return false;
        }
        for (size_t i = 0; i < more; i++, at++) {
            if ((*at & 0xc0) != 0x80) {
                return false;
            }
        }
        const uint8_t second = more > 0 ? at[-(ptrdiff_t)more] : 0;
        if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
            (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
            return false; /* overlong, a surrogate, or past U+10FFFF */
        }
    }
    return true;
}

static bool is_ordinary_string(uint8_t tag, const struct span *content) {
    switch (tag) {
    case TAG_UTF8:
        return is_utf8(content);
    case TAG_PRINTABLE:
    case TAG_T61:
    case TAG_IA5:
        return true;
    default:
        return false;
    }
}

/* Letters and digits in lower case are what every equal form of a string shares: OpenSSL compares
 * after conversion to UTF-8, folding of case and collapsing of spaces. */
static uint32_t add_string(uint32_t hash, uint8_t tag, const struct span *content) {
    size_t width = tag == TAG_BMP ? 2 : tag == TAG_UNIVERSAL ? 4 : 1;
    for (const uint8_t *at = content->at; (size_t)(content->end - at) >= width; at += width) {
        bool is_ascii = true;
        for (size_t i = 0; i + 1 < width; i++) {
            is_ascii &= at[i] == 0;
        }
        uint8_t octet = at[width - 1];
        uint8_t folded = (uint8_t)(octet >= 'A' && octet <= 'Z' ? octet | 0x20 : octet);
        if (is_ascii && ((folded >= 'a' && folded <= 'z') || (folded >= '0' && folded <= '9'))) {
            hash = (hash ^ folded) * FNV_PRIME;
        }
    }
    return hash;
}

/* AttributeTypeAndValue ::= SEQUENCE { type OID, value ANY }; a NULL ret_hash asks for none. */
static bool take_attribute(struct span *in, bool must_be_ordinary, uint32_t *ret_hash) {
    struct span content;
    struct span oid;
    struct span value;
    uint8_t tag = 0;
    if (!take(in, TAG_SEQUENCE, &content) || !take(&content, TAG_OID, &oid) || !is_oid(&oid) ||
        !take_any(&content, &tag, &value) || left(&content) > 0 ||
        (must_be_ordinary && !is_ordinary_string(tag, &value))) {
        return false;
    }
    if (!ret_hash) {
        return true;
    }
    uint32_t hash = FNV_BASIS;
    for (const uint8_t *at = oid.at; at < oid.end; at++) {
        hash = (hash ^ *at) * FNV_PRIME;
    }
    *ret_hash = add_string(hash, tag, &value);
    return true;
}

/* Name ::= SEQUENCE OF SET OF attribute; the members of a SET may come in any order. */
static bool take_name(struct span *in, bool must_be_ordinary, uint32_t *ret_hash) {
    struct span content;
    uint32_t hash = FNV_BASIS;
    if (!take(in, TAG_SEQUENCE, &content)) {
        return false;
    }
    while (left(&content) > 0) {
        struct span set;
        uint32_t sum = 0;
        if (!take(&content, TAG_SET, &set) || left(&set) == 0) {
            return false;
        }
        while (left(&set) > 0) {
            uint32_t attribute = 0;
            if (!take_attribute(&set, must_be_ordinary, ret_hash ? &attribute : NULL)) {
                return false;
            }
            sum += attribute;
        }
        hash = (hash ^ sum) * FNV_PRIME;
    }
    if (ret_hash) {
        *ret_hash = hash;
    }
    return true;
}

bool avs_der_name_hash(const uint8_t *der, size_t length, uint32_t *ret_hash) {
    struct span in = {der, der + length};
    return take_name(&in, false, ret_hash) && left(&in) == 0;
}

static bool take_time(struct span *in) {
    struct span content;
    return take(in, TAG_UTC_TIME, &content) || take(in, TAG_GENERALIZED_TIME, &content);
}

/* SubjectPublicKeyInfo with an RSA or EC key; for others OpenSSL may ask a provider. */
static bool take_key(struct span *in) {
    static const uint8_t rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
    static const uint8_t ec[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
    struct span content;
    struct span oid;
    struct span key;
    if (!take(in, TAG_SEQUENCE, &content) || !take_algorithm(&content, &oid) ||
        !take(&content, TAG_BIT_STRING, &key) || !is_bit_string(&key) || left(&content) > 0) {
        return false;
    }
    return (left(&oid) == sizeof(rsa) && memcmp(oid.at, rsa, sizeof(rsa)) == 0) ||
           (left(&oid) == sizeof(ec) && memcmp(oid.at, ec, sizeof(ec)) == 0);
}

/* [3] { SEQUENCE OF SEQUENCE { OID, BOOLEAN OPTIONAL, OCTET STRING } }, at least one */
static bool take_extensions(struct span *in) {
    struct span wrapper;
    struct span list;
    if (!take(in, TAG_EXTENSIONS, &wrapper) || !take(&wrapper, TAG_SEQUENCE, &list) ||
        left(&wrapper) > 0 || left(&list) == 0) {
        return false;
    }
    while (left(&list) > 0) {
        struct span extension;
        struct span field;
        if (!take(&list, TAG_SEQUENCE, &extension) || !take(&extension, TAG_OID, &field) ||
            !is_oid(&field)) {
            return false;
        }
        if (left(&extension) > 0 && extension.at[0] == TAG_BOOLEAN &&
            (!take(&extension, TAG_BOOLEAN, &field) || left(&field) != 1)) {
            return false;
        }
        if (!take(&extension, TAG_OCTET_STRING, &field) || left(&extension) > 0) {
            return false;
        }
    }
    return true;
}

static bool take_version(struct span *in) {
    struct span wrapper;
    struct span number;
    if (left(in) == 0 || in->at[0] != TAG_VERSION) {
        return true; /* version 1 */
    }
    return take(in, TAG_VERSION, &wrapper) && take(&wrapper, TAG_INTEGER, &number) &&
           left(&wrapper) == 0 && left(&number) == 1 && number.at[0] <= 2;
}

bool avs_der_certificate(const uint8_t *der, size_t length, struct avs_der_facts *ret_facts) {
    struct span in = {der, der + length};
    struct span certificate;
    struct span tbs;
    struct span field;
    uint32_t subject_hash = 0;
    if (!take(&in, TAG_SEQUENCE, &certificate) || left(&in) > 0 ||
        !take(&certificate, TAG_SEQUENCE, &tbs) || !take_algorithm(&certificate, &field) ||
        !take(&certificate, TAG_BIT_STRING, &field) || !is_bit_string(&field) ||
        left(&certificate) > 0) {
        return false;
    }
    struct span validity;
    if (!take_version(&tbs) || !take(&tbs, TAG_INTEGER, &field) || !is_integer(&field) ||
        !take_algorithm(&tbs, &field) || !take_name(&tbs, true, NULL) ||
        !take(&tbs, TAG_SEQUENCE, &validity) || !take_time(&validity) || !take_time(&validity) ||
        left(&validity) > 0) {
        return false;
    }
    const uint8_t *subject = tbs.at;
    if (!take_name(&tbs, true, &subject_hash)) {
        return false;
    }
    const uint8_t *spki = tbs.at;
    if (!take_key(&tbs)) {
        return false;
    }
    const uint8_t *spki_end = tbs.at;
    if (left(&tbs) > 0 && (!take_extensions(&tbs) || left(&tbs) > 0)) {
        return false;
    }
    *ret_facts = (struct avs_der_facts){.subject_hash = subject_hash,
                                        .subject = subject,
                                        .subject_length = (size_t)(spki - subject),
                                        .spki = spki,
                                        .spki_length = (size_t)(spki_end - spki)};
    return true;
}
