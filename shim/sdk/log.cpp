/* SPDX-License-Identifier: Apache-2.0 */
/* The client writes whole lines in the SDK's grammar; the SDK's logger wants source and event and
 * adds time, thread and level itself. So a line is taken apart here, and nothing in it is changed.
 */
#include "log.h"

#include <atomic>
#include <cstring>
#include <string>

#include <AVSCommon/Utils/Configuration/ConfigurationNode.h>

namespace avs {
namespace sdk {

using alexaClientSDK::avsCommon::utils::configuration::ConfigurationNode;
using alexaClientSDK::avsCommon::utils::logger::ModuleLogger;

const char *const LOG_SOURCE = "AvsShim";

static const struct {
    enum avs_log_level ours;
    Level theirs;
} levels[] = {
    {AVS_LOG_DEBUG9, Level::DEBUG9}, {AVS_LOG_DEBUG8, Level::DEBUG8},
    {AVS_LOG_DEBUG7, Level::DEBUG7}, {AVS_LOG_DEBUG6, Level::DEBUG6},
    {AVS_LOG_DEBUG5, Level::DEBUG5}, {AVS_LOG_DEBUG4, Level::DEBUG4},
    {AVS_LOG_DEBUG3, Level::DEBUG3}, {AVS_LOG_DEBUG2, Level::DEBUG2},
    {AVS_LOG_DEBUG1, Level::DEBUG1}, {AVS_LOG_DEBUG0, Level::DEBUG0},
    {AVS_LOG_INFO, Level::INFO},     {AVS_LOG_WARN, Level::WARN},
    {AVS_LOG_ERROR, Level::ERROR},   {AVS_LOG_CRITICAL, Level::CRITICAL},
    {AVS_LOG_NONE, Level::NONE},
};
static const std::size_t LEVEL_COUNT = sizeof(levels) / sizeof(levels[0]);

/* A ModuleLogger gives out what passes its own level, m_level, and the SDK computes that one anew
 * whenever the sink's changes: so it is set before each look at it. The module's name is empty, or
 * the SDK would read the level too, and warn in a RELEASE build that its own DEBUG lines are not
 * there. */
class ShimLogger : public ModuleLogger {
  public:
    ShimLogger() : ModuleLogger(""), m_own(FOLLOW_SINK) {
    }
    void setOwnLevel(int level) {
        m_own = level;
    }
    bool takes(Level level) {
        const int own = m_own;
        if (own != FOLLOW_SINK) {
            m_level = levels[own].theirs;
        }
        return shouldLog(level);
    }
    static const int FOLLOW_SINK = -1;

  private:
    std::atomic<int> m_own; /* index into levels */
};

/* Never destroyed: the SDK's sink manager keeps a pointer to it until the process ends. */
static ShimLogger &logger() {
    static ShimLogger *const instance = new ShimLogger();
    return *instance;
}

void readLogLevel() {
    std::string name;
    ConfigurationNode::getRoot()[std::string("avsShim")].getString("logLevel", &name);
    const int wanted = avs_log_level_from_name(name.c_str());
    int own = ShimLogger::FOLLOW_SINK;
    for (std::size_t i = 0; i < LEVEL_COUNT; i++) {
        own = static_cast<int>(levels[i].ours) == wanted ? static_cast<int>(i) : own;
    }
    logger().setOwnLevel(own);
    if (!name.empty() && own == ShimLogger::FOLLOW_SINK) {
        log(Level::WARN, LogEntry(LOG_SOURCE, "logLevelIgnored")
                             .d("key", "avsShim.logLevel")
                             .d("reason", name + " is no level: DEBUG9 to DEBUG0, INFO, WARN, "
                                                 "ERROR, CRITICAL or NONE"));
    }
}

void log(Level level, const LogEntry &entry) {
    if (logger().takes(level)) {
        logger().log(level, entry);
    }
}

/* "2026-01-01 00:00:00.000 [  1] E AvsClient:event:key=value": the source and what follows it. */
static void writeLine(void *, enum avs_log_level level, const char *line) {
    const char *body = std::strstr(line, "] ");
    body = body && body[2] && body[3] == ' ' ? body + 4 : line;
    const char *colon = std::strchr(body, ':');
    std::string source = colon ? std::string(body, colon) : std::string("AvsClient");
    const char *event = colon ? colon + 1 : body;
    for (std::size_t i = 0; i < LEVEL_COUNT; i++) {
        if (levels[i].ours == level) {
            log(levels[i].theirs, LogEntry(source, event));
        }
    }
}

struct avs_log clientLog() {
    struct avs_log log = avs_log();
    log.write = writeLine;
    log.level = AVS_LOG_NONE;
    for (std::size_t i = 0; i < LEVEL_COUNT && log.level == AVS_LOG_NONE; i++) {
        if (logger().takes(levels[i].theirs)) {
            log.level = levels[i].ours;
        }
    }
    return log;
}

} // namespace sdk
} // namespace avs
