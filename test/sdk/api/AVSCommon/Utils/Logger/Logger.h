/* The levels of the SDK's logger, in our own words. */
#ifndef AVS_TEST_SDK_LOGGER_H
#define AVS_TEST_SDK_LOGGER_H

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

} // namespace logger
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
