# sendcode_component(NAME DEPENDS a b ...): the folder's sources as one library. The DEPENDS lines are the architecture
# (tests/contract/layers checks that includes say the same).
function(sendcode_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS")
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(sources)
    add_library(sendcode_${name} STATIC ${sources})
    target_link_libraries(sendcode_${name} PUBLIC sendcode::flags ${arg_DEPENDS})
  else()
    add_library(sendcode_${name} INTERFACE)
    target_link_libraries(sendcode_${name} INTERFACE sendcode::flags ${arg_DEPENDS})
  endif()
  add_library(sendcode::${name} ALIAS sendcode_${name})
endfunction()
