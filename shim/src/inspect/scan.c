/* The fast part. 64 bytes at a time are turned into two bit masks, one for newlines and one for
 * bytes that mark something; only those bytes are looked at one by one. A hint may be wrong (the
 * slow part decides), but it is never missing for a whole, ungarbled line. */
#include "inspect/scan.h"

#include <string.h>

#include "inspect/rules.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { BLOCK_BYTES = 64, SUFFIX_BYTES = 5, NAME_BYTES_MIN = SUFFIX_BYTES };

/* Words before a ':' that matter outside of the SDK's own records: libcurl's texts without their
 * "* " (as curl, the command, prints them), the console's boxes, the banner of SDK 1.19 and older.
 */
static const char *const phrases[] = {"certificate problem", "sdkVersion", "AUTHORIZATION ERROR"};

static unsigned suffix_hash(uint64_t suffix) {
    return (unsigned)((suffix * 0x9E3779B97F4A7C15u) >> 52) % AVS_TRIGGER_BITS;
}

/* The five bytes before `at`, as a number. */
static uint64_t suffix_at(const char *text, size_t at) {
    uint64_t suffix = 0;
    memcpy(&suffix, text + at - SUFFIX_BYTES, SUFFIX_BYTES);
    return suffix;
}

static void add_name(struct avs_triggers *triggers, const char *name, size_t first_rule,
                     size_t rule_count) {
    size_t length = strlen(name);
    if (length < NAME_BYTES_MIN || triggers->name_count == AVS_TRIGGER_NAMES_MAX) {
        return;
    }
    unsigned hash = suffix_hash(suffix_at(name, length));
    triggers->suffixes[hash / 64] |= 1ull << (hash % 64);
    size_t slot = triggers->name_count++;
    triggers->names[slot].name = name;
    triggers->names[slot].length = length;
    triggers->names[slot].first_rule = first_rule;
    triggers->names[slot].rule_count = rule_count;
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

static bool may_be_name(const struct avs_triggers *triggers, uint64_t suffix) {
    unsigned hash = suffix_hash(suffix);
    return (triggers->suffixes[hash / 64] >> (hash % 64)) & 1;
}

int avs_triggers_name(const struct avs_triggers *triggers, const char *text, size_t colon,
                      bool *ret_is_whole) {
    if (colon < NAME_BYTES_MIN || !may_be_name(triggers, suffix_at(text, colon))) {
        return -1;
    }
    int found = -1; /* "CBLAuthDelegate" also ends with "AuthDelegate": a whole name is the one */
    for (size_t i = 0; i < triggers->name_count; i++) {
        size_t length = triggers->names[i].length;
        if (length <= colon &&
            memcmp(text + colon - length, triggers->names[i].name, length) == 0) {
            found = (int)i;
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
        size_t need = rule->event ? strlen(rule->event) : 0;
        if (need > 0 && rule->event[need - 1] == '*') {
            need--;
        }
        if (need <= length && memcmp(event, rule->event ? rule->event : "", need) == 0) {
            return true;
        }
    }
    return count == 0;
}

static bool is_marked(const struct avs_triggers *triggers, const char *text, size_t length,
                      size_t line, size_t at) {
    switch (text[at]) {
    case ':': {
        bool is_whole;
        if (at - line < NAME_BYTES_MIN || !may_be_name(triggers, suffix_at(text, at))) {
            return false;
        }
        int name = avs_triggers_name(triggers, text + line, at - line, &is_whole);
        return name >= 0 && has_event(triggers, name, text + at + 1, length - at - 1);
    }
    case '*':
        return at + 1 < length && text[at + 1] == ' ' &&
               (at == line || memchr(" =]>\r", text[at - 1], 5) != NULL);
    default: /* terminal escapes or garbage may cut a name apart: the slow part cleans first */
        return text[at] != '\r' && text[at] != '\t';
    }
}

#if defined(__SSE2__)

/* ':' '*', control bytes and everything beyond ASCII mark; as signed bytes the latter two are less
 * than a blank. */
static void masks(const char *text, uint64_t *ret_newlines, uint64_t *ret_marks) {
    const __m128i newline = _mm_set1_epi8('\n'), colon = _mm_set1_epi8(':'),
                  star = _mm_set1_epi8('*'), blank = _mm_set1_epi8(' ');
    uint64_t newlines = 0, marks = 0;
    for (int i = 0; i < BLOCK_BYTES; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text + i));
        __m128i mark =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, colon),
                         _mm_or_si128(_mm_cmpeq_epi8(bytes, star), _mm_cmplt_epi8(bytes, blank)));
        newlines |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, newline)) << i;
        marks |= (uint64_t)(unsigned)_mm_movemask_epi8(mark) << i;
    }
    *ret_newlines = newlines;
    *ret_marks = marks;
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

static void masks(const char *text, uint64_t *ret_newlines, uint64_t *ret_marks) {
    uint64_t newlines = 0, marks = 0;
    for (int i = 0; i < BLOCK_BYTES; i += 8) {
        uint64_t word;
        memcpy(&word, text + i, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        newlines |= gather(equal_bytes(word, '\n')) << i;
        marks |= gather(equal_bytes(word, ':') | equal_bytes(word, '*') | odd_bytes(word)) << i;
    }
    *ret_newlines = newlines;
    *ret_marks = marks;
}

#endif

void avs_scan_lines(const struct avs_triggers *triggers, const char *text, size_t length,
                    avs_line_fn on_line, void *user) {
    size_t line = 0;
    bool is_hinted = false;
    for (size_t block = 0; block < length; block += BLOCK_BYTES) {
        char tail[BLOCK_BYTES];
        const char *bytes = text + block;
        if (length - block < BLOCK_BYTES) {
            memset(tail, 0, sizeof(tail));
            memcpy(tail, bytes, length - block);
            bytes = tail;
        }
        uint64_t newlines, marks;
        masks(bytes, &newlines, &marks);
        marks &= ~(length - block < BLOCK_BYTES ? ~0ull << (length - block) : 0);
        for (uint64_t bits = newlines | marks; bits; bits &= bits - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(bits);
            size_t at = block + bit;
            if ((newlines >> bit) & 1) {
                on_line(user, text + line, at - line, is_hinted);
                line = at + 1;
                is_hinted = false;
            } else if (!is_hinted) {
                is_hinted = is_marked(triggers, text, length, line, at);
            }
        }
    }
}
