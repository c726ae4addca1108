/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue of causes. Live check, transport, trust audit, config lint and log inspector all
 * speak with these rows: a stable id, a phase, a severity, what it means, what to do about it. */
#ifndef AVS_CAUSE_H
#define AVS_CAUSE_H

#include <stddef.h>

#include <avs/export.h>

AVS_BEGIN_DECLS

/** The causes that libavs-shim can meet: enum suffix and stable id. Append only. */
#define AVS_CAUSE_MAP(XX)                                            \
    XX(NONE, "none")                                                 \
    XX(CONFIG_UNREADABLE, "config_unreadable")                       \
    XX(CONFIG_MALFORMED, "config_malformed")                         \
    XX(ENDPOINT_INVALID, "endpoint_invalid")                         \
    XX(ENDPOINT_IGNORED, "endpoint_ignored")                         \
    XX(DNS_FAILED, "dns_failed")                                     \
    XX(CONNECT_REFUSED, "connect_refused")                           \
    XX(CONNECT_TIMEOUT, "connect_timeout")                           \
    XX(NETWORK_UNREACHABLE, "network_unreachable")                   \
    XX(INTERFACE_MISSING, "interface_missing")                       \
    XX(PROXY_FAILED, "proxy_failed")                                 \
    XX(TLS_ABORTED, "tls_aborted")                                   \
    XX(TLS_TIMEOUT, "tls_timeout")                                   \
    XX(TLS_VERSION, "tls_version")                                   \
    XX(TLS_NO_CIPHER, "tls_no_cipher")                               \
    XX(TLS_FAILED, "tls_failed")                                     \
    XX(PLAINTEXT_PEER, "plaintext_peer")                             \
    XX(SPOOFED_PHRASE, "spoofed_phrase")                             \
    XX(ALPN_REJECTED, "alpn_rejected")                               \
    XX(CLIENT_CERT_REQUIRED, "client_cert_required")                 \
    XX(ROOT_MISSING, "root_missing")                                 \
    XX(INTERMEDIATE_MISSING, "intermediate_missing")                 \
    XX(CROSS_SIGNED_ANCHOR, "cross_signed_anchor")                   \
    XX(SELF_SIGNED, "self_signed")                                   \
    XX(NOT_ATS, "not_ats")                                           \
    XX(INTERCEPTED, "intercepted")                                   \
    XX(HOSTNAME_MISMATCH, "hostname_mismatch")                       \
    XX(CERT_EXPIRED, "cert_expired")                                 \
    XX(CERT_NOT_YET_VALID, "cert_not_yet_valid")                     \
    XX(CLOCK_WRONG, "clock_wrong")                                   \
    XX(WEAK_SIGNATURE, "weak_signature")                             \
    XX(WRONG_PURPOSE, "wrong_purpose")                               \
    XX(CERT_INVALID, "cert_invalid")                                 \
    XX(CA_FILE_UNREADABLE, "ca_file_unreadable")                     \
    XX(CA_FILE_INVALID, "ca_file_invalid")                           \
    XX(CA_PATH_NOT_HASHED, "ca_path_not_hashed")                     \
    XX(HTTP2_MISSING, "http2_missing")                               \
    XX(HTTP2_ERROR, "http2_error")                                   \
    XX(HTTP2_UNSUPPORTED_BY_LIBCURL, "http2_unsupported_by_libcurl") \
    XX(RESPONSE_TIMEOUT, "response_timeout")                         \
    XX(PEER_UNRESPONSIVE, "peer_unresponsive")                       \
    XX(CONNECTION_LOST, "connection_lost")                           \
    XX(NETWORK_CHANGED, "network_changed")                           \
    XX(GOAWAY, "goaway")                                             \
    XX(STREAM_REFUSED, "stream_refused")                             \
    XX(CANCELLED, "cancelled")                                       \
    XX(SHUT_DOWN, "shut_down")                                       \
    XX(AUTH_NOT_TLS, "auth_not_tls")                                 \
    XX(DUPLICATE_CREDENTIALS, "duplicate_credentials")               \
    XX(UNKNOWN_TRANSPORT, "unknown_transport")                       \
    XX(OUT_OF_MEMORY, "out_of_memory")                               \
    XX(INTERNAL, "internal")

