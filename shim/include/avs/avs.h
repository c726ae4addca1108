/* SPDX-License-Identifier: Apache-2.0 */
/* The umbrella: visibility, version, and every public header in reading order. */
#ifndef AVS_AVS_H
#define AVS_AVS_H

#include <avs/cause.h>
#include <avs/check.h>
#include <avs/client.h>
#include <avs/config.h>
#include <avs/doctor.h>
#include <avs/endpoint.h>
#include <avs/evidence.h>
#include <avs/explain.h>
#include <avs/findings.h>
#include <avs/fleet.h>
#include <avs/inspect.h>
#include <avs/iot.h>
#include <avs/iot_check.h>
#include <avs/iot_endpoint.h>
#include <avs/iot_plan.h>
#include <avs/ladder.h>
#include <avs/log.h>
#include <avs/report.h>
#include <avs/status.h>
#include <avs/store.h>
#include <avs/verdict.h>

#endif
