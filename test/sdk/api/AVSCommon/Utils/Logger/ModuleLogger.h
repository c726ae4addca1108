/* The logger of one module, in our own words: it keeps every line for the test. */
#ifndef AVS_TEST_SDK_MODULE_LOGGER_H
#define AVS_TEST_SDK_MODULE_LOGGER_H

#include <mutex>
#include <string>
#include <vector>

#include <AVSCommon/Utils/Logger/LogEntry.h>
#include <AVSCommon/Utils/Logger/Logger.h>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace logger {

class ModuleLogger {
  public:
    /* Every line of level WARN begins with "W ", and so on. For the test. */
    static std::mutex mutex;
    static std::vector<std::string> lines;

    explicit ModuleLogger(const std::string &) {
    }
    bool shouldLog(Level level) const {
        return level >= Level::DEBUG5;
    }
    void log(Level level, const LogEntry &entry) {
        static const char letters[] = "9876543210IWEC";
        std::lock_guard<std::mutex> lock(mutex);
        lines.push_back(std::string(1, letters[static_cast<int>(level)]) + " " + entry.c_str());
    }
};

} // namespace logger
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
