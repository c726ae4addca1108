/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's configuration, in our own words: two levels of keys, set by the test. As in the SDK,
 * nothing of it is inline. */
#ifndef AVS_TEST_SDK_CONFIGURATION_H
#define AVS_TEST_SDK_CONFIGURATION_H

#include <map>
#include <string>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {
namespace configuration {

class ConfigurationNode {
  public:
    /* "section.key"; a boolean is "true" or "false". For the test. */
    static std::map<std::string, std::string> values;

    static ConfigurationNode getRoot();
    ConfigurationNode operator[](const std::string &key) const;
    bool getString(const std::string &key, std::string *out = nullptr,
                   std::string defaultValue = "") const;
    bool getBool(const std::string &key, bool *out = nullptr, bool defaultValue = false) const;

  private:
    explicit ConfigurationNode(const std::string &prefix);
    std::string m_prefix;
};

} // namespace configuration
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
