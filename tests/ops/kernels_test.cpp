// What stands around the kernels: the choice of instruction set, BLAS's threads.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <xgrad/ops/kernels/blas.hpp>

#include "../thrown.hpp"
#include "isa_scope.hpp"

using namespace xgrad;

BOOST_AUTO_TEST_SUITE(kernels)

BOOST_AUTO_TEST_CASE(blas_says_which_kernels_it_uses_and_obeys) {
  BOOST_TEST(!std::string(blas_core()).empty());
  set_blas_threads(2);
  set_blas_threads(1);
}

BOOST_AUTO_TEST_CASE(isa_is_what_was_chosen) {
  BOOST_TEST(std::count(isa_names().begin(), isa_names().end(), isa()) == 1);
  for (const simd::Isa is : isas_here()) {
    const IsaScope scope(is);
    BOOST_TEST(isa() == isa_names()[std::size_t(is)]);
  }
}

BOOST_AUTO_TEST_CASE(no_wish_is_the_best) {
  BOOST_TEST(int(simd::choose(nullptr)) == int(isas_here().back()));
  BOOST_TEST(int(simd::choose("")) == int(isas_here().back()));
}

BOOST_AUTO_TEST_CASE(an_instruction_set_that_nobody_knows) {
  const std::string hint =
      "\nhint: baseline, avx2 and avx512 are known; unset, the best is taken that the processor has";
  for (const std::string name : {"sse9", "AVX2", " ", "avx"})
    BOOST_TEST(thrown<ValueError>([&] { simd::choose(name.c_str()); }) ==
               "[XGRAD_ARCH] \"" + name + "\" names no instruction set" + hint);
}

BOOST_AUTO_TEST_CASE(an_instruction_set_that_this_processor_lacks) {
  const std::size_t here = isas_here().size();
  for (std::size_t i = here; i < isa_names().size(); ++i)
    BOOST_TEST(thrown<ValueError>([&] { simd::choose(isa_names()[i].c_str()); }) ==
               "[XGRAD_ARCH] this processor cannot run " + isa_names()[i] + "\nhint: the best it has is " +
                   isa_names()[here - 1]);
}

BOOST_AUTO_TEST_SUITE_END()
