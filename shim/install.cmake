# SPDX-License-Identifier: Apache-2.0
# Installed: the libraries, the headers, a pkg-config file for each library, and a CMake package with
# the targets avs-shim::avs-shim, avs-shim::avs-doctor and, where the libraries under them are found,
# those with -static. The tree may be moved as a whole.
install(TARGETS avs-shim avs-doctor EXPORT avs-shim-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS avs-shim-static avs-doctor-static EXPORT avs-shim-static-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/avs DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# Folders as the .pc file writes them: from its own place, unless an absolute one was asked for.
set(AVS_PC_MODULES OPENSSL=openssl NGHTTP2=libnghttp2 CURL=libcurl JSONC=json-c)
set(AVS_DOCTOR_PC_REQUIRES json-c)
if(SQLITE3_FOUND)
  list(APPEND AVS_PC_MODULES SQLITE3=sqlite3)
  string(APPEND AVS_DOCTOR_PC_REQUIRES " sqlite3")
endif()
file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" up "${up}")
set(AVS_PC_PREFIX "\${pcfiledir}/${up}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(AVS_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
endif()
foreach(folder LIBDIR INCLUDEDIR)
  set(AVS_PC_${folder} "\${prefix}/${CMAKE_INSTALL_${folder}}")
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${folder}}")
    set(AVS_PC_${folder} "${CMAKE_INSTALL_${folder}}")
  endif()
endforeach()
configure_file(avs-shim.pc.in avs-shim.pc @ONLY)
configure_file(avs-doctor.pc.in avs-doctor.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/avs-shim.pc ${CMAKE_CURRENT_BINARY_DIR}/avs-doctor.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

include(CMakePackageConfigHelpers)
set(AVS_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/avs-shim)
configure_package_config_file(avs-shim-config.cmake.in avs-shim-config.cmake
  INSTALL_DESTINATION ${AVS_PACKAGE_DIR})
write_basic_package_version_file(avs-shim-config-version.cmake COMPATIBILITY SameMinorVersion)
foreach(targets avs-shim-targets avs-shim-static-targets)
  install(EXPORT ${targets} NAMESPACE avs-shim:: DESTINATION ${AVS_PACKAGE_DIR})
endforeach()
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/avs-shim-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/avs-shim-config-version.cmake DESTINATION ${AVS_PACKAGE_DIR})
