/* SPDX-License-Identifier: Apache-2.0 */
/* What each proof of a ladder says, what to do about it, and the next command. */
#include "report/ladder_words.h"

#include <string.h>

#include "base/text.h"
#include "ladder/plan.h"
#include "report/advice.h"

struct view {
    const struct avs_ladder *ladder;
    const struct avs_ladder_conclusion *conclusion;
    const struct avs_rung *base;
    struct avs_proof_words *words;
};

#define PROVES(view, ...)  (void)avs_buffer_printf(&(view)->words->proves, __VA_ARGS__)
#define REMEDY(view, ...)  (void)avs_buffer_printf(&(view)->words->remedy, __VA_ARGS__)
#define COMMAND(view, ...) (void)avs_buffer_printf(&(view)->words->command, __VA_ARGS__)

/* ---------------------------------------------------------------- parts */

static const char *host_of(const struct view *view) {
    return view->ladder->evidence->host;
}

static void add_check(const struct view *view) {
    const struct avs_evidence *evidence = view->ladder->evidence;
    COMMAND(view, "avs-shim check --endpoint ");
    (void)avs_buffer_add_word(&view->words->command, evidence->endpoint);
}

/* A rung on an address, of the kind and the sight that is asked for. */
static const struct avs_rung *find_address(const struct view *view, bool has_passed, unsigned sight,
                                           int family) {
    const struct avs_ladder_sheet *sheet = &view->ladder->sheet;
    for (size_t i = 0; i < sheet->rung_count; i++) {
        const struct avs_rung *rung = &sheet->rung[i];
        if (rung->axis == AVS_AXIS_ADDRESS && avs_rung_was_tried(rung) &&
            (rung->state == AVS_RUNG_PASSED) == has_passed && (rung->seen.sight & sight) &&
            (family < 0 || sheet->world.address[rung->way.address - 1].is_ipv6 == (family == 6))) {
            return rung;
        }
    }
    return NULL;
}

static const char *address_of(const struct view *view, const struct avs_rung *rung) {
    return rung ? view->ladder->sheet.world.address[rung->way.address - 1].text : "?";
}

static void count_addresses(const struct view *view, size_t *ret_tried, size_t *ret_bad) {
    const struct avs_ladder_sheet *sheet = &view->ladder->sheet;
    *ret_tried = *ret_bad = 0;
    for (size_t i = 0; i < sheet->rung_count; i++) {
        const struct avs_rung *rung = &sheet->rung[i];
        if (rung->axis == AVS_AXIS_ADDRESS && avs_rung_was_tried(rung)) {
            ++*ret_tried;
            *ret_bad += rung->state == AVS_RUNG_FAILED;
        }
    }
}

static bool is_ipv6(const struct view *view) {
    return strchr(view->base->seen.address, ':') != NULL;
}

/* The interface is the one that leads to the peer. */
static void add_mtu(const struct view *view, int mtu) {
    if (view->base->seen.address[0]) {
        COMMAND(view,
                "ip link set dev \"$(ip -o route get %s | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')\" "
                "mtu %d",
                view->base->seen.address, mtu);
    }
}

/* ---------------------------------------------------------------- each proof */

static void say_segments(const struct view *view) {
    const struct avs_ladder_conclusion *conclusion = view->conclusion;
    int headers = is_ipv6(view) ? AVS_HEADERS_IPV6 : AVS_HEADERS_IPV4;
    int good = conclusion->segment_good + headers, bad = conclusion->segment_bad + headers;
    PROVES(view,
           "large packets vanish: packets of up to %d bytes get through, of %d do not, and nobody "
           "says so. The path's MTU is below %d, and the ICMP message that should tell does not "
           "arrive",
           good, bad, bad);
    REMEDY(
        view,
        "Give this device's interface an MTU of %d, or have the router clamp the MSS of TCP; let "
        "ICMP \"fragmentation needed\" (IPv6: \"packet too big\") through.",
        good);
    add_mtu(view, good);
}

static void say_requests(const struct view *view) {
    const struct avs_ladder_conclusion *conclusion = view->conclusion;
    int bad =
        conclusion->request_bad < AVS_REQUEST_FULL ? conclusion->request_bad : AVS_REQUEST_FULL;
    int good = conclusion->request_good > 0 ? conclusion->request_good : AVS_SEGMENT_LEAST;
    PROVES(view,
           "large records vanish on the way to the server: requests of up to about %d bytes are "
           "answered, of about %d are not, by silence. The MTU of the way there is below about %d",
           good, conclusion->request_bad, bad + AVS_REQUEST_HEADERS);
    REMEDY(
        view,
        "Give this device's interface an MTU of %d, or have the router clamp the MSS of TCP; let "
        "ICMP \"fragmentation needed\" (IPv6: \"packet too big\") through.",
        good + AVS_REQUEST_HEADERS);
    add_mtu(view, good + AVS_REQUEST_HEADERS);
}

