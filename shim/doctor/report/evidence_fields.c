/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as tables. A field of <avs/evidence.h> without a row here is lost in a ticket: the test
 * in test/unit/evidence.c round-trips every row, and ci/checks.sh looks for members without one. */
#include "report/evidence_fields.h"

#include "base/flow.h"
#include "report/field_rows.h"

#define XX(name, id) id,
static const char *const dial_names[] = {AVS_DIAL_MAP(XX)};
static const char *const handshake_names[] = {AVS_HANDSHAKE_MAP(XX)};
static const char *const dns_names[] = {AVS_DNS_MAP(XX)};
static const char *const close_names[] = {AVS_CLOSE_MAP(XX)};
static const char *const store_names[] = {AVS_STORE_MAP(XX)};
#undef XX
static const char *const protocol_names[] = {"h2", "http/1.1"};

#define STRUCT avs_dial_facts
static const struct avs_field dial_rows[] = {
    FIELD_ENUM(outcome, dial_names),
    FIELD(host, TEXT),
    FIELD(port, U16),
    FIELD(address, TEXT),
    FIELD(tried, TEXT),
    FIELD(has_route, BOOL),
    FIELD(proxy, TEXT),
    FIELD(interface_name, TEXT),
    FIELD(curl_code, INT),
    FIELD(os_errno, INT),
    FIELD(proxy_status, INT),
    FIELD(refused_option, TEXT),
};
TABLE(dial);
#undef STRUCT

#define STRUCT avs_cert_facts
static const struct avs_field cert_rows[] = {
    FIELD(subject, TEXT),
    FIELD(issuer, TEXT),
    FIELD(sha256, TEXT),
    FIELD(spki_sha256, TEXT),
    FIELD(key, TEXT),
    FIELD(signature, TEXT),
    FIELD(names, TEXT),
    FIELD(not_before, I64),
    FIELD(not_after, I64),
    FIELD(is_ca, BOOL),
    FIELD_AS(is_self_issued, "self_issued", BOOL),
    FIELD_AS(is_self_signed, "self_signed", BOOL),
    FIELD(ats_root, TEXT),
    FIELD(has_amazon_name, BOOL),
    FIELD(is_amazon_name_over_foreign_key, BOOL),
};
TABLE(cert);
#undef STRUCT

#define STRUCT avs_trust_facts
static const struct avs_field trust_rows[] = {
    FIELD_ENUM_IN(store, state, "store_state", store_names),
    FIELD_IN(store, source, "store_source", TEXT),
    FIELD_IN(store, ca_file, "ca_file", TEXT),
    FIELD_IN(store, ca_path, "ca_path", TEXT),
    FIELD_IN(store, os_errno, "store_errno", INT),
    FIELD_IN(store, count, "store_count", INT),
    FIELD_IN(store, line, "store_line", INT),
    FIELD_IN(store, detail, "store_detail", TEXT),
    FIELD_IN(store, ca_path_useless, "ca_path_useless", BOOL),
    FIELD_IN(gate, policy, "policy", TEXT),
    FIELD_IN(gate, verify_error, "verify_error", INT),
    FIELD_IN(gate, verify_depth, "verify_depth", INT),
    FIELD_IN(gate, verify_text, "verify_text", TEXT),
    FIELD_IN(gate, anchor_subject, "anchor_subject", TEXT),
    FIELD_IN(gate, anchor_sha256, "anchor_sha256", TEXT),
    FIELD_IN(gate, anchor_spki_sha256, "anchor_spki_sha256", TEXT),
    FIELD_IN(gate, is_ats, "ats", BOOL),
    FIELD_IN(gate, ats_root, "ats_root", TEXT),
    FIELD_IN(gate, is_anchor_cross_signed, "anchor_cross_signed", BOOL),
    FIELD_IN(refusal, missing_issuer, "missing_issuer", TEXT),
    FIELD_IN(refusal, issuer_known_by_name, "issuer_known_by_name", BOOL),
    FIELD_IN(refusal, issuer_unfit, "issuer_unfit", BOOL),
    FIELD_IN(refusal, issuer_under_old_hash, "issuer_under_old_hash", BOOL),
    FIELD_IN(refusal, closes_with_ats_roots, "closes_with_ats_roots", BOOL),
    FIELD_IN(refusal, closing_root, "closing_root", TEXT),
    FIELD_IN(refusal, closing_sha256, "closing_sha256", TEXT),
    FIELD_IN(refusal, path_is_public_ats, "path_is_public_ats", BOOL),
    FIELD_IN(refusal, issuer_url, "issuer_url", TEXT),
    FIELD_IN(refusal, intermediate_missing, "intermediate_missing", BOOL),
    FIELD_IN(refusal, self_signed_leaf, "self_signed_leaf", BOOL),
    FIELD_IN(refusal, untrusted_self_signed_in_chain, "untrusted_self_signed_in_chain", BOOL),
    FIELD_IN(refusal, is_intercepted, "intercepted", BOOL),
    FIELD_IN(refusal, intercepted_by, "intercepted_by", TEXT),
    FIELD_IN(refusal, is_expired, "expired", BOOL),
    FIELD_IN(refusal, is_not_yet_valid, "not_yet_valid", BOOL),
    FIELD_IN(refusal, ca_outside_validity, "ca_outside_validity", BOOL),
    FIELD_IN(refusal, all_outside_validity, "all_outside_validity", BOOL),
    FIELD_IN(refusal, valid_at_other_time, "valid_at_other_time", BOOL),
    FIELD_IN(refusal, good_from, "good_from", I64),
    FIELD_IN(refusal, good_until, "good_until", I64),
    FIELD_IN(refusal, hostname_mismatch, "hostname_mismatch", BOOL),
    FIELD_IN(refusal, leaf_number, "leaf_number", INT),
    FIELD_IN(refusal, weak_signature, "weak_signature", BOOL),
    FIELD_IN(refusal, wrong_purpose, "wrong_purpose", BOOL),
    FIELD_IN(refusal, problem_subject, "problem_subject", TEXT),
    FIELD_IN(refusal, problem_not_before, "problem_not_before", I64),
    FIELD_IN(refusal, problem_not_after, "problem_not_after", I64),
};
TABLE(trust);
#undef STRUCT

