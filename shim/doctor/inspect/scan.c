/* SPDX-License-Identifier: Apache-2.0 */
/* The fast part. 64 bytes at a time are turned into two bit masks, one for newlines and one for
 * bytes that mark something; only those bytes are looked at one by one. A hint may be wrong (the
 * slow part decides), but it is never missing for a whole, ungarbled line. */
#include "inspect/scan.h"

#include <endian.h>
#include <string.h>

#include "base/flow.h"
#include "inspect/rules.h"

#if defined(__x86_64__) && !defined(AVS_SCAN_PORTABLE)
#include <immintrin.h>
#endif

enum { BLOCK_BYTES = 64, TAIL_BYTES = 8, NAME_BYTES_MIN = 4 };

/* Words before a ':' that matter outside of the SDK's own records: libcurl's texts without their
 * "* " (as curl, the command, prints them), the console's boxes, the banner of SDK 1.19 and older.
 */
static const char *const phrases[] = {
    "certificate problem",
    "sdkVersion",
    "AUTHORIZATION ERROR",
    "API ERROR",
    "verify error",
    "return code",
    "Verification error",
    "SSL routines",
    "system library",
    "BIO routines",
    "BIO_connect",
    "depth lookup",
    "curl",
};

/* The eight bytes before `at` as a number, the last byte on top; zeros where the text begins later.
 */
static uint64_t tail_at(const char *text, size_t at) {
    uint64_t tail = 0;
    if (at >= sizeof(tail)) {
        memcpy(&tail, text + at - sizeof(tail), sizeof(tail));
    } else {
        memcpy((char *)&tail + sizeof(tail) - at, text, at);
    }
    return le64toh(tail);
}

static unsigned tail_hash(uint64_t tail) {
    return (unsigned)((tail * 0x9E3779B97F4A7C15u) >> 52) % AVS_TRIGGER_BITS;
}

static bool may_be_name(const struct avs_triggers *triggers, uint64_t tail) {
    unsigned hash = tail_hash(tail);
    return (triggers->tails[hash / 64] >> (hash % 64)) & 1;
}

/* The command's name is too short for that: anything may stand before it. */
static bool is_curl(uint64_t tail) {
    return (uint32_t)(tail >> 32) == 0x6C727563u; /* "curl", the last byte on top */
}

/* What may stand before a name that is shorter than a tail. */
static const char *const before_short[] = {" ", "\n", "\t", "]", ">", ":", "W ", "  ", ": "};

static void add_tail(struct avs_triggers *triggers, uint64_t tail) {
    unsigned hash = tail_hash(tail);
    triggers->tails[hash / 64] |= 1ull << (hash % 64);
}

static void add_name(struct avs_triggers *triggers, const char *name, size_t first_rule,
                     size_t rule_count) {
    size_t length = strlen(name);
    if (length < NAME_BYTES_MIN || triggers->name_count == AVS_TRIGGER_NAMES_MAX) {
        return;
    }
    size_t slot = triggers->name_count++;
    triggers->names[slot].name = name;
    triggers->names[slot].length = length;
    triggers->names[slot].tail = tail_at(name, length);
    triggers->names[slot].tail_mask =
        length < TAIL_BYTES ? ~0ull << 8 * (TAIL_BYTES - length) : ~0ull;
    triggers->names[slot].first_rule = first_rule;
    triggers->names[slot].rule_count = rule_count;
    add_tail(triggers, triggers->names[slot].tail);
    if (length >= TAIL_BYTES) {
        uint8_t *last = &triggers->firsts[tail_hash(triggers->names[slot].tail)];
        while (*last) {
            last = &triggers->names[*last - 1].next;
        }
        *last = (uint8_t)triggers->name_count;
    }
    if (length < TAIL_BYTES && triggers->short_count < AVS_TRIGGER_SHORTS_MAX) {
        triggers->shorts[triggers->short_count++] = (uint8_t)slot;
    }
    for (size_t i = 0; i < AVS_COUNT(before_short) && length < TAIL_BYTES; i++) {
        char text[2 * TAIL_BYTES] = "";
        size_t before = strlen(before_short[i]);
        memcpy(text, before_short[i], before);
        memcpy(text + before, name, length);
        if (before + length == TAIL_BYTES) {
            add_tail(triggers, tail_at(text, TAIL_BYTES));
        }
    }
}

