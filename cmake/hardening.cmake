# SPDX-License-Identifier: Apache-2.0
# What a distribution's build adds, for the build on the device too. Flags that the compiler lacks are
# left out, and so is what the caller's own flags already decide. Not with sanitizers, which see more.
include(CheckCCompilerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

if(NOT AVS_HARDENING OR AVS_SANITIZE)
  return()
endif()
foreach(flag -fstack-protector-strong -fstack-clash-protection)
  string(MAKE_C_IDENTIFIER "AVS_HAS${flag}" has)
  check_c_compiler_flag(${flag} ${has})
  if(${has})
    add_compile_options(${flag})
  endif()
endforeach()

# glibc warns when it is asked to fortify without optimization
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT CMAKE_C_FLAGS MATCHES "_FORTIFY_SOURCE")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

set(CMAKE_REQUIRED_LINK_OPTIONS -Wl,-z,relro,-z,now)
check_c_compiler_flag("" AVS_HAS_RELRO)
unset(CMAKE_REQUIRED_LINK_OPTIONS)
if(AVS_HAS_RELRO)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
