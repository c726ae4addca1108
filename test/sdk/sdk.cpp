/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in for libAVSCommon.so: the parts of the SDK that the adapter calls, in our own
 * words, and the SDK's own transport, which here refuses to work. */
#include <AVSCommon/Utils/Configuration/ConfigurationNode.h>
#include <AVSCommon/Utils/Logger/ModuleLogger.h>

namespace alexaClientSDK {
namespace avsCommon {
namespace utils {

namespace configuration {

std::map<std::string, std::string> ConfigurationNode::values;

ConfigurationNode::ConfigurationNode(const std::string &prefix) : m_prefix(prefix) {
}

ConfigurationNode ConfigurationNode::getRoot() {
    return ConfigurationNode("");
}

ConfigurationNode ConfigurationNode::operator[](const std::string &key) const {
    return ConfigurationNode(m_prefix + key + ".");
}

bool ConfigurationNode::getString(const std::string &key, std::string *out,
                                  std::string defaultValue) const {
    auto found = values.find(m_prefix + key);
    *out = found == values.end() ? defaultValue : found->second;
    return found != values.end();
}

bool ConfigurationNode::getBool(const std::string &key, bool *out, bool defaultValue) const {
    auto found = values.find(m_prefix + key);
    *out = found == values.end() ? defaultValue : found->second == "true";
    return found != values.end();
}

} // namespace configuration

namespace logger {

LogEntryBuffer::int_type LogEntryBuffer::overflow(int_type ch) {
    m_text += static_cast<char>(ch);
    return ch;
}

const char *LogEntryBuffer::c_str() const {
    return m_text.c_str();
}

LogEntryStream::LogEntryStream() : std::ostream(nullptr) {
    rdbuf(this);
}

const char *LogEntryStream::c_str() const {
    return LogEntryBuffer::c_str();
}

LogEntry::LogEntry(const std::string &source, const std::string &event) : m_separator(':') {
    m_stream << source << ":" << event;
}

LogEntry &LogEntry::d(const char *key, const std::string &value) {
    m_stream << m_separator << key << "=" << value;
    m_separator = ',';
    return *this;
}

const char *LogEntry::c_str() const {
    return m_stream.c_str();
}

Logger::Logger(Level level) : m_level(level) {
}

void Logger::log(Level level, const LogEntry &entry) {
    if (shouldLog(level)) {
        emit(level, entry.c_str());
    }
}

void Logger::emit(Level, const char *) {
}

std::mutex ModuleLogger::mutex;
std::vector<std::string> ModuleLogger::lines;
static Level sinkLevel = Level::DEBUG5;
static std::vector<ModuleLogger *> modules;

static Level levelOf(const std::string &name) {
    static const char *const names[] = {"DEBUG9", "DEBUG8", "DEBUG7", "DEBUG6",   "DEBUG5",
                                        "DEBUG4", "DEBUG3", "DEBUG2", "DEBUG1",   "DEBUG0",
                                        "INFO",   "WARN",   "ERROR",  "CRITICAL", "NONE"};
    for (int i = 0; i < 15; i++) {
        if (name == names[i]) {
            return static_cast<Level>(i);
        }
    }
    return Level::DEBUG9;
}

ModuleLogger::ModuleLogger(const std::string &configKey)
    : Logger(sinkLevel), m_moduleLogLevel(Level::DEBUG9) {
    std::string name;
    configuration::ConfigurationNode::getRoot()[configKey].getString("logLevel", &name);
    m_moduleLogLevel = levelOf(name);
    modules.push_back(this);
    updateLogLevel();
}

void ModuleLogger::setSinkLevel(Level level) {
    sinkLevel = level;
    for (ModuleLogger *module : modules) {
        module->updateLogLevel();
    }
}

void ModuleLogger::updateLogLevel() {
    m_level = sinkLevel > m_moduleLogLevel ? sinkLevel : m_moduleLogLevel;
}

void ModuleLogger::emit(Level level, const char *text) {
    static const char letters[] = "9876543210IWEC";
    if (shouldLog(level)) {
        std::lock_guard<std::mutex> lock(mutex);
        lines.push_back(std::string(1, letters[static_cast<int>(level)]) + " " + text);
    }
}

} // namespace logger

} // namespace utils
} // namespace avsCommon
} // namespace alexaClientSDK
