/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's logger, whichever sink the application has chosen. It does not depend on how the SDK's
 * own macros were compiled. */
#ifndef AVS_SDK_LOG_H
#define AVS_SDK_LOG_H

#include <AVSCommon/Utils/Logger/Logger.h> /* first: with ACSDK_LOG_MODULE it needs the next one */

#include <AVSCommon/Utils/Logger/LogEntry.h>
#include <AVSCommon/Utils/Logger/ModuleLogger.h>

#include <avs/log.h>

namespace avs {
namespace sdk {

typedef alexaClientSDK::avsCommon::utils::logger::Level Level;
typedef alexaClientSDK::avsCommon::utils::logger::LogEntry LogEntry;

/* Source of the adapter's own lines. */
extern const char *const LOG_SOURCE;

/* avsShim.logLevel of the SDK's configuration is the level of these lines, and nothing else is: the
 * SDK itself would take the higher of it and the sink's, the command line's. Without it they follow
 * the sink. Read now. Thread: as the SDK's ConfigurationNode. */
void readLogLevel();

/* Thread: any. */
void log(Level level, const LogEntry &entry);

/* Where the client's lines go: the same logger, at the level in force now. */
struct avs_log clientLog();

} // namespace sdk
} // namespace avs

#endif