#define STRUCT avs_tls_facts
static const struct avs_field tls_rows[] = {
    FIELD_ENUM(outcome, handshake_names),
    FIELD_AS(is_verified, "verified", BOOL),
    FIELD(hostname_matched, BOOL),
    FIELD(version, TEXT),
    FIELD(cipher, TEXT),
    FIELD(alpn_offered, TEXT),
    FIELD(alpn, TEXT),
    FIELD(alert_received, INT),
    FIELD(alert_sent, INT),
    FIELD(client_cert_requested, BOOL),
    FIELD(session_resumed, BOOL),
    FIELD(alpn_retry_secure, BOOL),
    FIELD(openssl_error, TEXT),
    FIELD_BYTES(wire_first),
    FIELD(wire_phrase, BOOL),
    FIELD(wire_location, TEXT),
    FIELD_LIST(chain, offsetof(struct avs_tls_facts, chain_length), AVS_CHAIN_MAX, cert_fields),
    FIELD_TABLE(trust, trust_fields),
};
TABLE(tls);
const struct avs_fields avs_tls_facts_fields = {tls_rows, AVS_COUNT(tls_rows)};
#undef STRUCT

#define STRUCT avs_http_facts
static const struct avs_field http_rows[] = {
    FIELD(request_sent, BOOL),
    FIELD_BYTES(first),
    FIELD(bytes_received, U64),
    FIELD_ENUM(close, close_names),
    FIELD_AS(has_timed_out, "timed_out", BOOL),
    FIELD_AS(is_complete, "complete", BOOL),
    FIELD(status, INT),
    FIELD(version, TEXT),
    FIELD(ats_message, BOOL),
    FIELD(redirect_host, TEXT),
    FIELD(http_date, TEXT),
    FIELD(head_complete, BOOL),
    FIELD(bad_head, BOOL),
    FIELD(length_short, BOOL),
    FIELD(bad_chunk, BOOL),
    FIELD(curl_code, INT),
    FIELD(settings_received, BOOL),
    FIELD(goaway_received, BOOL),
    FIELD(goaway_code, U32),
    FIELD(rst_received, BOOL),
    FIELD(rst_code, U32),
    FIELD(protocol_error, BOOL),
    FIELD_AS(is_flood, "flood", BOOL),
    FIELD_AS(was_downgraded, "downgraded", BOOL),
};
TABLE(http);
#undef STRUCT

#define STRUCT avs_timing_facts
static const struct avs_field timing_rows[] = {
    FIELD(dns_ms, REAL),        FIELD(connect_ms, REAL), FIELD(tls_ms, REAL),
    FIELD(first_byte_ms, REAL), FIELD(total_ms, REAL),
};
TABLE(timing);
#undef STRUCT

#define STRUCT avs_session_evidence
static const struct avs_field session_rows[] = {
    FIELD_AS(was_attempted, "attempted", BOOL),
    FIELD_ENUM(protocol, protocol_names),
    FIELD_TABLE(dial, dial_fields),
    FIELD_TABLE(tls, tls_fields),
    FIELD_TABLE(http, http_fields),
    FIELD_TABLE(timing, timing_fields),
};
TABLE(session);
#undef STRUCT

#define STRUCT avs_dns_facts
static const struct avs_field dns_rows[] = {
    FIELD_ENUM(answer, dns_names),
    FIELD(server, TEXT),
    FIELD(servers, TEXT),
};
TABLE(dns);
#undef STRUCT

#define STRUCT avs_path_facts
static const struct avs_field path_rows[] = {FIELD(path, TEXT)};
TABLE(path);
#undef STRUCT

#define STRUCT avs_given_facts
static const struct avs_field given_rows[] = {
    FIELD_LIST(config, offsetof(struct avs_given_facts, config_length), AVS_GIVEN_CONFIGS_MAX,
               path_fields),
    FIELD(ca_file, BOOL),
    FIELD(ca_path, BOOL),
    FIELD(connect_to, TEXT),
    FIELD(proxy_source, TEXT),
    FIELD(sdk, TEXT),
    FIELD(demo, BOOL),
};
TABLE(given);
#undef STRUCT

#define STRUCT avs_machine_facts
static const struct avs_field machine_rows[] = {
    FIELD(tools, TEXT),
    FIELD(is_root, BOOL),
};
TABLE(machine);
#undef STRUCT

#define STRUCT avs_evidence
static const struct avs_field evidence_rows[] = {
    FIELD(endpoint, TEXT),
    FIELD(endpoint_source, TEXT),
    FIELD(host, TEXT),
    FIELD(port, U16),
    FIELD(require_ats, BOOL),
    FIELD(ats_roots_file, TEXT),
    FIELD(wall_clock, I64),
    FIELD(build_time, I64),
    FIELD(library, TEXT),
    FIELD_TABLE(dns, dns_fields),
    FIELD_TABLE(given, given_fields),
    FIELD_TABLE(machine, machine_fields),
    FIELD_LIST(session, AVS_FIXED_LENGTH, AVS_SESSION_COUNT, session_fields),
    FIELD_LIST(family, AVS_FIXED_LENGTH, AVS_FAMILY_COUNT, session_fields),
};
const struct avs_fields avs_evidence_fields = {evidence_rows, AVS_COUNT(evidence_rows)};
#undef STRUCT
