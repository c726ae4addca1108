/* The SDK's logger, whichever sink the application has chosen. Module "avsShim" of the SDK's
 * configuration sets the level; it does not depend on how the SDK's own macros were compiled. */
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

/* Thread: any. */
void log(Level level, const LogEntry &entry);

/* Where the client's lines go: the same logger, at the level in force now. */
struct avs_log clientLog();

} // namespace sdk
} // namespace avs

#endif
