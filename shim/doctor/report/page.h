/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a page: one self-contained HTML file that loads nothing, keeps its own
 * Content-Security-Policy, and shows whatever a server or a log had in it as text. */
#ifndef AVS_REPORT_PAGE_H
#define AVS_REPORT_PAGE_H

#include <avs/evidence.h>

#include "base/buffer.h"
#include "report/findings.h"

/** The one style and the one script of a page, and their hashes, "sha256-...". */
extern const char avs_page_style[], avs_page_style_hash[];
extern const char avs_page_script[], avs_page_script_hash[];

/** How a thing went: the colour and the word of its badge. */
enum avs_page_tone { AVS_PAGE_GOOD, AVS_PAGE_BAD, AVS_PAGE_WARN, AVS_PAGE_NOTE };

/** Everything up to the content of <main>: the answer as the page's heading. */
void avs_page_open(struct avs_buffer *out, const char *title, enum avs_page_tone tone,
                   const char *word, const char *heading, const char *answer);
void avs_page_close(struct avs_buffer *out);
/** A badge: a word with a colour, which never stands for the word. */
void avs_page_badge(struct avs_buffer *out, enum avs_page_tone tone, const char *word);
/** A command to copy; nothing for "". */
void avs_page_command(struct avs_buffer *out, const char *command);

/** The chain: who signed whom, where it breaks, which root would close it; as a drawing, and the
 *  same in words. Nothing where no certificate was sent. */
void avs_page_chain(struct avs_buffer *out, const struct avs_session_evidence *session);
/** What each step of each session took, as bars and in numbers. */
void avs_page_timing(struct avs_buffer *out, const struct avs_evidence *evidence);

/** Where the evidence stands in a page; false where `text` is none of ours. */
bool avs_page_find_evidence(const char **text, size_t *length);

#endif
