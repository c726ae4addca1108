# SPDX-License-Identifier: Apache-2.0
# The adapter's sources, for the library here, for the tests and for the SDK's own build (extension/).
set(AVS_SDK_DIR ${CMAKE_CURRENT_LIST_DIR})
set(AVS_SDK_SOURCES)
foreach(name channel connection exchange factory gateway libcurl_factory log settings)
  list(APPEND AVS_SDK_SOURCES ${AVS_SDK_DIR}/${name}.cpp)
endforeach()

# How the adapter's sources are compiled: against the SDK's headers, found in the given folders.
function(avs_compile_for_sdk target)
  set_target_properties(${target} PROPERTIES
    CXX_VISIBILITY_PRESET default VISIBILITY_INLINES_HIDDEN OFF)
  target_include_directories(${target} SYSTEM PRIVATE ${ARGN})
  # a C function may carry the name of its struct, which C++ takes for shadowing
  target_compile_options(${target} PRIVATE -Wno-shadow)
  target_link_libraries(${target} PRIVATE avs-shim::avs-shim-static)
endfunction()

# libavs-shim-sdk.so as target `name`. Symbols of the SDK stay undefined: the process that loads the
# library has them. They are made weak, all of them, by their one namespace: what stands between
# LD_PRELOAD and the application (env, timeout, a shell) lacks them and must run all the same.
function(avs_add_sdk_library name)
  add_library(${name}-archive STATIC ${AVS_SDK_SOURCES})
  avs_compile_for_sdk(${name}-archive ${ARGN})
  add_library(${name} SHARED ${AVS_SDK_DIR}/preload.cpp)
  set_target_properties(${name} PROPERTIES LINK_DEPENDS ${AVS_SDK_DIR}/exports.map)
  target_link_options(${name} PRIVATE -Wl,--version-script=${AVS_SDK_DIR}/exports.map)
  target_link_libraries(${name} PRIVATE
    -Wl,--whole-archive ${name}-archive -Wl,--no-whole-archive avs-shim::avs-shim-static
    ${CMAKE_DL_LIBS})
  find_program(AVS_READELF NAMES ${CMAKE_READELF} readelf)
  if(AVS_READELF)
    set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${AVS_SDK_DIR}/weaken.sh)
    add_custom_command(TARGET ${name} POST_BUILD VERBATIM
      COMMAND ${AVS_SDK_DIR}/weaken.sh ${AVS_READELF} $<TARGET_FILE:${name}>)
  else()
    message(WARNING "No readelf: under LD_PRELOAD the SDK adapter will stop every program that "
      "stands between env and the application, such as timeout or a shell")
  endif()
endfunction()
