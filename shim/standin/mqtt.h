/* SPDX-License-Identifier: Apache-2.0 */
/* MQTT 3.1.1 and 5 as a server: as much of it as a device's way in needs. Topics lead nowhere. */
#ifndef AVS_STANDIN_MQTT_H
#define AVS_STANDIN_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MQTT_CONNECT 0x10 /* first byte of a client */

struct connection;
struct mqtt;

struct mqtt *mqtt_new(struct connection *connection);
void mqtt_free(struct mqtt *mqtt);
void mqtt_feed(struct mqtt *mqtt, const uint8_t *bytes, size_t length);

#endif
