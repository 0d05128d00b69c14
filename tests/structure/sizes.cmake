cmake_minimum_required(VERSION 3.25)
# No file of the library, its examples or its tests is longer than a reader's patience:
#   cmake -DSOURCE=... -P sizes.cmake
file(GLOB_RECURSE files ${SOURCE}/autograd/*.?pp ${SOURCE}/ops/*.?pp ${SOURCE}/models/*.?pp ${SOURCE}/examples/*.?pp
     ${SOURCE}/tests/*.?pp)
foreach(file IN LISTS files)
  file(READ ${file} text)
  string(REGEX MATCHALL "\n" newlines "${text}")
  list(LENGTH newlines count)
  if(count GREATER 400)
    file(RELATIVE_PATH name ${SOURCE} ${file})
    message(SEND_ERROR "${name} has ${count} lines, the budget is 400")
  endif()
endforeach()
