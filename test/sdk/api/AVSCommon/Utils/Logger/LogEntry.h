/* SPDX-License-Identifier: Apache-2.0 */
/* One log entry, in our own words: "source:event:key=value,key=value". As in the SDK, its buffer is
 * a stream buffer whose methods, vtable and type information are the SDK library's. */
#ifndef AVS_TEST_SDK_LOG_ENTRY_H
#define AVS_TEST_SDK_LOG_ENTRY_H

#include <ostream>
#include <streambuf>
#include <string>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace logger {

class LogEntryBuffer : public std::streambuf {
  public:
    int_type overflow(int_type ch) override;
    const char *c_str() const;

  private:
    std::string m_text;
};

class LogEntryStream : private LogEntryBuffer, public std::ostream {
  public:
    LogEntryStream();
    const char *c_str() const;
};

class LogEntry {
  public:
    LogEntry(const std::string &source, const std::string &event);
    LogEntry &d(const char *key, const std::string &value);
    const char *c_str() const;

  private:
    LogEntryStream m_stream;
    char m_separator;
};

} // namespace logger
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