static void say_proxy(const struct view *view) {
    const char *proxy = view->ladder->evidence->session[AVS_PROTOCOL_H2].dial.proxy;
    PROVES(view,
           "past the proxy %s it passes: the proxy is what fails, not the network or the server",
           proxy);
    REMEDY(view,
           "Mend the proxy, or take it away: libcurlUtils.CURLOPT_PROXY of the configuration, else "
           "https_proxy or all_proxy of the environment; no_proxy keeps it for other hosts.");
    COMMAND(view, "env | grep -i proxy");
}

static void say_proxy_needed(const struct view *view) {
    PROVES(view, "the direct way is closed, and the proxy is the way that there is: keep it");
}

static void say_port(const struct view *view) {
    PROVES(view, "port 443 is let through, port %u is not: a firewall, or nothing listens there",
           view->ladder->sheet.world.port);
    REMEDY(view, "Give the endpoint without the port, or have port %u opened.",
           view->ladder->sheet.world.port);
    COMMAND(view, "avs-shim check --endpoint ");
    char url[AVS_NAME_BYTES + 16];
    avs_text_format(url, sizeof(url), strchr(host_of(view), ':') ? "https://[%s]" : "https://%s",
                    host_of(view));
    (void)avs_buffer_add_word(&view->words->command, url);
}

static void say_dead(const struct view *view, int dead, int alive) {
    const struct avs_rung *bad = find_address(view, false, ~0u, dead);
    const struct avs_rung *good = find_address(view, true, ~0u, alive);
    PROVES(view, "IPv%d is dead on this way (%s: %s), IPv%d is fine%s%s", dead,
           address_of(view, bad), bad ? avs_sight_text(bad->seen.sight) : "", alive,
           good ? ": " : "", good ? address_of(view, good) : "");
    REMEDY(view,
           "Mend the route of IPv%d, or take that family off this device; until then each new "
           "connection may wait for it.",
           dead);
    COMMAND(view, "ip -%d route get %s", dead, address_of(view, bad));
}

static void say_ipv6(const struct view *view) {
    say_dead(view, 6, 4);
}

static void say_ipv4(const struct view *view) {
    say_dead(view, 4, 6);
}

static const struct avs_ladder_chain *chain_of(const struct view *view,
                                               const struct avs_rung *rung) {
    for (size_t i = 0; rung && i < view->ladder->chain_count; i++) {
        if (strcmp(view->ladder->chain[i].leaf_sha256, rung->seen.leaf_sha256) == 0) {
            return &view->ladder->chain[i];
        }
    }
    return NULL;
}

static void pin(const struct view *view) {
    const struct avs_rung *good = find_address(view, true, ~0u, -1);
    REMEDY(view, "It is the server's side: tell whoever runs it. Until it is mended, name a good "
                 "address in /etc/hosts, and take the line out again later.");
    COMMAND(view, "echo ");
    char line[AVS_NAME_BYTES + 80];
    avs_text_format(line, sizeof(line), "%s %s", address_of(view, good), host_of(view));
    (void)avs_buffer_add_word(&view->words->command, line);
    COMMAND(view, " >> /etc/hosts");
}

static void say_address_chain(const struct view *view) {
    const struct avs_rung *bad = find_address(view, false, AVS_SIGHT_UNTRUSTED, -1);
    const struct avs_ladder_chain *chain = chain_of(view, bad);
    size_t tried, failed;
    count_addresses(view, &tried, &failed);
    PROVES(view, "%zu of %zu addresses present%s another chain than those that pass: %s (%s)%s%s",
           failed, tried, failed == 1 ? "s" : "", address_of(view, bad),
           bad ? avs_cause_info(bad->seen.cause)->id : "", chain ? ", issued by " : "",
           chain ? chain->issuer : "");
    pin(view);
}

static void say_address_broken(const struct view *view) {
    const struct avs_rung *bad = find_address(view, false, ~(unsigned)AVS_SIGHT_UNTRUSTED, -1);
    size_t tried, failed;
    count_addresses(view, &tried, &failed);
    PROVES(view, "%zu of %zu addresses fail%s, the others pass: %s (%s)", failed, tried,
           failed == 1 ? "s" : "", address_of(view, bad),
           bad ? avs_sight_text(bad->seen.sight) : "");
    pin(view);
}

