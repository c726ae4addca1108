/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint override. From SDK 1.17 on, sampleApp.endpoint and acl.endpoint are read by nobody;
 * here they work again: requests for the SDK's gateway go to the configured origin. */
#ifndef AVS_SDK_GATEWAY_H
#define AVS_SDK_GATEWAY_H

#include <mutex>
#include <string>

#include "settings.h"

namespace avs {
namespace sdk {

class Gateway {
  public:
    explicit Gateway(const Settings &settings);

    /* The URL to ask for instead of `url`; logs a WARN line with both origins once.
     * Thread: any. */
    std::string redirect(const std::string &url);

  private:
    const std::string m_endpoint;
    const std::string m_key;
    std::mutex m_mutex;
    bool m_isReported;
};

} // namespace sdk
} // namespace avs

#endif
