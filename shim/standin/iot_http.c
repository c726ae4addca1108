/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP where the stand-in is shaped like AWS IoT Core: DescribeEndpoint, publish, jobs,
 * credentials. A signature is looked for, with its scope and its time; it is not recomputed. */
#include "iot_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "connection.h"
#include "iot.h"

#define THING    "standin-device"
#define TRACE    "\"traceId\":\"2d1c7a34-5e0b-4f1e-9a55-000000000001\""
#define JSON     "application/json"
#define AMZ_TIME "%Y%m%dT%H%M%SZ"

enum { CLOCK_WINDOW_S = 300, CREDENTIALS_S = 3600, TIME_BYTES = 24 };

static struct answer json(unsigned status, const char *error_type, const char *body) {
    return (struct answer){.status = status,
                           .content_type = JSON,
                           .error_type = error_type,
                           .body = body,
                           .length = strlen(body)};
}

static struct answer not_found(void) {
    return json(404, NULL, "{\"message\":\"Not Found\"," TRACE "}");
}

static void amz_time(time_t when, char text[TIME_BYTES]) {
    struct tm utc;
    gmtime_r(&when, &utc);
    strftime(text, TIME_BYTES, AMZ_TIME, &utc);
}

/* ---- signed requests ---- */

/* "Signature expired: A is now earlier than B (C - 5 min.)", and its counterpart. */
static struct answer clock_differs(time_t signed_at, time_t now, char body[IOT_BODY_BYTES]) {
    char ours[TIME_BYTES], theirs[TIME_BYTES], edge[TIME_BYTES];
    bool is_late = signed_at < now;
    amz_time(now, ours);
    amz_time(signed_at, theirs);
    amz_time(is_late ? now - CLOCK_WINDOW_S : now + CLOCK_WINDOW_S, edge);
    snprintf(body, IOT_BODY_BYTES, "{\"message\":\"%s: %s is %s than %s (%s %c 5 min.)\"}",
             is_late ? "Signature expired" : "Signature not yet current", theirs,
             is_late ? "now earlier" : "still later", edge, ours, is_late ? '-' : '+');
    return json(403, "InvalidSignatureException", body);
}

/* True when the request is signed for `service`, or for `other`; else `ret_refusal` says why not.
 */
static bool is_signed(const struct http1_request *request, time_t now, const char *service,
                      const char *other, char body[IOT_BODY_BYTES], struct answer *ret_refusal) {
    static const char scheme[] = "AWS4-HMAC-SHA256 Credential=";
    char scope[64], other_scope[64];
    struct tm utc = {0};
    snprintf(scope, sizeof(scope), "/%s/aws4_request", service);
    snprintf(other_scope, sizeof(other_scope), "/%s/aws4_request", other);
    if (strncmp(request->authorization, scheme, strlen(scheme)) != 0) {
        *ret_refusal = json(403, "MissingAuthenticationTokenException",
                            "{\"message\":\"Missing Authentication Token\"}");
        return false;
    }
    const char *end = strptime(request->amz_date, AMZ_TIME, &utc);
    if (!end || *end != '\0' || !strstr(request->authorization, "SignedHeaders=") ||
        !strstr(request->authorization, "Signature=")) {
        *ret_refusal = json(403, "IncompleteSignatureException",
                            "{\"message\":\"X-Amz-Date, SignedHeaders or Signature is missing\"}");
        return false;
    }
    if (!strstr(request->authorization, scope) && !strstr(request->authorization, other_scope)) {
        snprintf(body, IOT_BODY_BYTES,
                 "{\"message\":\"Credential should be scoped to correct service: '%s'.\"}",
                 service);
        *ret_refusal = json(403, "InvalidSignatureException", body);
        return false;
    }
    time_t signed_at = timegm(&utc);
    if (signed_at < now - CLOCK_WINDOW_S || signed_at > now + CLOCK_WINDOW_S) {
        *ret_refusal = clock_differs(signed_at, now, body);
        return false;
    }
    return true;
}

/* ---- each kind of name ---- */

/* `iot%3AData-ATS` as it was meant. */
static void decode_type(const char *query, char type[64]) {
    size_t used = 0;
    for (; *query && *query != '&' && used < 63; query++) {
        bool is_colon = strncasecmp(query, "%3a", 3) == 0;
        type[used++] = is_colon ? ':' : *query;
        query += is_colon ? 2 : 0;
    }
    type[used] = '\0';
}

