# SPDX-License-Identifier: Apache-2.0
# Cross build on Debian for another of its architectures, against the libraries of that architecture:
#   apt-get install crossbuild-essential-armhf libssl-dev:armhf libnghttp2-dev:armhf ...
#   cmake -S . -B build-armhf --toolchain cmake/debian-cross.cmake -DAVS_TRIPLE=arm-linux-gnueabihf
# With AVS_EMULATOR=qemu-arm the tests run here as well. ./ci/run platforms armhf does all of it.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES AVS_TRIPLE)
set(CMAKE_SYSTEM_NAME Linux)
string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR "${AVS_TRIPLE}")
set(CMAKE_C_COMPILER ${AVS_TRIPLE}-gcc)
set(CMAKE_CXX_COMPILER ${AVS_TRIPLE}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${AVS_TRIPLE})
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/${AVS_TRIPLE}/pkgconfig:/usr/share/pkgconfig)
if(AVS_EMULATOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${AVS_EMULATOR})
endif()