void avs_triggers_init(struct avs_triggers *triggers) {
    memset(triggers, 0, sizeof(*triggers));
    for (size_t i = 0; i < avs_line_rule_count;) {
        size_t count = 1;
        while (i + count < avs_line_rule_count &&
               strcmp(avs_line_rules[i + count].source, avs_line_rules[i].source) == 0) {
            count++;
        }
        add_name(triggers, avs_line_rules[i].source, i, count);
        i += count;
    }
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        add_name(triggers, phrases[i], 0, 0);
    }
}

static bool is_word(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
}

static bool ends_with_name(const struct avs_triggers *triggers, size_t name, const char *text,
                           size_t colon, uint64_t tail) {
    size_t length = triggers->names[name].length;
    return ((tail ^ triggers->names[name].tail) & triggers->names[name].tail_mask) == 0 &&
           length <= colon &&
           memcmp(text + colon - length, triggers->names[name].name, length) == 0;
}

int avs_triggers_name(const struct avs_triggers *triggers, const char *text, size_t colon,
                      bool *ret_is_whole) {
    uint64_t tail = tail_at(text, colon);
    size_t next = triggers->firsts[tail_hash(tail)], shorts = 0;
    int found = -1; /* "CBLAuthDelegate" also ends with "AuthDelegate": a whole name is the one */
    while (next > 0 || shorts < triggers->short_count) {
        size_t name = next > 0 ? next - 1 : triggers->shorts[shorts++];
        next = next > 0 ? triggers->names[name].next : 0;
        if (ends_with_name(triggers, name, text, colon, tail)) {
            size_t length = triggers->names[name].length;
            found = (int)name;
            *ret_is_whole = length == colon || !is_word(text[colon - length - 1]);
            if (*ret_is_whole) {
                break;
            }
        }
    }
    return found;
}

/* After "SOURCE:", is there an event that some rule asks for? `text` ends with a newline. */
static bool has_event(const struct avs_triggers *triggers, int name, const char *event,
                      size_t length) {
    size_t count = triggers->names[name].rule_count;
    const struct avs_line_rule *rule = &avs_line_rules[triggers->names[name].first_rule];
    for (size_t i = 0; i < count; i++, rule++) {
        const char *wanted = rule->event ? rule->event : "*";
        size_t at = 0;
        while (wanted[at] != '\0' && wanted[at] != '*' && at < length && wanted[at] == event[at]) {
            at++;
        }
        if (wanted[at] == '\0' || wanted[at] == '*') {
            return true;
        }
    }
    return count == 0;
}

/* Does the marked byte stand where something may begin? What is before the line is harmless: no
 * name has a newline in it. */
static bool is_hint(const struct avs_triggers *triggers, const char *text, size_t length,
                    size_t at) {
    if (text[at] == ':') {
        bool is_whole;
        int name = avs_triggers_name(triggers, text, at, &is_whole);
        return name >= 0 && has_event(triggers, name, text + at + 1, length - at - 1);
    }
    if (text[at] == '*') {
        return at + 1 < length && text[at + 1] == ' ' &&
               (at == 0 || memchr("\n =]>\r", text[at - 1], 6) != NULL);
    }
    /* terminal escapes or garbage may cut a name apart: the slow part cleans first */
    return text[at] != '\r' && text[at] != '\t';
}

/* One bit for each byte of a block. */
struct masks {
    uint64_t newlines;
    uint64_t colons; /* behind a letter, as every name has it; or all of them */
    uint64_t odd;    /* '*', control bytes, and everything beyond ASCII */
};

