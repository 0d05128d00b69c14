// What stands around the kernels: the choice of instruction set, BLAS's threads.
#include <boost/test/unit_test.hpp>
#include <xgrad/ops/kernels/blas.hpp>
#include <xgrad/ops/kernels/isa.hpp>
#include <xgrad/ops/kernels/simd/dispatch.hpp>

#include "../thrown.hpp"

BOOST_AUTO_TEST_SUITE(kernels)

BOOST_AUTO_TEST_CASE(blas_says_which_kernels_it_uses_and_obeys) {
  BOOST_TEST(!std::string(xgrad::blas_core()).empty());
  xgrad::set_blas_threads(2);
  xgrad::set_blas_threads(1);
}

BOOST_AUTO_TEST_SUITE_END()
