/* The SDK's configuration, in our own words: two levels of keys, set by the test. */
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

    static ConfigurationNode getRoot() {
        return ConfigurationNode("");
    }
    ConfigurationNode operator[](const std::string &key) const {
        return ConfigurationNode(m_prefix + key + ".");
    }
    bool getString(const std::string &key, std::string *out = nullptr,
                   std::string defaultValue = "") const {
        auto found = values.find(m_prefix + key);
        *out = found == values.end() ? defaultValue : found->second;
        return found != values.end();
    }
    bool getBool(const std::string &key, bool *out = nullptr, bool defaultValue = false) const {
        auto found = values.find(m_prefix + key);
        *out = found == values.end() ? defaultValue : found->second == "true";
        return found != values.end();
    }

  private:
    explicit ConfigurationNode(const std::string &prefix) : m_prefix(prefix) {
    }
    std::string m_prefix;
};

} // namespace configuration
} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK

#endif
