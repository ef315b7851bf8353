#pragma once

#include <cstdlib>

// What must hold for every input: its failure is the fuzzer's finding.
#define SENDCODE_FUZZ_REQUIRE(condition) \
  do {                                   \
    if (!(condition)) std::abort();      \
  } while (false)
