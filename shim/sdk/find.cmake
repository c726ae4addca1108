# SPDX-License-Identifier: Apache-2.0
# Where the SDK's headers are: AVS_SDK_INCLUDE_DIRS as given, or found in the SDK's source tree
# (AVS_SDK_SOURCE) and, where the release generates a header, in its build tree (AVS_SDK_BUILD).
set(AVS_SDK_INCLUDE_DIRS "" CACHE STRING
    "Builds the adapter, shim/sdk: include folders of an AVS Device SDK, where AVS_SDK_SOURCE does not find them")
set(AVS_SDK_SOURCE "" CACHE PATH
    "Builds the adapter, shim/sdk, for the AVS Device SDK 1.10 to 1.26 whose source tree is here")
set(AVS_SDK_BUILD "" CACHE PATH
    "The build tree of that SDK: from 1.26 on it holds a header that the adapter needs")

function(avs_find_sdk ret_folders)
  set(utils ${AVS_SDK_SOURCE}/AVSCommon/Utils/include)
  if(NOT EXISTS ${utils}/AVSCommon/Utils/LibcurlUtils/LibcurlHTTP2ConnectionFactory.h)
    message(FATAL_ERROR "AVS_SDK_SOURCE: ${AVS_SDK_SOURCE} is not the source tree of an AVS Device "
      "SDK 1.10 or later: it has no AVSCommon/Utils/include/AVSCommon/Utils/LibcurlUtils/"
      "LibcurlHTTP2ConnectionFactory.h")
  endif()
  file(GLOB rapidjson ${AVS_SDK_SOURCE}/ThirdParty/rapidjson/rapidjson-*/include)
  if(NOT rapidjson)
    message(FATAL_ERROR "AVS_SDK_SOURCE: no ThirdParty/rapidjson/rapidjson-*/include in "
      "${AVS_SDK_SOURCE}")
  endif()
  set(folders ${utils} ${AVS_SDK_SOURCE}/AVSCommon/AVS/include ${rapidjson})
  if(EXISTS ${utils}/AVSCommon/Utils/SDKConfig.h.in)
    set(generated ${AVS_SDK_BUILD}/AVSCommon/Utils/include)
    if(NOT EXISTS ${generated}/AVSCommon/Utils/SDKConfig.h)
      message(FATAL_ERROR "This release of the SDK generates AVSCommon/Utils/SDKConfig.h: configure "
        "the SDK (cmake) and name its build tree with -DAVS_SDK_BUILD=... (it is \"${AVS_SDK_BUILD}\" now)")
    endif()
    list(APPEND folders ${generated})
  endif()
  set(${ret_folders} ${folders} PARENT_SCOPE)
endfunction()

if(AVS_SDK_SOURCE AND NOT AVS_SDK_INCLUDE_DIRS)
  avs_find_sdk(AVS_SDK_INCLUDE_DIRS)
  message(STATUS "The SDK adapter is built against: ${AVS_SDK_INCLUDE_DIRS}")
endif()
