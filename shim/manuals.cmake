# SPDX-License-Identifier: Apache-2.0
# cmake -DCOMMAND=avs-shim -DOUTPUT=DIR -P manuals.cmake: the manual pages and the completion scripts,
# written by the command itself (under an emulator where COMMAND is a list). A page that lists
# commands leads to theirs.
file(REMOVE_RECURSE ${OUTPUT})
file(MAKE_DIRECTORY ${OUTPUT})

function(say file)
  execute_process(COMMAND ${COMMAND} help ${ARGN} OUTPUT_FILE ${OUTPUT}/${file} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${COMMAND} help ${ARGN}: ${result}")
  endif()
endfunction()

function(write_pages words)
  string(REPLACE " " ";" list "${words}")
  string(REPLACE " " "-" name "avs-shim ${words}")
  string(REGEX REPLACE "-$" "" name "${name}")
  say(${name}.1 --man ${list})
  file(STRINGS ${OUTPUT}/${name}.1 commands REGEX "^.fBavs.-shim [a-z ]+.fR$")
  foreach(command ${commands})
    string(REGEX REPLACE "^.fBavs.-shim ([a-z ]+).fR$" "\\1" command "${command}")
    write_pages("${command}")
  endforeach()
endfunction()

write_pages("")
foreach(shell bash zsh fish)
  say(completion.${shell} --completion ${shell})
endforeach()
