cmake_minimum_required(VERSION 3.25)
# In this library only functions that say so in their names (compiled_for_avx2, compiled_for_avx512; lambdas inside
# them have those names in their own) hold instructions of a newer processor than the baseline's; and some do:
#   cmake -DOBJDUMP=objdump -DFILE=a -DLISTING=scratch_file -DWIDER=ON -P instruction_sets.cmake
# With WIDER off, for a build that compiles the baseline alone, none do.
# Else the linker might keep an inline function of a header as it was compiled for AVX2, for callers that run anywhere.
# Every such instruction is one of the VEX or EVEX encoding, whose mnemonics begin with v: also those on xmm registers.
execute_process(COMMAND ${OBJDUMP} --disassemble --no-show-raw-insn ${FILE} OUTPUT_FILE ${LISTING} ERROR_QUIET
                RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${OBJDUMP} cannot read ${FILE}")
endif()
# Lines "0000000000000010 <function>:", and of instructions those alone that count.
file(STRINGS ${LISTING} lines REGEX "^[0-9a-f]+ <.*>:$|\tv[a-z0-9]+ .*%[xyz]mm|\tvzero")
file(REMOVE ${LISTING})
set(function "")
set(chosen 0)
set(convicted "")
foreach(line IN LISTS lines)
  if(line MATCHES "^[0-9a-f]+ <(.*)>:$")
    set(function ${CMAKE_MATCH_1})
  elseif(function MATCHES "compiled_for_avx(2|512)")
    math(EXPR chosen "${chosen} + 1")
  elseif(NOT function IN_LIST convicted)
    list(APPEND convicted ${function})
    message(SEND_ERROR "${FILE}: ${function} is compiled for a newer processor than the baseline: ${line}")
  endif()
endforeach()
if(WIDER AND chosen EQUAL 0)
  message(SEND_ERROR "${FILE} has no function that is compiled for AVX2")
elseif(NOT WIDER AND chosen GREATER 0)
  message(SEND_ERROR "${FILE} has functions beyond the baseline, which this build was to leave out")
endif()
message(STATUS "${FILE}: ${chosen} instructions beyond the baseline, in functions that are called by choice")
