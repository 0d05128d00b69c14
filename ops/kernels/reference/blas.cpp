// Where all products are the reference's: no BLAS is linked, and what is asked of it has these answers.
#include "../blas.hpp"

#include <string>

#include "../../../autograd/core/error.hpp"

namespace xgrad {

void set_blas_threads(int n) {
  if (n < 1)
    fail<ValueError>("set_blas_threads", "at least 1 thread is needed, " + std::to_string(n) + " were asked for");
}

int blas_threads() { return 1; }

const char* blas_config() { return "none"; }

const char* blas_core() { return "none"; }

}  // namespace xgrad
