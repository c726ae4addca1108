/* SPDX-License-Identifier: Apache-2.0 */
/* The lists behind names.h. */
#include "base/names.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/flow.h"
#include "base/text.h"

static const char *const amazon_domains[] = {
    "amazon.com",    "amazon.co.uk",     "amazon.de",      "amazon.co.jp",  "amazon.in",
    "amazon.com.au", "amazonalexa.com",  "alexa.com",      "amazonaws.com", "amazonaws.com.cn",
    "amazonaws.eu",  "amazontrust.com",  "a2z.com",        "aws.dev",       "api.aws",
    "awstrust.com",  "media-amazon.com", "cloudfront.net",
};

bool avs_names_is_amazon_host(const char *host) {
    size_t length = host ? strlen(host) : 0;
    while (length > 0 && host[length - 1] == '.') {
        length--;
    }
    for (size_t i = 0; i < AVS_COUNT(amazon_domains); i++) {
        size_t tail = strlen(amazon_domains[i]);
        if (length >= tail && strncasecmp(host + length - tail, amazon_domains[i], tail) == 0 &&
            (length == tail || host[length - tail - 1] == '.')) {
            return true;
        }
    }
    return false;
}

/* Beginnings of O= of the authorities that AVS and its login hosts have used. */
static const char *const authorities[] = {
    "Amazon",        "Starfield Technologies",
    "GoDaddy",       "The Go Daddy",
    "DigiCert",      "VeriSign",
    "Symantec",      "thawte",
    "GeoTrust",      "Baltimore",
    "GlobalSign",    "Sectigo",
    "COMODO",        "The USERTRUST",
    "Entrust",       "Google Trust Services",
    "Microsoft",     "Internet Security Research Group",
    "Let's Encrypt", "IdenTrust",
    "Certainly",     "SSL Corporation",
};

bool avs_names_is_public_authority(const char *organization) {
    for (size_t i = 0; i < AVS_COUNT(authorities); i++) {
        if (strncasecmp(organization, authorities[i], strlen(authorities[i])) == 0) {
            return true;
        }
    }
    return false;
}

static const char *const interceptors[] = {
    "zscaler",
    "fortinet",
    "fortigate",
    "blue coat",
    "bluecoat",
    "palo alto",
    "sophos",
    "netskope",
    "cisco umbrella",
    "umbrella root",
    "check point",
    "checkpoint",
    "skyhigh",
    "mcafee web",
    "web gateway",
    "kaspersky",
    "bitdefender",
    "avast",
    "avg technologies",
    "eset ssl",
    "dr.web",
    "mitmproxy",
    "charles proxy",
    "fiddler",
    "portswigger",
    "burp",
    "squid",
    "barracuda",
    "watchguard",
    "sonicwall",
    "forcepoint",
    "websense",
    "iboss",
    "untangle",
    "lightspeed",
    "securly",
    "goguardian",
    "smoothwall",
    "cloudflare gateway",
    "cloudflare for teams",
    "ssl inspection",
    "tls inspection",
    "ssl proxy",
    "tls proxy",
    "https inspection",
    "ssl decrypt",
    "deep inspection",
    "web proxy",
    "proxy ca",
    "gateway ca",
};

bool avs_names_is_interceptor(const char *distinguished_name) {
    for (size_t i = 0; i < AVS_COUNT(interceptors); i++) {
        if (avs_text_contains_nocase(distinguished_name, strlen(distinguished_name),
                                     interceptors[i])) {
            return true;
        }
    }
    return false;
}
