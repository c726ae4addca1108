/* SPDX-License-Identifier: Apache-2.0 */
/* What each tally means once the whole log is known: which line explains which, and which means
 * nothing after all. Pure: the same tallies give the same readings. */
#include <string.h>

#include "base/flow.h"
#include "inspect/conclude.h"

static const char same_refusal[] =
    "The same refusal as a number; it does not say why, the decisive line does.";
static const char same_failure[] =
    "Says only that the connection failed; the decisive line says why.";
static const char bad_stamp[] = "The certificate was refused, and the record's own stamp cannot be "
                                "right: no honest clock of this "
                                "device shows that time.";

static const enum avs_cause also_beside_clock[] = {AVS_CAUSE_ROOT_MISSING,
                                                   AVS_CAUSE_HOSTNAME_MISMATCH, AVS_CAUSE_NONE};
static const enum avs_cause also_in_old_60[] = {AVS_CAUSE_CLOCK_WRONG, AVS_CAUSE_CERT_EXPIRED,
                                                AVS_CAUSE_INTERCEPTED, AVS_CAUSE_NONE};

static bool is_date_cause(enum avs_cause cause) {
    return cause == AVS_CAUSE_CERT_EXPIRED || cause == AVS_CAUSE_CERT_NOT_YET_VALID;
}

static struct avs_reading read_alone(const struct avs_inspect *inspect,
                                     const struct avs_tally *tally) {
    struct avs_reading reading = {.cause = tally->cause,
                                  .certainty = tally->certainty,
                                  .also = tally->also,
                                  .says = tally->says,
                                  .absorbed_by = AVS_TALLIES_MAX};
    bool has_logged_in = tally->cause == AVS_CAUSE_AUTH_NOT_TLS &&
                         tally->scope == AVS_SCOPE_LOGIN &&
                         tally->recovered_line > tally->last.line;
    if (has_logged_in && reading.certainty == AVS_CERTAIN) {
        reading.certainty = AVS_LIKELY; /* credentials that were taken later are not surely wrong */
    }
    bool is_code_60 = tally->kind == AVS_TALLY_CODE && tally->code == 60;
    if (is_code_60 && inspect->context.curl_era == AVS_CURL_OLD) {
        if (tally->is_text_ambiguous) { /* another line dated libcurl since: the text is 51's */
            reading.cause = AVS_CAUSE_HOSTNAME_MISMATCH;
            reading.certainty = AVS_CERTAIN;
            reading.also = NULL;
            return reading;
        }
        reading.certainty = AVS_LIKELY; /* a wrong name has a code of its own */
        reading.also = also_in_old_60;
    }
    if (tally->is_clock_implausible && (is_code_60 || is_date_cause(reading.cause))) {
        reading.certainty = is_code_60 ? AVS_LIKELY : AVS_CERTAIN;
        reading.cause = AVS_CAUSE_CLOCK_WRONG;
        reading.says = bad_stamp;
        reading.also = is_code_60 ? also_beside_clock : NULL;
    }
    return reading;
}

static bool is_listed(const enum avs_cause *list, enum avs_cause cause) {
    for (; list && *list != AVS_CAUSE_NONE; list++) {
        if (*list == cause) {
            return true;
        }
    }
    return false;
}

static bool is_same_peer(const struct avs_tally *a, const struct avs_tally *b) {
    return (a->scope == b->scope || a->scope == AVS_SCOPE_ANY || b->scope == AVS_SCOPE_ANY) &&
           strcmp(a->writer, b->writer) == 0 && a->is_at_stop == b->is_at_stop;
}

/* A number is explained by a text: the reason of a refused certificate, or one of the causes that
 * the number leaves open. */
static bool explains(const struct avs_tally *sharp, const struct avs_reading *sharp_reading,
                     const struct avs_tally *dull, const struct avs_reading *dull_reading) {
    if ((sharp->kind != AVS_TALLY_TEXT && sharp->kind != AVS_TALLY_OWN) ||
        dull->kind != AVS_TALLY_CODE || !is_same_peer(sharp, dull) ||
        sharp->is_clock_implausible != dull->is_clock_implausible) {
        return false;
    }
    return dull->is_verify ? sharp->is_verify_reason
                           : sharp_reading->cause == dull_reading->cause ||
                                 is_listed(dull_reading->also, sharp_reading->cause);
}

/* A journal holds other programs' lines too; the SDK's are known by its records. */
static bool is_foreign(const struct avs_context *context, const char *writer) {
    if (!writer[0] || (context->writer_count == 0 && !context->has_bare_records)) {
        return false;
    }
    for (size_t i = 0; i < context->writer_count; i++) {
        if (strcmp(context->writers[i], writer) == 0) {
            return false;
        }
    }
    return true;
}

static void absorb_one(const struct avs_inspect *inspect, struct avs_reading *readings,
                       size_t index) {
    const struct avs_tally *tally = &inspect->book.tallies[index];
    struct avs_reading *reading = &readings[index];
    for (size_t i = 0; i < inspect->book.tally_count; i++) {
        const struct avs_tally *other = &inspect->book.tallies[i];
        if (i == index || readings[i].is_dropped) {
            continue;
        }
        if (explains(other, &readings[i], tally, reading)) {
            reading->absorbed_by = i;
            reading->why = same_refusal;
            return;
        }
        if (reading->cause == AVS_CAUSE_UNKNOWN_TRANSPORT &&
            readings[i].cause != AVS_CAUSE_UNKNOWN_TRANSPORT && is_same_peer(other, tally)) {
            reading->absorbed_by = i;
            reading->why = same_failure;
            return;
        }
    }
}

void avs_inspect_read(const struct avs_inspect *inspect, struct avs_reading *readings) {
    for (size_t i = 0; i < inspect->book.tally_count; i++) {
        const struct avs_tally *tally = &inspect->book.tallies[i];
        readings[i] = read_alone(inspect, tally);
        bool is_pending = tally->cause == AVS_CAUSE_AUTH_NOT_TLS &&
                          tally->certainty == AVS_POSSIBLE &&
                          tally->recovered_line > tally->last.line;
        readings[i].is_foreign = is_foreign(&inspect->context, tally->writer);
        readings[i].is_dropped = (tally->is_h1_offer && inspect->context.offers_h2) || is_pending ||
                                 readings[i].is_foreign;
    }
    for (size_t i = 0; i < inspect->book.tally_count; i++) {
        absorb_one(inspect, readings, i);
    }
    for (size_t i = 0; i < inspect->book.tally_count; i++) { /* to the end of the chain */
        for (int hops = 0; hops < AVS_TALLIES_MAX && readings[i].absorbed_by < AVS_TALLIES_MAX &&
                           readings[readings[i].absorbed_by].absorbed_by < AVS_TALLIES_MAX;
             hops++) {
            readings[i].absorbed_by = readings[readings[i].absorbed_by].absorbed_by;
        }
    }
}
