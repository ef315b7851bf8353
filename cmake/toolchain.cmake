# Compiler flags that every target shares, by linking sendcode::flags.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines (a temporary in a co_await expression is freed twice). "
    "Use clang-19 (the presets do: cmake --preset release) or g++ 14.")
endif()

# ccache when it is there; a launcher that the caller chose stays. Checkouts in different folders share its cache: paths below this one are relative to it.
if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(CCACHE_PROGRAM ccache)
  if(CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${CCACHE_PROGRAM}")
  endif()
endif()

add_library(sendcode_flags INTERFACE)
add_library(sendcode::flags ALIAS sendcode_flags)
target_include_directories(sendcode_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(sendcode_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion -Wsign-conversion
  -Wimplicit-fallthrough -fno-omit-frame-pointer)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Its plain -Wshadow also counts a local name that a member function or type has. Optimising, it takes a coroutine's frame, which Asio allocates by an
  # operator new of its own, for memory that nobody may delete (GCC's bug 109224).
  target_compile_options(sendcode_flags INTERFACE -Wshadow=local -Wno-mismatched-new-delete)
else()
  target_compile_options(sendcode_flags INTERFACE -Wshadow)
endif()

if(SENDCODE_SANITIZE)
  target_compile_options(sendcode_flags INTERFACE -fsanitize=${SENDCODE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(sendcode_flags INTERFACE -fsanitize=${SENDCODE_SANITIZE})
  if(SENDCODE_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Boost.Beast and abseil call through pointers that this check cannot follow without RTTI of the system's libraries.
    target_compile_options(sendcode_flags INTERFACE -fno-sanitize=function,vptr)
  endif()
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  find_program(LLD_PROGRAM NAMES ld.lld-19 ld.lld)
  if(LLD_PROGRAM)
    target_link_options(sendcode_flags INTERFACE --ld-path=${LLD_PROGRAM})
  endif()
endif()
