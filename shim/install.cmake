# Installed: the libraries, the headers, a pkg-config file, and a CMake package with the targets
# avs-shim::avs-shim and, where the libraries under it are found, avs-shim::avs-shim-static. The tree
# may be moved as a whole.
install(TARGETS avs-shim EXPORT avs-shim-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS avs-shim-static EXPORT avs-shim-static-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/avs DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# Folders as the .pc file writes them: from its own place, unless an absolute one was asked for.
set(AVS_PC_MODULES OPENSSL=openssl NGHTTP2=libnghttp2 CURL=libcurl JSONC=json-c ZLIB=zlib)
if(SQLITE3_FOUND)
  list(APPEND AVS_PC_MODULES SQLITE3=sqlite3)
endif()
string(REGEX REPLACE "[A-Z0-9]+=" "" AVS_PC_REQUIRES "${AVS_PC_MODULES}")
string(REPLACE ";" " " AVS_PC_REQUIRES "${AVS_PC_REQUIRES}")
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
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/avs-shim.pc
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
