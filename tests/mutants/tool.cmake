cmake_minimum_required(VERSION 3.25)
# What `mutate` makes of a small tree and one table:
#   cmake -DMUTATE=... -DSOURCE=... -DOUTPUT=... -DCASE=... -P tool.cmake
set(absent_line [[absent_line.txt:2: ops/two.cpp has no line `int three() { return 3; }`]])
set(repeated_line [[repeated_line.txt:2: ops/two.cpp has the line `n += 2;` twice: at 3 and 7]])
set(unknown_number [[unknown_number.txt:5: there is no mutant 7]])
set(unedited [[mutant 2: no edit makes it]])
set(no_file [[no_file.txt:2: there is no file ops/three.cpp]])
set(no_description [[no_description.txt:1: mutant 1 has no description]])
set(overlap [[overlap.txt:7: another edit has the same lines]])
file(REMOVE_RECURSE ${OUTPUT})
file(WRITE ${OUTPUT}/xgrad/ops/gone.cpp "a copy of what has been moved since\n")
execute_process(COMMAND ${MUTATE} ${SOURCE} ${OUTPUT} ${SOURCE}/${CASE}.txt RESULT_VARIABLE code ERROR_VARIABLE error)
if(NOT CASE STREQUAL "fits")
  string(FIND "${error}" "mutate: error: ${${CASE}}" at)
  if(NOT code EQUAL 1 OR NOT at EQUAL 0)
    message(FATAL_ERROR "exit code ${code}, and it said: ${error}")
  endif()
  return()
endif()
set(wanted [[#include <mutants/helpers.hpp>
 int one() { return mutant(1) ? 0 : 1; }  // mutant 1
 int again(int n) {  // mutant 2
   n += mutant(2) ? 3 : 2;  // mutant 2
  return n;
}
int twice(int n) {
  n += 2;
  return n;
}
]])
file(READ ${OUTPUT}/xgrad/ops/two.cpp text)
if(NOT code EQUAL 0 OR NOT text STREQUAL wanted)
  message(FATAL_ERROR "exit code ${code}, ${error}, and the file is:\n${text}")
endif()
file(STRINGS ${OUTPUT}/list.hpp list REGEX "2, 0, 1, R.\\(again is three\\)., R.\\(ops/two.cpp:3\\)")
if(NOT list)
  message(FATAL_ERROR "list.hpp has no mutant 2 at ops/two.cpp:3")
endif()
if(EXISTS ${OUTPUT}/xgrad/ops/gone.cpp)
  message(FATAL_ERROR "the copy of a file that is no longer there was left")
endif()
