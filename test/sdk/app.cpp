/* SPDX-License-Identifier: Apache-2.0 */
/* An application of the SDK: says which transport it got, what is left in its environment, and what
 * a program that it starts sees. */
#include <cstdio>
#include <cstdlib>

#include <AVSCommon/Utils/LibcurlUtils/LibcurlHTTP2ConnectionFactory.h>

using alexaClientSDK::avsCommon::utils::libcurlUtils::LibcurlHTTP2ConnectionFactory;

int main() {
    const bool isOurs = LibcurlHTTP2ConnectionFactory().createHTTP2Connection() != nullptr;
    const char *list = std::getenv("LD_PRELOAD");
    std::printf("transport=%s\nLD_PRELOAD=%s\n", isOurs ? "ours" : "stock",
                list ? list : "(unset)");
    std::fflush(stdout);
    return std::system("grep -c libavs-test-sdk-adapter /proc/self/maps | sed s/^/child=/") == 0
               ? 0
               : 1;
}