static void say_store_other(const struct view *view) {
    const char *file = view->ladder->store_file[AVS_LADDER_STORE_SYSTEM];
    PROVES(view,
           "the system's store (%s) accepts the chain that was sent, the store in force (%s) does "
           "not: the store is what is wrong, not the server and not the network",
           file, view->ladder->store_file[AVS_LADDER_STORE_OURS]);
    REMEDY(view,
           "Leave libcurlUtils.CURLOPT_CAINFO and CURLOPT_CAPATH out of the configuration, or add "
           "the missing root to the store in force.");
    COMMAND(view, "avs-shim trust audit");
}

static void say_store_ats(const struct view *view) {
    PROVES(view,
           "the ATS roots accept the chain that was sent, the store in force (%s) does not: a root "
           "is missing there, and nothing else is wrong with the chain",
           view->ladder->store_file[AVS_LADDER_STORE_OURS]);
    REMEDY(view, "Add the ATS roots to the store that is in force.");
    COMMAND(view, "avs-shim trust install");
}

static void say_family(const struct view *view, const char *bad, const char *good) {
    PROVES(view,
           "the server's %s chain is trusted, its %s chain is not: which of them it shows decides, "
           "and the root of the %s chain is missing",
           good, bad, bad);
    REMEDY(view, "Add the ATS roots to the store that is in force; both chains need theirs.");
    COMMAND(view, "avs-shim trust install");
}

static void say_rsa(const struct view *view) {
    say_family(view, "RSA", "ECDSA");
}

static void say_ecdsa(const struct view *view) {
    say_family(view, "ECDSA", "RSA");
}

static void say_http2_refused(const struct view *view) {
    bool has_agreed = strcmp(view->base->seen.alpn, "h2") == 0;
    PROVES(view,
           has_agreed
               ? "the server agreed to HTTP/2 and gives no answer over it, over HTTP/1.1 it "
                 "does: the server, or a proxy with its certificate, breaks HTTP/2"
               : "HTTP/1.1 passes, HTTP/2 is not agreed to. What ALPN chose is part of what "
                 "TLS proves, so nobody on the way took it out: the server itself, or whoever "
                 "has its certificate, offers none");
    REMEDY(view, "AVS runs on HTTP/2 alone. Check that this is the host of AVS, and what stands in "
                 "front of it.");
    add_check(view);
}

static void say_http2_lost(const struct view *view) {
    PROVES(view, "TLS stands and HTTP/2 falls silent, while HTTP/1.1 is answered: the server, or a "
                 "proxy with its certificate, breaks HTTP/2");
    REMEDY(view, "AVS runs on HTTP/2 alone. Check that this is the host of AVS, and what stands in "
                 "front of it.");
    add_check(view);
}

static void say_combination(const struct view *view) {
    char name[AVS_RUNG_NAME_BYTES];
    avs_rung_name(view->ladder, view->conclusion->change, name);
    PROVES(view, "it passes with this and not as configured: %s", name);
    REMEDY(view, "Change no more than that on the device, and find out what on the way needs it.");
}

static void say_again(const struct view *view) {
    PROVES(view,
           "it failed as configured, and passed with each TLS version by itself: no setting is "
           "at fault, the way or the server comes and goes");
    REMEDY(view, "Run it again, and look for lost packets.");
    COMMAND(view, "ping -c 20 %s",
            view->base->seen.address[0] ? view->base->seen.address : host_of(view));
}

static void say_nothing(const struct view *view) {
    PROVES(view, "nothing of what was tried makes it pass, so none of that alone is what is wrong");
}

static void say_unreached(const struct view *view) {
    PROVES(view,
           "not one connection came about: the trouble lies below TLS, in the name, the route, "
           "a firewall or the server's port");
}

static void say_tls13(const struct view *view) {
    PROVES(view,
           "TLS 1.3 is swallowed, 1.2 passes: something on the way, a firewall or another "
           "middlebox, takes every ClientHello that offers TLS 1.3; a server without it would "
           "have answered with 1.2");
    REMEDY(view, "Have the network let TLS 1.3 through. Until then hold this device at TLS 1.2: "
                 "MaxProtocol = TLSv1.2 in the system_default section of its openssl.cnf, in the "
                 "folder that this command names.");
    COMMAND(view, "openssl version -d");
}

