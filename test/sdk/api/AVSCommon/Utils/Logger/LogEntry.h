/* One log entry, in our own words: "source:event:key=value,key=value". */
#ifndef AVS_TEST_SDK_LOG_ENTRY_H
#define AVS_TEST_SDK_LOG_ENTRY_H

#include <string>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace logger {

class LogEntry {
  public:
    LogEntry(const std::string &source, const std::string &event)
        : m_text(source + ":" + event), m_separator(':') {
    }
    LogEntry &d(const char *key, const std::string &value) {
        m_text += m_separator + std::string(key) + "=" + value;
        m_separator = ',';
        return *this;
    }
    const char *c_str() const {
        return m_text.c_str();
    }

  private:
    std::string m_text;
    char m_separator;
};

} // namespace logger
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
