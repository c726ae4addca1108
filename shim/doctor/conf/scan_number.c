/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers. Only "does the SDK's parser take it" matters here, so the value is followed just as far
 * as its size decides that (rapidjson 1.1.0, reader.h, ParseNumber). */
#include "conf/scan_number.h"

#define UINT64_TENTH      0x1999999999999999u /* 2^64 - 1 = ...1615 */
#define INT64_TENTH       0x0CCCCCCCCCCCCCCCu /* 2^63     = ...5808 */
#define EXACT_MAX         0x1FFFFFFFFFFFFFu   /* 2^53 - 1 */
#define DOUBLE_TENTH      1.7976931348623157e307
#define SIGNIFICANT_MAX   17
#define EXPONENT_MAX      308
#define EXPONENT_OVERFLOW 214748364

struct number {
    const char *text;
    size_t length;
    size_t at;
    uint64_t whole; /* the significand while it fits */
    double value;   /* and once it does not */
    bool is_double;
    bool is_minus;
    int significant;
    int fraction_exponent;
};

static char peek(const struct number *number) {
    return number->at < number->length ? number->text[number->at] : '\0';
}

static bool is_digit(const struct number *number) {
    return peek(number) >= '0' && peek(number) <= '9';
}

static unsigned take_digit(struct number *number) {
    return (unsigned)(number->text[number->at++] - '0');
}

static bool consume(struct number *number, char expected) {
    if (peek(number) != expected) {
        return false;
    }
    number->at++;
    return true;
}

/* True when another digit would not fit the 64-bit integer that the SDK's parser keeps. */
static bool would_overflow(const struct number *number) {
    uint64_t tenth = number->is_minus ? INT64_TENTH : UINT64_TENTH;
    char last = number->is_minus ? '8' : '5';
    return number->whole > tenth || (number->whole == tenth && peek(number) > last);
}

static enum avs_conf_fault scan_whole(struct number *number) {
    if (consume(number, '0')) {
        return AVS_CONF_FAULT_NONE;
    }
    if (!is_digit(number)) {
        return AVS_CONF_FAULT_VALUE;
    }
    number->whole = take_digit(number);
    while (is_digit(number)) {
        if (would_overflow(number)) {
            number->value = (double)number->whole;
            number->is_double = true;
            break;
        }
        number->whole = number->whole * 10 + take_digit(number);
        number->significant++;
    }
    while (number->is_double && is_digit(number)) {
        if (number->value >= DOUBLE_TENTH) {
            return AVS_CONF_FAULT_NUMBER_TOO_BIG;
        }
        number->value = number->value * 10 + take_digit(number);
    }
    return AVS_CONF_FAULT_NONE;
}

static enum avs_conf_fault scan_fraction(struct number *number) {
    if (!is_digit(number)) {
        return AVS_CONF_FAULT_FRACTION;
    }
    if (!number->is_double) {
        while (is_digit(number) && number->whole <= EXACT_MAX) {
            number->whole = number->whole * 10 + take_digit(number);
            number->fraction_exponent--;
            number->significant += number->whole != 0;
        }
        number->value = (double)number->whole;
        number->is_double = true;
    }
    while (is_digit(number)) {
        unsigned digit = take_digit(number);
        if (number->significant < SIGNIFICANT_MAX) {
            number->value = number->value * 10 + digit;
            number->fraction_exponent--;
            number->significant += number->value > 0;
        }
    }
    return AVS_CONF_FAULT_NONE;
}

static enum avs_conf_fault scan_exponent(struct number *number) {
    bool is_negative = false;
    if (!consume(number, '+')) {
        is_negative = consume(number, '-');
    }
    if (!is_digit(number)) {
        return AVS_CONF_FAULT_EXPONENT;
    }
    int most = EXPONENT_MAX - number->fraction_exponent;
    int exponent = (int)take_digit(number);
    while (is_digit(number)) {
        exponent = exponent * 10 + (int)take_digit(number);
        if (!is_negative && exponent > most) {
            return AVS_CONF_FAULT_NUMBER_TOO_BIG;
        }
        if (exponent >= EXPONENT_OVERFLOW) {
            while (is_digit(number)) {
                number->at++;
            }
        }
    }
    return AVS_CONF_FAULT_NONE;
}

enum avs_conf_fault avs_conf_scan_number(const char *text, size_t length, size_t *at,
                                         size_t *ret_offset) {
    struct number number = {.text = text, .length = length, .at = *at};
    number.is_minus = consume(&number, '-');
    enum avs_conf_fault fault = scan_whole(&number);
    if (fault == AVS_CONF_FAULT_NONE && consume(&number, '.')) {
        fault = scan_fraction(&number);
    }
    if (fault == AVS_CONF_FAULT_NONE && (consume(&number, 'e') || consume(&number, 'E'))) {
        fault = scan_exponent(&number);
    }
    /* a number that is too big is reported at its start, everything else where it was met */
    *ret_offset = fault == AVS_CONF_FAULT_NUMBER_TOO_BIG ? *at : number.at;
    *at = number.at;
    return fault;
}
