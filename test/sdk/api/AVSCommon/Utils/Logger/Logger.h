/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's logger, in our own words: it gives out what passes its level. */
#ifndef AVS_TEST_SDK_LOGGER_H
#define AVS_TEST_SDK_LOGGER_H

#include <atomic>

#include <AVSCommon/Utils/Logger/LogEntry.h>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace logger {

enum class Level {
    DEBUG9,
    DEBUG8,
    DEBUG7,
    DEBUG6,
    DEBUG5,
    DEBUG4,
    DEBUG3,
    DEBUG2,
    DEBUG1,
    DEBUG0,
    INFO,
    WARN,
    ERROR,
    CRITICAL,
    NONE
};

class Logger {
  public:
    explicit Logger(Level level);
    virtual ~Logger() = default;
    bool shouldLog(Level level) const {
        return level >= m_level;
    }
    void log(Level level, const LogEntry &entry);
    virtual void emit(Level level, const char *text);

  protected:
    std::atomic<Level> m_level;
};

} // namespace logger
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
