# SPDX-License-Identifier: Apache-2.0
# The line's symbols that the workshop links to, as a version script for libavs-shim: the node
# AVS_SHIM_PRIVATE is for libavs-doctor of the very same build and promises nothing.
#   cmake -DNM=... -DPUBLIC=exports.map -DLINE=a.o,... -DDOCTOR=b.o,... -DOUTPUT=... -P this
cmake_minimum_required(VERSION 3.16)
function(symbols ret objects) # symbols RET OBJECTS NM-OPTION...
  string(REPLACE "," ";" objects "${objects}")
  execute_process(COMMAND ${NM} ${ARGN} ${objects} OUTPUT_VARIABLE text RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "${NM} cannot read the objects")
  endif()
  string(REGEX MATCHALL "avs_[a-z0-9_]+" names "${text}")
  set(${ret} "${names}" PARENT_SCOPE)
endfunction()
if(NOT DOCTOR) # the line alone
  configure_file(${PUBLIC} ${OUTPUT} COPYONLY)
  return()
endif()
symbols(wanted "${DOCTOR}" -u)
symbols(defined "${LINE}" --defined-only)
list(REMOVE_DUPLICATES wanted)
list(REMOVE_DUPLICATES defined)
file(READ ${PUBLIC} public)
string(REGEX MATCHALL "avs_[a-z0-9_]+" listed "${public}")
set(private)
foreach(name IN LISTS wanted)
  if(name IN_LIST defined AND NOT name IN_LIST listed)
    list(APPEND private ${name})
  endif()
endforeach()
list(SORT private)
list(JOIN private ";\n    " private)
file(WRITE ${OUTPUT} "${public}AVS_SHIM_PRIVATE {\n  global:\n    ${private};\n};\n")
