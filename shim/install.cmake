# SPDX-License-Identifier: Apache-2.0
# Installed: the libraries, the headers, a pkg-config file for each library, and a CMake package with
# the targets avs-shim::avs-shim, avs-shim::avs-doctor and, where the libraries under them are found,
# those with -static; manual pages and completion. The tree may be moved as a whole.
set(wings avs-shim)
if(AVS_BUILD_DOCTOR)
  list(APPEND wings avs-doctor)
endif()
list(TRANSFORM wings APPEND -static OUTPUT_VARIABLE static_wings)
install(TARGETS ${wings} EXPORT avs-shim-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS ${static_wings} EXPORT avs-shim-static-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/avs DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# Folders as the .pc file writes them: from its own place, unless an absolute one was asked for.
set(AVS_PC_MODULES OPENSSL=openssl NGHTTP2=libnghttp2 CURL=libcurl)
if(AVS_BUILD_DOCTOR)
  list(APPEND AVS_PC_MODULES JSONC=json-c)
endif()
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
foreach(wing ${wings})
  configure_file(${wing}.pc.in ${wing}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${wing}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

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

# The adapter is compiled with the SDK's headers: its sources, for where those are.
if(AVS_INSTALL_SDK_SOURCES)
  install(DIRECTORY sdk DESTINATION ${CMAKE_INSTALL_DATADIR}/avs-shim USE_SOURCE_PERMISSIONS)
endif()

# The command writes its manual pages and completion: where it can run on the machine that builds.
install(FILES ${PROJECT_SOURCE_DIR}/docs/libavs-shim.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
if(AVS_BUILD_CLI AND (NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR))
  set(pages ${CMAKE_CURRENT_BINARY_DIR}/manuals)
  set(command ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:avs-shim-cli>)
  add_custom_command(OUTPUT ${pages}/avs-shim.1
    COMMAND ${CMAKE_COMMAND} "-DCOMMAND=${command}" -DOUTPUT=${pages}
      -P ${CMAKE_CURRENT_SOURCE_DIR}/manuals.cmake
    DEPENDS avs-shim-cli manuals.cmake VERBATIM)
  add_custom_target(avs-manuals ALL DEPENDS ${pages}/avs-shim.1)
  install(DIRECTORY ${pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN *.1)
  set(AVS_ZSH_COMPLETION_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING
      "Where zsh looks for completion functions; Debian: share/zsh/vendor-completions")
  install(FILES ${pages}/completion.bash RENAME avs-shim
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${pages}/completion.zsh RENAME _avs-shim DESTINATION ${AVS_ZSH_COMPLETION_DIR})
  install(FILES ${pages}/completion.fish RENAME avs-shim.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