static struct answer describe_endpoint(const struct http1_request *request, time_t now,
                                       char body[IOT_BODY_BYTES]) {
    static const struct {
        const char *type, *address;
    } rows[] = {
        {"iot:Data-ATS", "ok-ats.iot.us-east-1.amazonaws.com"},
        {"iot:Data", "legacy.iot.us-east-1.amazonaws.com"},
        {"", "legacy.iot.us-east-1.amazonaws.com"}, /* the trap: the default is the legacy name */
        {"iot:CredentialProvider", "ok.credentials.iot.us-east-1.amazonaws.com"},
        {"iot:Jobs", "ok.jobs.iot.us-east-1.amazonaws.com"},
    };
    static const char path[] = "/endpoint";
    static const char key[] = "endpointType=";
    char type[64] = "";
    struct answer refusal;
    size_t length = strcspn(request->path, "?");
    if (length != strlen(path) || strncmp(request->path, path, length) != 0 ||
        strcmp(request->method, "GET") != 0) {
        return not_found();
    }
    if (!is_signed(request, now, "iot", "execute-api", body, &refusal)) {
        return refusal;
    }
    const char *given = strstr(request->path, key);
    if (given) {
        decode_type(given + strlen(key), type);
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].type, type) == 0) {
            snprintf(body, IOT_BODY_BYTES, "{\"endpointAddress\":\"%s\"}", rows[i].address);
            return json(200, NULL, body);
        }
    }
    return json(400, "InvalidRequestException",
                "{\"message\":\"Endpoint type is not one of the accepted ones\"}");
}

static struct answer give_credentials(const struct http1_request *request, time_t now,
                                      char body[IOT_BODY_BYTES]) {
    char alias[64], expires[32];
    int at = 0;
    struct tm utc;
    time_t end = now + CREDENTIALS_S;
    sscanf(request->path, "/role-aliases/%63[A-Za-z0-9_-]/credentials%n", alias, &at);
    if (at == 0 || request->path[at] != '\0') {
        return not_found();
    }
    if (request->thing_name[0] && strcmp(request->thing_name, THING) != 0) {
        return json(403, "AccessDeniedException", "{\"message\":\"Access Denied\"}");
    }
    gmtime_r(&end, &utc);
    strftime(expires, sizeof(expires), "%Y-%m-%dT%H:%M:%SZ", &utc);
    snprintf(body, IOT_BODY_BYTES,
             "{\"credentials\":{\"accessKeyId\":\"ASIASTANDINSTANDIN00\","
             "\"secretAccessKey\":\"stand-in/secret+of+nobody\","
             "\"sessionToken\":\"stand-in-token//////////==\",\"expiration\":\"%s\"}}",
             expires);
    return json(200, NULL, body);
}

static struct answer serve_device(const struct connection *connection,
                                  const struct http1_request *request, time_t now,
                                  char body[IOT_BODY_BYTES]) {
    static const char topics[] = "/topics/", things[] = "/things/";
    bool is_jobs = connection->iot->kind == IOT_JOBS;
    bool is_topic = strncmp(request->path, topics, strlen(topics)) == 0;
    bool is_thing = strncmp(request->path, things, strlen(things)) == 0;
    struct answer refusal;
    if (!connection->iot_rule->wants_certificate &&
        !is_signed(request, now, is_jobs ? "iot-jobs-data" : "iotdata", "iotdata", body,
                   &refusal)) {
        return refusal;
    }
    if (is_jobs && is_thing && strstr(request->path, "/jobs")) {
        return json(200, NULL, "{\"inProgressJobs\":[],\"queuedJobs\":[]}");
    }
    if (is_jobs) {
        return json(403, "ForbiddenException",
                    "{\"message\":\"Invalid endpoint. Use describe-endpoint API to get valid "
                    "endpoint\"}");
    }
    if (!is_topic) {
        return not_found();
    }
    return strcmp(request->method, "POST") == 0
               ? json(200, NULL, "{\"message\":\"OK\"," TRACE "}")
               : json(405, NULL, "{\"message\":\"Method Not Allowed\"," TRACE "}");
}

struct answer iot_answer(struct connection *connection, const struct http1_request *request,
                         char body[IOT_BODY_BYTES]) {
    const struct iot_scenario *scenario = connection->iot;
    const struct iot_reply *reply = &scenario->reply;
    unsigned *turn = &connection->standin->iot_turn;
    time_t now = time(NULL) + reply->clock_s;
    struct answer answer = {0};
    if (reply->status && (reply->times == 0 || (*turn)++ % (reply->times + 1) < reply->times)) {
        answer = json(reply->status, reply->error_type, reply->body);
        answer.content_type = reply->content_type ? reply->content_type : JSON;
        answer.location = reply->location;
    } else if (scenario->kind == IOT_API) {
        answer = describe_endpoint(request, now, body);
    } else if (scenario->kind == IOT_CREDENTIALS) {
        answer = give_credentials(request, now, body);
    } else {
        answer = serve_device(connection, request, now, body);
    }
    answer.clock_s = reply->clock_s;
    return answer;
}
