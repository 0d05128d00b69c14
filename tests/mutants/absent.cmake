cmake_minimum_required(VERSION 3.25)
# No file of these has a symbol of xgrad::mutants, the variable that selects one above all:
#   cmake -DFILES=... -P absent.cmake
foreach(file IN LISTS FILES)
  file(STRINGS ${file} symbols REGEX "5xgrad7mutants")
  if(symbols)
    list(GET symbols 0 first)
    message(SEND_ERROR "${file} has mutants: ${first}")
  endif()
  file(STRINGS ${file} any REGEX "5xgrad" LIMIT_COUNT 1)
  if(NOT any)
    message(SEND_ERROR "${file} has no symbol of xgrad at all: the search tells nothing")
  endif()
endforeach()