#if defined(__x86_64__) && !defined(AVS_SCAN_PORTABLE)

/* Control bytes and all beyond ASCII are less than a blank, as signed bytes. A letter is found by
 * folding its case (or with a blank) and counting from 'a'. */
static inline struct masks masks_sse2(const char *text, uint64_t *letters) {
    const __m128i newline = _mm_set1_epi8('\n'), colon = _mm_set1_epi8(':'),
                  star = _mm_set1_epi8('*'), blank = _mm_set1_epi8(' '), a = _mm_set1_epi8('a'),
                  z = _mm_set1_epi8('z' - 'a');
    struct masks masks = {0, 0, 0};
    *letters = 0;
    for (int i = 0; i < BLOCK_BYTES; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text + i));
        __m128i from_a = _mm_sub_epi8(_mm_or_si128(bytes, blank), a);
        __m128i is_newline = _mm_cmpeq_epi8(bytes, newline);
        __m128i is_odd = _mm_or_si128(_mm_cmplt_epi8(bytes, blank), _mm_cmpeq_epi8(bytes, star));
        is_odd = _mm_andnot_si128(is_newline, is_odd);
        __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(from_a, z), from_a);
        masks.newlines |= (uint64_t)(unsigned)_mm_movemask_epi8(is_newline) << i;
        masks.odd |= (uint64_t)(unsigned)_mm_movemask_epi8(is_odd) << i;
        masks.colons |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, colon)) << i;
        *letters |= (uint64_t)(unsigned)_mm_movemask_epi8(is_letter) << i;
    }
    return masks;
}

__attribute__((target("avx2"))) static inline struct masks masks_avx2(const char *text,
                                                                      uint64_t *letters) {
    const __m256i newline = _mm256_set1_epi8('\n'), colon = _mm256_set1_epi8(':'),
                  star = _mm256_set1_epi8('*'), blank = _mm256_set1_epi8(' '),
                  a = _mm256_set1_epi8('a'), z = _mm256_set1_epi8('z' - 'a');
    struct masks masks = {0, 0, 0};
    *letters = 0;
    for (int i = 0; i < BLOCK_BYTES; i += 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(text + i));
        __m256i from_a = _mm256_sub_epi8(_mm256_or_si256(bytes, blank), a);
        __m256i is_newline = _mm256_cmpeq_epi8(bytes, newline);
        __m256i is_odd =
            _mm256_or_si256(_mm256_cmpgt_epi8(blank, bytes), _mm256_cmpeq_epi8(bytes, star));
        is_odd = _mm256_andnot_si256(is_newline, is_odd);
        __m256i is_letter = _mm256_cmpeq_epi8(_mm256_min_epu8(from_a, z), from_a);
        masks.newlines |= (uint64_t)(unsigned)_mm256_movemask_epi8(is_newline) << i;
        masks.odd |= (uint64_t)(unsigned)_mm256_movemask_epi8(is_odd) << i;
        masks.colons |= (uint64_t)(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, colon))
                        << i;
        *letters |= (uint64_t)(unsigned)_mm256_movemask_epi8(is_letter) << i;
    }
    return masks;
}

#else

/* The same, eight bytes at a time, for other processors. */
static const uint64_t low_bits = 0x7F7F7F7F7F7F7F7Fu, high_bits = 0x8080808080808080u;

/* 0x80 in each byte that equals `byte`. */
static uint64_t equal_bytes(uint64_t word, uint8_t byte) {
    uint64_t x = word ^ (0x0101010101010101u * byte);
    return ~(((x & low_bits) + low_bits) | x | low_bits);
}

/* 0x80 in each byte that is a control byte or beyond ASCII. */
static uint64_t odd_bytes(uint64_t word) {
    return (word | ~((word & low_bits) + 0x6060606060606060u)) & high_bits;
}

/* The eight high bits as one byte, the first byte's lowest. */
static uint64_t gather(uint64_t word) {
    return (word >> 7) * 0x0102040810204080u >> 56;
}