/** Those that only libavs-doctor can meet, about AWS IoT Core; their words are in that library, so
 *  that a product does not carry them. Append only. */
#define AVS_CAUSE_IOT_MAP(XX)                                  \
    XX(CLIENT_CERT_UNREADABLE, "client_cert_unreadable")       \
    XX(CLIENT_CERT_INVALID, "client_cert_invalid")             \
    XX(CLIENT_CERT_IS_CA, "client_cert_is_ca")                 \
    XX(CLIENT_CERT_EXPIRED, "client_cert_expired")             \
    XX(CLIENT_CERT_NOT_YET_VALID, "client_cert_not_yet_valid") \
    XX(CLIENT_CERT_ORDER, "client_cert_order")                 \
    XX(CLIENT_KEY_UNREADABLE, "client_key_unreadable")         \
    XX(CLIENT_KEY_INVALID, "client_key_invalid")               \
    XX(CLIENT_KEY_ENCRYPTED, "client_key_encrypted")           \
    XX(CLIENT_KEY_PASSPHRASE, "client_key_passphrase")         \
    XX(CLIENT_KEY_MISMATCH, "client_key_mismatch")             \
    XX(CLIENT_KEY_MODE, "client_key_mode")                     \
    XX(CLIENT_KEY_NO_PROVIDER, "client_key_no_provider")       \
    XX(CLIENT_KEY_TOKEN, "client_key_token")                   \
    XX(CLIENT_FILE_IS_DER, "client_file_is_der")               \
    XX(CLIENT_CERT_UNKNOWN_CA, "client_cert_unknown_ca")       \
    XX(CLIENT_CERT_REVOKED, "client_cert_revoked")             \
    XX(CLIENT_CERT_REFUSED, "client_cert_refused")             \
    XX(ALPN_IGNORED, "alpn_ignored")                           \
    XX(MQTT_NO_ANSWER, "mqtt_no_answer")                       \
    XX(MQTT_CLOSED, "mqtt_closed")                             \
    XX(MQTT_NOT_MQTT, "mqtt_not_mqtt")                         \
    XX(MQTT_VERSION, "mqtt_version")                           \
    XX(MQTT_CLIENT_ID, "mqtt_client_id")                       \
    XX(MQTT_LOGIN, "mqtt_login")                               \
    XX(MQTT_NOT_AUTHORIZED, "mqtt_not_authorized")             \
    XX(MQTT_BUSY, "mqtt_busy")                                 \
    XX(MQTT_TAKEN_OVER, "mqtt_taken_over")                     \
    XX(MQTT_MOVED, "mqtt_moved")                               \
    XX(MQTT_REFUSED, "mqtt_refused")                           \
    XX(PUBLISH_UNAUTHENTICATED, "publish_unauthenticated")     \
    XX(PUBLISH_FORBIDDEN, "publish_forbidden")                 \
    XX(PUBLISH_NOT_FOUND, "publish_not_found")                 \
    XX(PUBLISH_TOO_LARGE, "publish_too_large")                 \
    XX(PUBLISH_THROTTLED, "publish_throttled")                 \
    XX(PUBLISH_FAILED, "publish_failed")                       \
    XX(IOT_LEGACY_NAME, "iot_legacy_name")                     \
    XX(IOT_NAME_INVALID, "iot_name_invalid")                   \
    XX(IOT_WRONG_KIND, "iot_wrong_kind")                       \
    XX(AWS_KEYS_MISSING, "aws_keys_missing")                   \
    XX(AWS_KEYS_INVALID, "aws_keys_invalid")                   \
    XX(AWS_KEYS_ELSEWHERE, "aws_keys_elsewhere")               \
    XX(AWS_KEYS_EXPIRED, "aws_keys_expired")                   \
    XX(AWS_PROFILE_MISSING, "aws_profile_missing")             \
    XX(AWS_REGION_MISSING, "aws_region_missing")               \
    XX(AWS_KEY_UNKNOWN, "aws_key_unknown")                     \
    XX(AWS_SIGNATURE_REFUSED, "aws_signature_refused")         \
    XX(AWS_NOT_ALLOWED, "aws_not_allowed")                     \
    XX(AWS_REQUEST_REFUSED, "aws_request_refused")             \
    XX(AWS_THROTTLED, "aws_throttled")                         \
    XX(AWS_SERVICE_FAILED, "aws_service_failed")               \
    XX(AWS_WRONG_HOST, "aws_wrong_host")                       \
    XX(AWS_ANSWER_BAD, "aws_answer_bad")                       \
    XX(AWS_ROLE_REFUSED, "aws_role_refused")                   \
    XX(CLIENT_CERT_NOT_ASKED, "client_cert_not_asked")         \
    XX(CLIENT_KEY_WEAK, "client_key_weak")                     \
    XX(AWS_NAME_UNFIT, "aws_name_unfit")

