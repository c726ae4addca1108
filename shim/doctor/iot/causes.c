/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the catalogue that only the workshop can meet: AWS IoT Core. They join the line's as
 * the library is loaded. */
#include "base/causes.h"
#include "base/flow.h"
#include "iot/causes.h"

#define XX AVS_CAUSE_ID
AVS_CAUSE_IOT_MAP(XX)
#undef XX

enum { FIRST = AVS_CAUSE_INTERNAL + 1 };
#define ROW(name, ...) [AVS_CAUSE_##name - FIRST] = AVS_CAUSE_ROW(name, __VA_ARGS__)

const struct avs_cause_info avs_iot_causes[] = {
    ROW(CLIENT_CERT_UNREADABLE, CONFIG, ERROR, "The device's certificate file cannot be read.",
        "Correct the path, or its permissions for the user that the device's client runs as.",
        "ls -l {cert}"),
    ROW(CLIENT_CERT_INVALID, CONFIG, ERROR,
        "The file given as the device's certificate holds none: something else, or a damaged one.",
        "Give the file that AWS IoT named NAME-certificate.pem.crt (-----BEGIN CERTIFICATE-----); "
        "key, signing request and CA file are others.",
        "openssl x509 -in {cert} -noout -subject -issuer -dates"),
    ROW(CLIENT_CERT_IS_CA, CONFIG, ERROR,
        "The certificate is an authority's, not a device's: a CA file was given in its place.",
        "Give the device's own certificate; the CA file is what the device trusts (--ca-file).",
        "openssl x509 -in {cert} -noout -subject -issuer -ext basicConstraints"),
    ROW(CLIENT_CERT_EXPIRED, CONFIG, ERROR, "The device's certificate has expired.",
        "If this device's clock is right, create and attach a new certificate; if not, set the "
        "clock.",
        "openssl x509 -in {cert} -noout -dates && date -u"),
    ROW(CLIENT_CERT_NOT_YET_VALID, CONFIG, ERROR, "The device's certificate is not valid yet.",
        "Most often this device's clock is behind: set it.",
        "openssl x509 -in {cert} -noout -dates && date -u"),
    ROW(CLIENT_CERT_ORDER, CONFIG, ERROR,
        "The device's own certificate is not the first of its file.",
        "Put it first, the authorities that issued it behind it: clients present the first one.",
        "grep -c BEGIN {cert}"),
    ROW(CLIENT_KEY_UNREADABLE, CONFIG, ERROR, "The device's private key cannot be read.",
        "Correct the path, or give the file to the user that the device's client runs as (chown, "
        "then chmod 600).",
        "ls -l {key}"),
    ROW(CLIENT_KEY_INVALID, CONFIG, ERROR,
        "The file given as the device's private key holds none: something else, or a damaged one.",
        "Give the file that AWS IoT named NAME-private.pem.key; certificate, public key and "
        "signing "
        "request are others.",
        "openssl pkey -in {key} -noout"),
    ROW(CLIENT_KEY_ENCRYPTED, CONFIG, ERROR,
        "The private key is encrypted, and no pass phrase was given.",
        "Give it with --key-passphrase-file FILE or in AVS_SHIM_KEY_PASSPHRASE; a device that "
        "starts by itself needs a key without one, or one in hardware.",
        NULL),
    ROW(CLIENT_KEY_PASSPHRASE, CONFIG, ERROR, "The pass phrase does not open the private key.",
        "Check the file: its first line is the pass phrase, without quotes.", NULL),
    ROW(CLIENT_KEY_MISMATCH, CONFIG, ERROR,
        "Certificate and private key do not belong together: the key is another certificate's.",
        "Give the pair that was created together; if the key is lost, create a new certificate.",
        "openssl x509 -in {cert} -noout -pubkey"),
    ROW(CLIENT_KEY_MODE, CONFIG, WARNING,
        "Others than the owner may read the private key, or its folder lets them in.",
        "Set the key to 600 and its folder to 700: AWS IoT Device Client refuses anything else.",
        "chmod 600 {key}"),
    ROW(CLIENT_KEY_NO_PROVIDER, CONFIG, ERROR,
        "This machine's OpenSSL has nothing that opens such a key URI.",
        "For pkcs11: install pkcs11-provider (OpenSSL 3) or libengine-pkcs11-openssl, for handle: "
        "and TPM keys tpm2-openssl, and name it in openssl.cnf.",
        "openssl list -providers"),
    ROW(CLIENT_KEY_TOKEN, CONFIG, ERROR,
        "The token did not give the private key: no such token or object, or a wrong PIN.",
        "Check token, object and PIN of the URI, and that this user may use the token.",
        "pkcs11-tool --list-token-slots"),
    ROW(CLIENT_FILE_IS_DER, CONFIG, WARNING,
        "The file is in DER form; most clients (libcurl, mosquitto, the AWS SDKs) take PEM only.",
        "Convert it with openssl x509 or openssl pkey, -inform DER.", NULL),
    ROW(CLIENT_CERT_UNKNOWN_CA, TLS, ERROR,
        "The server does not know the authority that issued the device's certificate.",
        "Register that authority or the certificate with AWS IoT, in this very account and region; "
        "and check that the host is of that account.",
        "aws iot describe-certificate --certificate-id ID"),
    ROW(CLIENT_CERT_REVOKED, TLS, ERROR, "The server says that the certificate is revoked.",
        "Create and attach a new certificate; a revoked one does not come back.",
        "aws iot describe-certificate --certificate-id ID"),
    ROW(CLIENT_CERT_REFUSED, TLS, ERROR, "The server refuses the device's certificate.",
        "Check that it is registered and ACTIVE in this account and region, and that a policy is "
        "attached to it.",
        "aws iot describe-certificate --certificate-id ID"),
    ROW(ALPN_IGNORED, TLS, ERROR,
        "The server agreed to no application protocol: it did not take up the ALPN name that "
        "chooses the protocol on this port.",
        "Check host and port; a proxy that re-makes TLS strips ALPN. Port 8883 needs none.",
        "openssl s_client -connect {host}:{port} -servername {host} -alpn {alpn} </dev/null"),
    ROW(MQTT_NO_ANSWER, REQUEST, ERROR, "The CONNECT was sent, and nothing came back in time.",
        "On port 443 a missing ALPN name looks like this; elsewhere something behind the TLS end "
        "is stuck.",
        NULL),
    ROW(MQTT_CLOSED, REQUEST, ERROR,
        "The server closed the connection after the CONNECT and gave no reason.",
        "AWS IoT does so when the policy does not allow iot:Connect for this client id, when the "
        "certificate is not ACTIVE, and when another client has the same id: check them in this "
        "order.",
        "aws iot list-attached-policies --target CERTIFICATE-ARN"),
    ROW(MQTT_NOT_MQTT, REQUEST, ERROR, "What answered the CONNECT does not speak MQTT.",
        "Check the port and, on 443, the ALPN name; port 8443 speaks HTTP.", NULL),
    ROW(MQTT_VERSION, REQUEST, ERROR, "The server takes neither MQTT 5 nor MQTT 3.1.1.",
        "Check what listens there: AWS IoT takes both.", NULL),
    ROW(MQTT_CLIENT_ID, REQUEST, ERROR, "The server does not take this client id.",
        "Use the client id that the policy names (--client-id; a running device with that id is "
        "disconnected).",
        NULL),
    ROW(MQTT_LOGIN, REQUEST, ERROR, "The server wants a user name and a password.",
        "This is a broker of another kind or a custom authorizer: AWS IoT with X.509 asks for "
        "neither.",
        NULL),
    ROW(MQTT_NOT_AUTHORIZED, REQUEST, ERROR,
        "The server knows the certificate and does not allow the connection.",
        "Allow iot:Connect for this client id in the policy, and attach the policy to this "
        "certificate.",
        "aws iot list-attached-policies --target CERTIFICATE-ARN"),
    ROW(MQTT_BUSY, REQUEST, ERROR,
        "The server takes no connection now: unavailable, busy, or a quota is used up.",
        "Try again later, with growing random pauses between the tries.", NULL),
    ROW(MQTT_TAKEN_OVER, REQUEST, ERROR, "Another client connected with the same client id.",
        "Give each device its own client id; two with the same one throw each other out for ever.",
        NULL),
    ROW(MQTT_MOVED, REQUEST, ERROR, "The server sends clients elsewhere.",
        "Ask for the account's endpoint again (avs-shim iot endpoint).", NULL),
    ROW(MQTT_REFUSED, REQUEST, ERROR, "The server refused the CONNECT.",
        "The reason code is in the facts: MQTT 5, section 3.2.2.2.", NULL),
    ROW(PUBLISH_UNAUTHENTICATED, HTTP, ERROR,
        "The server did not see or did not accept who publishes (401).",
        "Present the certificate (--cert, --key); check that it is ACTIVE.",
        "aws iot describe-certificate --certificate-id ID"),
    ROW(PUBLISH_FORBIDDEN, HTTP, ERROR, "The server does not allow this message (403).",
        "Allow iot:Publish for this topic in the policy that is attached to the certificate; 403 "
        "also means that the certificate is not ACTIVE.",
        "aws iot list-attached-policies --target CERTIFICATE-ARN"),
    ROW(PUBLISH_NOT_FOUND, HTTP, ERROR, "The server has no such resource (404).",
        "Check that the host is the data endpoint (iot:Data-ATS) and no other kind.", NULL),
    ROW(PUBLISH_TOO_LARGE, HTTP, ERROR, "The message is too large (413).",
        "AWS IoT takes 128 KB; this probe sends a few bytes: look at what answers.", NULL),
    ROW(PUBLISH_THROTTLED, HTTP, ERROR, "Too many messages in a short time (429).",
        "Try again later, with growing random pauses between the tries.", NULL),
    ROW(PUBLISH_FAILED, HTTP, ERROR, "The server did not confirm the message.",
        "The status is in the facts; a 5xx is the server's own fault: try again later.", NULL),
    ROW(IOT_LEGACY_NAME, CONFIG, WARNING,
        "A legacy name: AWS no longer supports VeriSign on IoT Core, and connections to it fail "
        "sooner or later.",
        "Put the Amazon roots into the device's store, ask for iot:Data-ATS, then switch. Never "
        "paste -ats into a name, and do not install VeriSign's G5 root.",
        "avs-shim iot endpoint"),
    ROW(IOT_NAME_INVALID, CONFIG, ERROR,
        "The name is none that AWS IoT Core has, though it stands where one should.",
        "Ask DescribeEndpoint for the name and copy it whole; names are not put together by hand.",
        "avs-shim iot endpoint"),
    ROW(IOT_WRONG_KIND, CONFIG, ERROR,
        "The name is of another kind of AWS IoT host than is needed where it stands.",
        "Ask DescribeEndpoint for the kind that is needed: iot:Data-ATS for devices, "
        "iot:CredentialProvider for credentials. Their prefixes differ.",
        "avs-shim iot endpoint --type credentials"),
    ROW(AWS_KEYS_MISSING, CONFIG, ERROR, "There are no AWS keys to sign the request with.",
        "Run aws configure, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use the device's "
        "own certificate (--cert, --key, --role-alias).",
        "aws configure"),
    ROW(AWS_KEYS_INVALID, CONFIG, ERROR,
        "The AWS keys are incomplete or damaged, or the program that gives them out failed.",
        "Correct the place named above; an access key id and its secret come as a pair.", NULL),
    ROW(AWS_KEYS_ELSEWHERE, CONFIG, ERROR,
        "The profile's keys come from AWS at each use (SSO, a role, a container).",
        "Export them first; the AWS CLI does it.",
        "eval \"$(aws configure export-credentials --format env)\""),
    ROW(AWS_KEYS_EXPIRED, CONFIG, ERROR,
        "The AWS keys have expired: temporary ones live for hours.",
        "Fetch new ones. If they are new, this machine's clock is wrong.",
        "aws sts get-caller-identity"),
    ROW(AWS_PROFILE_MISSING, CONFIG, ERROR, "There is no AWS profile of that name.",
        "Correct the name, or add the profile to ~/.aws/config as [profile NAME].",
        "aws configure list-profiles"),
    ROW(AWS_REGION_MISSING, CONFIG, ERROR,
        "No region is given, and each region has an endpoint of its own.",
        "Give --region, or set AWS_REGION.", "avs-shim iot regions"),
    ROW(AWS_KEY_UNKNOWN, HTTP, ERROR, "AWS knows no such access key id in that partition.",
        "Check that the key is active and not deleted, and that it is for this partition (China, "
        "GovCloud and the rest of the world have keys of their own); temporary keys need their "
        "session token.",
        "aws sts get-caller-identity"),
    ROW(AWS_SIGNATURE_REFUSED, HTTP, ERROR,
        "AWS knows the key id, but the signature is not its own.",
        "The secret is most likely another key's, or damaged in copying: enter the pair again. A "
        "proxy that changes requests does the same.",
        "aws configure"),
    ROW(AWS_NOT_ALLOWED, HTTP, ERROR, "The keys are good, but may not do this.",
        "Allow the action iot:DescribeEndpoint on resource * in the IAM policy of that user or "
        "role; an organisation's policy may deny it, or the region is not enabled.",
        "aws sts get-caller-identity"),
    ROW(AWS_REQUEST_REFUSED, HTTP, ERROR, "AWS does not take the request as it is.",
        "Its own words are in the facts; most likely the region does not have that kind of "
        "endpoint.",
        "avs-shim iot regions"),
    ROW(AWS_THROTTLED, HTTP, ERROR, "Too many calls of this account in a short time.",
        "Wait a minute. The answer does not change: ask once for a fleet, and keep it.", NULL),
    ROW(AWS_SERVICE_FAILED, HTTP, ERROR, "AWS failed for reasons of its own.",
        "Try again in some minutes; the AWS Health Dashboard tells of outages.", NULL),
    ROW(AWS_WRONG_HOST, HTTP, ERROR,
        "What answered is not the service that was asked for: another kind of AWS host, or a "
        "redirect.",
        "Give no --endpoint-url, or that of the control plane: https://iot.REGION.amazonaws.com. "
        "Data, jobs and credentials hosts do not tell endpoints.",
        NULL),
    ROW(AWS_ANSWER_BAD, HTTP, ERROR, "The answer cannot be read, so it is none.",
        "A proxy or a captive portal may have answered in the service's place: try another "
        "network.",
        NULL),
    ROW(AWS_ROLE_REFUSED, HTTP, ERROR,
        "The credentials endpoint gives this device no keys for that role alias.",
        "The certificate must be active, its policy must allow iot:AssumeRoleWithCertificate on "
        "the role alias, the role must trust credentials.iot.amazonaws.com, and the thing name "
        "must be the certificate's.",
        "aws iot describe-role-alias --role-alias NAME"),
    ROW(CLIENT_CERT_NOT_ASKED, TLS, ERROR,
        "The server did not ask for a client certificate, so the device's was never presented.",
        "Check host and port: an X.509 endpoint of AWS IoT always asks; a domain configuration may "
        "ask for another kind of login.",
        NULL),
    ROW(CLIENT_KEY_WEAK, CONFIG, ERROR,
        "This device's OpenSSL does not present such a certificate or key: too weak for its "
        "security level.",
        "Create a certificate over RSA 2048 or EC P-256; do not lower the security level.",
        "openssl x509 -in {cert} -noout -text"),
    ROW(AWS_NAME_UNFIT, CONFIG, ERROR,
        "AWS answered with a name that is not of the type and region that were asked for.",
        "Give it to no device before its certificates were judged (avs-shim iot check); ask again "
        "with --type and --region.",
        "avs-shim iot regions"),
};

_Static_assert(AVS_COUNT(avs_iot_causes) == AVS_CAUSE_RESOLVER_DEAD - FIRST,
               "a row for each cause of AVS_CAUSE_IOT_MAP");

__attribute__((constructor)) static void join(void) {
    avs_causes_join(avs_iot_causes, AVS_COUNT(avs_iot_causes));
}
