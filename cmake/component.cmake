# sendcode_component(NAME DEPENDS a b ...): the folder's sources as one library. The DEPENDS lines are the architecture
# (tests/contract/layers checks that includes say the same).
# sendcode_unity(TARGET...): compiled eight sources at a time where SENDCODE_UNITY is on, for reading the headers of Asio, Beast and CLI11 takes far longer
# than what is written below them. Preset dev has it off: there each source must stand by itself. Names in unnamed namespaces are told apart within a target.
function(sendcode_unity)
  set_target_properties(${ARGN} PROPERTIES UNITY_BUILD "${SENDCODE_UNITY}" UNITY_BUILD_BATCH_SIZE 8)
  if(SENDCODE_UNITY)
    foreach(target ${ARGN})
      target_compile_options(${target} PRIVATE -Wno-shadow)  # a neighbour's name
      if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Looks at what is not in the compiler's main file, which here no source is.
        target_compile_options(${target} PRIVATE -Wno-subobject-linkage -Wno-shadow=local)
      endif()
    endforeach()
  endif()
endfunction()

function(sendcode_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS")
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(sources)
    add_library(sendcode_${name} STATIC ${sources})
    target_link_libraries(sendcode_${name} PUBLIC sendcode::flags ${arg_DEPENDS})
    sendcode_unity(sendcode_${name})
  else()
    add_library(sendcode_${name} INTERFACE)
    target_link_libraries(sendcode_${name} INTERFACE sendcode::flags ${arg_DEPENDS})
  endif()
  add_library(sendcode::${name} ALIAS sendcode_${name})
endfunction()
