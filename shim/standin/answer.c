/* SPDX-License-Identifier: Apache-2.0 */
/* What to answer, whatever the protocol: the ATS phrase to everything, a 204 to a ping. */
#include "answer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT "text/plain"

static const struct {
    unsigned status;
    const char *reason;
} reasons[] = {
    {200, "OK"},
    {204, "No Content"},
    {302, "Found"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {411, "Length Required"},
    {413, "Payload Too Large"},
    {421, "Misdirected Request"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {464, "Incompatible Protocol Versions"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

const char *answer_reason(unsigned status) {
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Unknown";
}

static struct answer text(unsigned status, const char *body) {
    return (struct answer){
        .status = status, .content_type = TEXT, .body = body, .length = strlen(body)};
}

/* A page of 8000 bytes with the phrase at its end. */
static struct answer late_phrase(void) {
    static const char page[] = "<!-- %7900d -->\n<p>" ATS_PHRASE "</p>\n";
    static char body[8192];
    int length = snprintf(body, sizeof(body), page, 0);
    return (struct answer){
        .status = 200, .content_type = "text/html", .body = body, .length = (size_t)length};
}

struct answer answer_for(const struct odd_reply *odd, const char *path) {
    switch (odd->act) {
    case ODD_STATUS: {
        struct answer answer = text(odd->code, "This is the stand-in; no more to see.\n");
        answer.location = odd->code == 302 ? "https://elsewhere.example/" : NULL;
        return answer;
    }
    case ODD_BODY:
        return text(200, "It works, but not as you expect.\n");
    case ODD_LATE:
        return late_phrase();
    case ODD_NO_BODY:
        return (struct answer){.status = 204};
    case ODD_NO:
    case ODD_BYTES:
    case ODD_SILENT:
    case ODD_RST:
    case ODD_GOAWAY:
    case ODD_SHORT:
    case ODD_BAD_FRAME:
    case ODD_ENDLESS:
    case ODD_FAULTS:
    case ODD_FLOOD:
        break;
    case ODD_PLAYED:
        return *odd->played;
    }
    if (strcmp(path, "/ping") == 0) {
        return (struct answer){.status = 204};
    }
    return text(200, ATS_PHRASE "\n");
}

void answer_date(char *date, int clock_s) {
    time_t now = time(NULL) + clock_s;
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(date, DATE_BYTES, "%a, %d %b %Y %H:%M:%S GMT", &utc);
}