/** Those that only a look at the whole board finds (avs-shim doctor); likewise. Append only. */
#define AVS_CAUSE_BOARD_MAP(XX)                        \
    XX(RESOLVER_DEAD, "resolver_dead")                 \
    XX(NAME_PINNED, "name_pinned")                     \
    XX(NAME_RETIRED, "name_retired")                   \
    XX(ADDRESS_BAD, "address_bad")                     \
    XX(IPV6_BROKEN, "ipv6_broken")                     \
    XX(CAPTIVE_PORTAL, "captive_portal")               \
    XX(TIME_NOT_SYNCHRONISED, "time_not_synchronised") \
    XX(DISK_FULL, "disk_full")                         \
    XX(DISK_READ_ONLY, "disk_read_only")               \
    XX(DISK_NOT_WRITABLE, "disk_not_writable")         \
    XX(PROBE_UNFINISHED, "probe_unfinished")           \
    XX(WAY_REFUSED, "way_refused")                     \
    XX(LARGE_PACKETS_LOST, "large_packets_lost")

enum avs_cause {
#define XX(name, id) AVS_CAUSE_##name,
    AVS_CAUSE_MAP(XX) AVS_CAUSE_IOT_MAP(XX) AVS_CAUSE_BOARD_MAP(XX)
#undef XX
        AVS_CAUSE_COUNT
};

/** Where on the way to a working session a cause sits; the order is the order of the path. */
#define AVS_PHASE_MAP(XX)  \
    XX(CONFIG, "config")   \
    XX(DNS, "dns")         \
    XX(TCP, "tcp")         \
    XX(TLS, "tls")         \
    XX(TRUST, "trust")     \
    XX(HTTP, "http")       \
    XX(REQUEST, "request") \
    XX(INTERNAL, "internal")

enum avs_phase {
#define XX(name, id) AVS_PHASE_##name,
    AVS_PHASE_MAP(XX)
#undef XX
        AVS_PHASE_COUNT
};

enum avs_severity { AVS_SEVERITY_INFO, AVS_SEVERITY_WARNING, AVS_SEVERITY_ERROR };

/** One row of the catalogue. All strings are static. */
struct avs_cause_info {
    enum avs_cause cause;
    const char *id; /**< stable, snake_case */
    enum avs_phase phase;
    enum avs_severity severity;
    const char *meaning; /**< one sentence */
    const char *remedy;  /**< what to do about it, in words */
    /** the next command, or NULL; {endpoint} {host} {port} {ca_file} {ca_path} {root} {config} may
     *  occur in it, in those of AWS IoT also {cert} {key} {alpn} */
    const char *command;
};

/** The row of `cause`. Thread: any. Never NULL (that of AVS_CAUSE_NONE for a number out of range,
 * and for those of the two maps behind AVS_CAUSE_MAP in a program without libavs-doctor). */
AVS_API const struct avs_cause_info *avs_cause_info(enum avs_cause cause);

/** The cause with that id, AVS_CAUSE_COUNT when there is none. Thread: any. */
AVS_API enum avs_cause avs_cause_from_id(const char *id);

/** Stable id of a phase ("tls"). Thread: any. Never NULL. */
AVS_API const char *avs_phase_id(enum avs_phase phase);

/** "info", "warning" or "error". Thread: any. Never NULL. */
AVS_API const char *avs_severity_id(enum avs_severity severity);

AVS_END_DECLS

#endif
