/* SPDX-License-Identifier: Apache-2.0 */
/* The logger of one module, in our own words: it keeps every line for the test. Its level is the
 * higher one of the sink's and of what the configuration says for the module. */
#ifndef AVS_TEST_SDK_MODULE_LOGGER_H
#define AVS_TEST_SDK_MODULE_LOGGER_H

#include <mutex>
#include <string>
#include <vector>

#include <AVSCommon/Utils/Logger/Logger.h>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace logger {

class ModuleLogger : public Logger {
  public:
    /* For the test. Every line of level WARN begins with "W ", and so on. */
    static std::mutex mutex;
    static std::vector<std::string> lines;
    /* The application sets the sink's level (SampleApp's command line) to `level`. */
    static void setSinkLevel(Level level);

    explicit ModuleLogger(const std::string &configKey);
    void emit(Level level, const char *text) override;

  private:
    void updateLogLevel();
    Level m_moduleLogLevel;
};

} // namespace logger
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
