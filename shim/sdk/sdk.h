/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between the releases of the AVS Device SDK, 1.10 to 1.26, for one source to fit them
 * all. A compiler without __has_include (GCC 4) may set the AVS_SDK_HAS_... macros by hand. */
#ifndef AVS_SDK_SDK_H
#define AVS_SDK_SDK_H

#ifdef __has_include
/* 1.18: connections have observers of GOAWAY. */
#if !defined(AVS_SDK_HAS_OBSERVERS) && \
    __has_include(<AVSCommon/Utils/HTTP2/HTTP2ConnectionObserverInterface.h>)
#define AVS_SDK_HAS_OBSERVERS 1
#endif
/* 1.21: the libcurl factory has a static method that makes it. The header is that release's mark.
 */
#if !defined(AVS_SDK_HAS_STATIC_FACTORY) && \
    __has_include(<AVSCommon/AVS/Initialization/SDKPrimitivesProvider.h>)
#define AVS_SDK_HAS_STATIC_FACTORY 1
#endif
/* 1.22: and it can be given a callback that sets options of libcurl. */
#if !defined(AVS_SDK_HAS_CURL_CALLBACK) && \
    __has_include(<AVSCommon/Utils/LibcurlUtils/LibcurlSetCurlOptionsCallbackFactoryInterface.h>)
#define AVS_SDK_HAS_CURL_CALLBACK 1
#endif
#endif

#endif
