# sendcode_test(NAME SOURCES ... DEPENDS ...): a Catch2 program. Catch2 2 needs a main of its own, which tests/catch_main.cpp holds once.
find_package(Catch2 REQUIRED)

function(sendcode_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE sendcode::flags sendcode_catch_main ${arg_DEPENDS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
endfunction()
