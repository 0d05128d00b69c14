// What stands around the kernels: the check of the processor, BLAS's threads.
#include <boost/test/unit_test.hpp>
#include <xgrad/ops/kernels/blas.hpp>
#include <xgrad/ops/kernels/simd/cpu.hpp>

BOOST_AUTO_TEST_SUITE(kernels)

BOOST_AUTO_TEST_CASE(an_old_processor_gets_a_clear_error) {
  using namespace xgrad::kernels;
  BOOST_TEST(missing_features().empty());  // or this program would not have come so far
  BOOST_TEST(unsupported_message("") == "");
  BOOST_TEST(unsupported_message("AVX2, FMA") ==
             "xgrad: error: this processor lacks AVX2, FMA\n"
             "hint: the library is built for x86-64-v3 (Intel Haswell, AMD Excavator, or newer)\n");
}

BOOST_AUTO_TEST_CASE(blas_says_which_kernels_it_uses_and_obeys) {
  BOOST_TEST(!std::string(xgrad::blas_core()).empty());
  xgrad::set_blas_threads(2);
  xgrad::set_blas_threads(1);
}

BOOST_AUTO_TEST_SUITE_END()
