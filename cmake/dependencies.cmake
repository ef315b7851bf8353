# Libraries outside the project, each behind a sendcode_dep:: target, so that what differs between Debian 12 and 13 stands here alone.

set(SENDCODE_DEPS "${PROJECT_SOURCE_DIR}/.deps" CACHE PATH "What deploy/local/dependencies unpacked")
set(missing_hint "run deploy/local/dependencies")

find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)

function(sendcode_system_library name header)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "NAMES")
  find_path(${name}_INCLUDE_DIR ${header} HINTS "${SENDCODE_DEPS}/debian/usr/include" REQUIRED)
  find_library(${name}_LIBRARY NAMES ${arg_NAMES} REQUIRED)
  add_library(sendcode_dep_${name} INTERFACE)
  add_library(sendcode_dep::${name} ALIAS sendcode_dep_${name})
  target_include_directories(sendcode_dep_${name} SYSTEM INTERFACE "${${name}_INCLUDE_DIR}")
  target_link_libraries(sendcode_dep_${name} INTERFACE "${${name}_LIBRARY}")
endfunction()

sendcode_system_library(rdkafka librdkafka/rdkafka.h NAMES rdkafka)
sendcode_system_library(hiredis hiredis/hiredis.h NAMES hiredis)

# Debian 12: its -dev package cannot be installed beside Boost 1.81, so dependencies unpacks the headers; the soname is then the only library name.
# Debian 13: find_package(libphonenumber) names a static library that isn't shipped.
sendcode_system_library(phonenumber phonenumbers/phonenumberutil.h NAMES phonenumber libphonenumber.so.8)
find_library(protobuf_LIBRARY NAMES protobuf REQUIRED)
target_link_libraries(sendcode_dep_phonenumber INTERFACE "${protobuf_LIBRARY}")

# Asio and Beast: declarations in headers, bodies compiled once (common/asio_impl.cpp).
add_library(sendcode_dep_asio INTERFACE)
add_library(sendcode_dep::asio ALIAS sendcode_dep_asio)
target_link_libraries(sendcode_dep_asio INTERFACE Boost::boost OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
target_compile_definitions(sendcode_dep_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
