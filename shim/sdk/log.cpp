/* The client writes whole lines in the SDK's grammar; the SDK's logger wants source and event and
 * adds time, thread and level itself. So a line is taken apart here, and nothing in it is changed.
 */
#include "log.h"

#include <cstring>
#include <string>

namespace avs {
namespace sdk {

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
};
static const std::size_t LEVEL_COUNT = sizeof(levels) / sizeof(levels[0]);

/* Never destroyed: the SDK's sink manager keeps a pointer to it until the process ends. */
static ModuleLogger &logger() {
    static ModuleLogger *const instance = new ModuleLogger("avsShim");
    return *instance;
}

void log(Level level, const LogEntry &entry) {
    if (logger().shouldLog(level)) {
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
        if (logger().shouldLog(levels[i].theirs)) {
            log.level = levels[i].ours;
        }
    }
    return log;
}

} // namespace sdk
} // namespace avs
