cmake_minimum_required(VERSION 3.25)
# char_rnn gradcheck ends with 0 as the library is, and with 7 and two lines where tanh' or the state's gradient is wrong:
#   cmake -DPROGRAM=... -DTEXT=... -P exit_code.cmake
function(expect mutant code message)
  execute_process(COMMAND ${PROGRAM} ${mutant} ${TEXT} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT result EQUAL code)
    message(SEND_ERROR "mutant ${mutant}: exit code ${result}, not ${code}\n${out}${err}")
  endif()
  if(NOT err MATCHES "${message}")
    message(SEND_ERROR "mutant ${mutant}: stderr lacks '${message}'\n${err}")
  endif()
endfunction()

expect(0 0 "^$")
set(wrong "^char_rnn: error: the tape's gradient is not that of BPTT by hand\nhint: this is a bug of xgrad")
foreach(mutant 17 37 45)
  expect(${mutant} 7 "${wrong}")
endforeach()
