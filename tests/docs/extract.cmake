# extract_programs(<page.md> <folder> <list>): writes <folder>/<program>.cpp and <program>.expected for the ```cpp
# blocks of a page, and sets <list> to the programs: none, or one of the page's name, and one for each block that has
# a main of its own, "<page>-1", "<page>-2" and so on.
#
# The blocks of a page are one program, in order:
#   - #include and using-namespace lines go to namespace scope, whichever block they are in;
#   - so does a block that otherwise starts with struct, class, enum, template, namespace, using or inline (comments
#     aside);
#   - any other is a piece of the function that its section ("## ...") becomes, so that names and tapes live until the
#     section ends.
# A ```text block right after a block is what that block prints, to the letter; a block without one prints nothing.
# Blocks of other languages are left alone. #line makes the compiler speak of the page.
#
# Text is cut with FIND and SUBSTRING, never as a list: code is full of semicolons and brackets.

function(extract_programs page folder list)
  get_filename_component(name ${page} NAME)
  file(READ ${page} rest)
  string(APPEND rest "\n")
  set(programs "")
  set(number 0)       # of the line
  set(fence "")       # the language of the block that we are in
  set(last "")        # what the block before was: "statements", "declarations", "program", or "" where text is just text
  set(section 0)
  set(own 0)          # programs with a main of their own
  foreach(variable code globals body calls expected)
    set(${variable} "")
  endforeach()

  while(NOT rest STREQUAL "")
    string(FIND "${rest}" "\n" end)
    string(SUBSTRING "${rest}" 0 ${end} line)
    math(EXPR end "${end} + 1")
    string(SUBSTRING "${rest}" ${end} -1 rest)
    math(EXPR number "${number} + 1")

    if(fence STREQUAL "")
      if(line MATCHES "^```([a-z+]*)$")
        set(fence "${CMAKE_MATCH_1}")
        if(fence STREQUAL "")
          set(fence "none")
        endif()
        set(block "")    # as it stands
        set(hoisted "")  # its lines for namespace scope
        set(rest_of "")  # what is left, line by line in its place
        set(start ${number})
      elseif(line MATCHES "^## ")
        finish_section()
        set(last "")
      endif()
    elseif(NOT line STREQUAL "```")
      string(APPEND block "${line}\n")
      if(line MATCHES "^(#include|using namespace) ")
        string(APPEND hoisted "${line}\n")
        set(line "")
      endif()
      string(APPEND rest_of "${line}\n")
    else()
      if(fence STREQUAL "cpp")
        add_block()
      elseif(fence STREQUAL "text")
        if(last STREQUAL "statements")
          string(APPEND expected "${block}")
        elseif(last STREQUAL "program")
          file(WRITE ${folder}/${program}.expected "${block}")
        elseif(last STREQUAL "declarations")
          message(FATAL_ERROR "${page}:${start}: the block before this text has no statements, it prints nothing")
        endif()
        set(last "")
      else()
        set(last "")
      endif()
      set(fence "")
    endif()
  endwhile()
  if(NOT fence STREQUAL "")
    message(FATAL_ERROR "${page}:${start}: this block never ends")
  endif()

  finish_section()
  if(NOT code STREQUAL "")
    write_if_different(${folder}/${name}.cpp "#include <cstdio>\n${code}\nint main() {\n${calls}}\n")
    file(WRITE ${folder}/${name}.expected "${expected}")
    list(PREPEND programs ${name})
  endif()
  set(${list} ${programs} PARENT_SCOPE)
endfunction()

# What follows are steps of the function above and work on its variables.

macro(add_block)
  math(EXPR first "${start} + 1")
  set(place "#line ${first} \"${page}\"")
  if(block MATCHES "int main\\(")
    math(EXPR own "${own} + 1")
    set(program "${name}-${own}")
    write_if_different(${folder}/${program}.cpp "${place}\n${block}")
    file(WRITE ${folder}/${program}.expected "")
    list(APPEND programs ${program})
    set(last "program")
  else()
    string(APPEND globals "${hoisted}")
    if(rest_of MATCHES "^([ \t\n]|//[^\n]*\n)*((struct|class|enum|template|namespace|using|inline)[ <]|$)")
      string(APPEND globals "${place}\n${rest_of}\n")
      set(last "declarations")
    else()
      set(marker ">>> ${name}:${start}")  # compare.cmake tells blocks apart by these lines
      string(APPEND body "std::puts(\"${marker}\"), std::fflush(stdout);\n${place}\n${rest_of}\n")
      string(APPEND expected "${marker}\n")
      set(last "statements")
    endif()
  endif()
endmacro()

macro(finish_section)
  string(APPEND code "${globals}")
  if(NOT body STREQUAL "")
    math(EXPR section "${section} + 1")
    string(APPEND code "static void section_${section}() {\n${body}}\n")
    string(APPEND calls "  section_${section}();\n")
  endif()
  set(globals "")
  set(body "")
endmacro()

# Leaves the file alone where it says so already, so that it is not compiled again.
function(write_if_different path content)
  set(old "")
  if(EXISTS ${path})
    file(READ ${path} old)
  endif()
  if(NOT old STREQUAL content)
    file(WRITE ${path} "${content}")
  endif()
endfunction()
