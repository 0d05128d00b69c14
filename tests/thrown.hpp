// The message of what a call throws.
#pragma once
#include <string>
#include <xgrad/autograd/core/error.hpp>

/// Of an exception of type E; another type passes through and fails the test.
template <class E = xgrad::Error, class F>
std::string thrown(F f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  return "(nothing was thrown)";
}
