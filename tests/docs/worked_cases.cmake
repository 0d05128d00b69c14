# Holds the worked cases in a page of docs/derivations against what the program `derivations` prints, or writes them
# there:
#   cmake -DPROGRAM=... -DPAGE=.../tanh_rnn.md [-DWRITE=ON] -P worked_cases.cmake
#
# The program is asked for the blocks of the page of that name. Each stands between two lines,
#   <!-- begin worked case: tanh_rnn forward -->
#   <!-- end worked case -->
# and has to be in the page once. Text is cut with FIND and SUBSTRING, never as a list: tables are full of semicolons
# and brackets to come.
cmake_minimum_required(VERSION 3.25)
set(begin "<!-- begin worked case: ")
set(end "<!-- end worked case -->\n")

# Cuts the first block, with its two lines, out of `text`; all three are empty where there is none.
function(cut text before block after)
  set(${before} "${text}" PARENT_SCOPE)
  set(${block} "" PARENT_SCOPE)
  set(${after} "" PARENT_SCOPE)
  string(FIND "${text}" "${begin}" at)
  if(at EQUAL -1)
    return()
  endif()
  string(SUBSTRING "${text}" 0 ${at} head)
  string(SUBSTRING "${text}" ${at} -1 tail)
  string(FIND "${tail}" "${end}" length)
  if(length EQUAL -1)
    message(FATAL_ERROR "${PAGE}: a worked case begins and does not end")
  endif()
  string(LENGTH "${end}" more)
  math(EXPR length "${length} + ${more}")
  string(SUBSTRING "${tail}" 0 ${length} cut_out)
  string(SUBSTRING "${tail}" ${length} -1 tail)
  set(${before} "${head}" PARENT_SCOPE)
  set(${block} "${cut_out}" PARENT_SCOPE)
  set(${after} "${tail}" PARENT_SCOPE)
endfunction()

# The first line of a block.
function(title block line)
  string(FIND "${block}" "\n" at)
  string(SUBSTRING "${block}" 0 ${at} first)
  set(${line} "${first}" PARENT_SCOPE)
endfunction()

get_filename_component(name ${PAGE} NAME_WE)
execute_process(COMMAND ${PROGRAM} ${name} OUTPUT_VARIABLE printed ERROR_VARIABLE complaints RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "The program of the worked cases ended with ${result}: ${complaints}")
endif()

file(READ ${PAGE} page)
set(written "")
set(rest "${page}")
set(printed_rest "${printed}")
while(TRUE)
  cut("${printed_rest}" between block printed_rest)
  cut("${rest}" text old rest)
  string(APPEND written "${text}")
  if(block STREQUAL "" AND old STREQUAL "")
    break()
  endif()
  title("${block}\n" wanted)
  title("${old}\n" found)
  if(NOT wanted STREQUAL found)
    message(FATAL_ERROR "${PAGE}: worked cases stand in the order in which the program prints them; next is\n"
                        "  ${wanted}\nand the page has\n  ${found}")
  endif()
  if(NOT block STREQUAL old AND NOT WRITE)
    message(NOTICE "the program prints\n${block}\nand the page says\n${old}\nWhere the program is right, write the page "
                   "anew: cmake --build build/release --target regenerate_derivations")
    message(FATAL_ERROR "${PAGE} is not what the program of its worked cases prints")
  endif()
  string(APPEND written "${block}")
endwhile()
if(WRITE AND NOT written STREQUAL page)
  file(WRITE ${PAGE} "${written}")
  message(STATUS "written: ${PAGE}")
endif()