static inline struct masks masks_words(const char *text, uint64_t *letters) {
    struct masks masks = {0, 0, 0};
    *letters = ~0ull; /* not told apart: the slow part looks at every ':' */
    for (int i = 0; i < BLOCK_BYTES; i += 8) {
        uint64_t word;
        memcpy(&word, text + i, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        uint64_t newlines = equal_bytes(word, '\n');
        masks.newlines |= gather(newlines) << i;
        masks.colons |= gather(equal_bytes(word, ':')) << i;
        masks.odd |= gather((equal_bytes(word, '*') | odd_bytes(word)) & ~newlines) << i;
    }
    return masks;
}

#endif

/* Which marked bytes of the block are worth a second look at their line. */
static inline uint64_t hints_of(const struct avs_triggers *triggers, const char *text,
                                size_t length, size_t block, const struct masks *masks) {
    uint64_t hints = 0;
    for (uint64_t bits = masks->colons; bits; bits &= bits - 1) {
        size_t at = block + (unsigned)__builtin_ctzll(bits);
        uint64_t tail = tail_at(text, at);
        if ((may_be_name(triggers, tail) || is_curl(tail)) && at >= NAME_BYTES_MIN &&
            is_hint(triggers, text, length, at)) {
            hints |= bits & -bits;
        }
    }
    for (uint64_t bits = masks->odd; bits; bits &= bits - 1) {
        if (is_hint(triggers, text, length, block + (unsigned)__builtin_ctzll(bits))) {
            hints |= bits & -bits;
        }
    }
    return hints;
}

/* Inlined into one copy for each kind of masks. */
static inline __attribute__((always_inline)) void scan(struct masks (*masks_of)(const char *text,
                                                                                uint64_t *letters),
                                                       const struct avs_triggers *triggers,
                                                       const char *text, size_t length,
                                                       avs_line_fn on_line, void *user) {
    size_t line = 0;
    bool is_hinted = false;
    uint64_t is_behind_letter = 0;
    for (size_t block = 0; block < length; block += BLOCK_BYTES) {
        char tail[BLOCK_BYTES];
        const char *bytes = text + block;
        size_t left = length - block;
        if (left < BLOCK_BYTES) {
            memset(tail, ' ', sizeof(tail));
            memcpy(tail, bytes, left);
            bytes = tail;
        }
        uint64_t letters;
        struct masks masks = masks_of(bytes, &letters);
        masks.colons &= letters << 1 | is_behind_letter;
        is_behind_letter = letters >> 63;
        uint64_t hints = hints_of(triggers, text, length, block, &masks);
        for (uint64_t bits = masks.newlines; bits; bits &= bits - 1) {
            uint64_t before = (bits & -bits) - 1;
            size_t at = block + (unsigned)__builtin_ctzll(bits);
            on_line(user, text + line, at - line, is_hinted || (hints & before));
            hints &= ~before;
            line = at + 1;
            is_hinted = false;
        }
        is_hinted = is_hinted || hints;
    }
}

#if defined(__x86_64__) && !defined(AVS_SCAN_PORTABLE)

__attribute__((target("avx2"))) static void scan_avx2(const struct avs_triggers *triggers,
                                                      const char *text, size_t length,
                                                      avs_line_fn on_line, void *user) {
    scan(masks_avx2, triggers, text, length, on_line, user);
}

void avs_scan_lines(const struct avs_triggers *triggers, const char *text, size_t length,
                    avs_line_fn on_line, void *user) {
    if (__builtin_cpu_supports("avx2")) {
        scan_avx2(triggers, text, length, on_line, user);
    } else {
        scan(masks_sse2, triggers, text, length, on_line, user);
    }
}

#else

void avs_scan_lines(const struct avs_triggers *triggers, const char *text, size_t length,
                    avs_line_fn on_line, void *user) {
    scan(masks_words, triggers, text, length, on_line, user);
}

#endif