static void say_alpn(const struct view *view) {
    PROVES(view,
           "with ALPN the handshake is swallowed, without it stands: something on the way takes "
           "every ClientHello with ALPN, and HTTP/2 cannot be had without");
    REMEDY(view, "Have the network let ALPN through, or take another way: a proxy, a VPN, another "
                 "uplink. No setting of this device can do without.");
    add_check(view);
}

static void say_tls12_alone(const struct view *view) {
    PROVES(view, "the server speaks TLS 1.2 and refuses 1.3 by itself: an answer, no silence");
}

static void say_tls13_alone(const struct view *view) {
    PROVES(view,
           "the server speaks TLS 1.3 and refuses 1.2 by itself: a device whose OpenSSL has no "
           "1.3 does not get in");
}

static void (*const sayings[AVS_PROOF_COUNT])(const struct view *view) = {
    [AVS_PROOF_TLS13_SWALLOWED] = say_tls13,
    [AVS_PROOF_ALPN_SWALLOWED] = say_alpn,
    [AVS_PROOF_LARGE_SEGMENTS_LOST] = say_segments,
    [AVS_PROOF_LARGE_REQUESTS_LOST] = say_requests,
    [AVS_PROOF_PROXY_BROKEN] = say_proxy,
    [AVS_PROOF_PORT_BLOCKED] = say_port,
    [AVS_PROOF_IPV6_DEAD] = say_ipv6,
    [AVS_PROOF_IPV4_DEAD] = say_ipv4,
    [AVS_PROOF_ADDRESS_CHAIN] = say_address_chain,
    [AVS_PROOF_ADDRESS_BROKEN] = say_address_broken,
    [AVS_PROOF_RSA_UNTRUSTED] = say_rsa,
    [AVS_PROOF_ECDSA_UNTRUSTED] = say_ecdsa,
    [AVS_PROOF_HTTP2_REFUSED] = say_http2_refused,
    [AVS_PROOF_HTTP2_LOST] = say_http2_lost,
    [AVS_PROOF_STORE_LACKS_ATS] = say_store_ats,
    [AVS_PROOF_STORE_OTHER_CLOSES] = say_store_other,
    [AVS_PROOF_COMES_AND_GOES] = say_again,
    [AVS_PROOF_COMBINATION] = say_combination,
    [AVS_PROOF_TLS12_ALONE] = say_tls12_alone,
    [AVS_PROOF_TLS13_ALONE] = say_tls13_alone,
    [AVS_PROOF_PROXY_NEEDED] = say_proxy_needed,
    [AVS_PROOF_NOTHING_PASSES] = say_nothing,
    [AVS_PROOF_NOTHING_REACHED] = say_unreached,
};

/* Its first word is a tool that this machine has, or needs none. */
static bool can_run(const struct avs_ladder *ladder, const char *command) {
    static const char *const anywhere[] = {"avs-shim", "echo", "env"};
    size_t length = strcspn(command, " ");
    const char *tools = ladder->evidence->machine.tools;
    for (size_t i = 0; i < AVS_COUNT(anywhere); i++) {
        if (strlen(anywhere[i]) == length && strncmp(anywhere[i], command, length) == 0) {
            return true;
        }
    }
    for (const char *tool = tools; *tool; tool += strspn(tool, " ")) {
        size_t tool_length = strcspn(tool, " ");
        if (tool_length == length && strncmp(tool, command, length) == 0) {
            return true;
        }
        tool += tool_length;
    }
    return false;
}

enum avs_status avs_proof_words_init(struct avs_proof_words *words, const struct avs_ladder *ladder,
                                     const struct avs_ladder_conclusion *conclusion,
                                     enum avs_ladder_proof proof, struct avs_error *reterr) {
    const struct view view = {ladder, conclusion, &ladder->sheet.rung[0], words};
    words->proves = avs_buffer_init(AVS_ADVICE_BYTES);
    words->remedy = avs_buffer_init(AVS_ADVICE_BYTES);
    words->command = avs_buffer_init(AVS_ADVICE_BYTES);
    if (sayings[proof]) {
        sayings[proof](&view);
    }
    if (words->command.length > 0 && !can_run(ladder, words->command.data)) {
        avs_buffer_drop_front(&words->command, words->command.length);
    }
    return words->proves.is_failed || words->remedy.is_failed || words->command.is_failed
               ? avs_fail_memory(reterr)
               : AVS_OK;
}

void avs_proof_words_done(struct avs_proof_words *words) {
    avs_buffer_done(&words->proves);
    avs_buffer_done(&words->remedy);
    avs_buffer_done(&words->command);
}
