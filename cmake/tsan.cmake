# sendcode_tsan_shim: what a program that uses librdkafka links besides when SENDCODE_SANITIZE is thread; nothing otherwise.
include_guard(GLOBAL)

add_library(sendcode_tsan_shim INTERFACE)
if(SENDCODE_SANITIZE MATCHES "thread")
  # A source of the program itself, exported by it, so that librdkafka finds these before libc's.
  target_sources(sendcode_tsan_shim INTERFACE "${PROJECT_SOURCE_DIR}/tests/tsan/c11_threads.cpp")
  target_link_options(sendcode_tsan_shim INTERFACE -rdynamic)
endif()
