// xtensor 0.24.3 under g++ in C++20: without the repair in autograd/core/array.hpp these crash or throw.
#include <boost/test/unit_test.hpp>
#include <xgrad/autograd/core/array.hpp>
#include <xtensor/xmath.hpp>

BOOST_AUTO_TEST_SUITE(xtensor_cxx20)

BOOST_AUTO_TEST_CASE(immediate_reducers_and_eval_of_xarray) {
  const xt::xarray<float> a{{1, 2, 3}, {4, 5, 6}};
  const xt::xarray<float> now = xt::sum(a, {0}, xt::evaluation_strategy::immediate);
  BOOST_TEST(now(2) == 9);
  BOOST_TEST(xt::eval(xt::sum(a, {1}))(1) == 15);
  BOOST_TEST(xt::eval(xt::amax(a, {0}, xt::keep_dims))(0, 1) == 5);
}

BOOST_AUTO_TEST_CASE(the_same_of_our_array) {
  const xgrad::Array<double> a{{1, 2, 3}, {4, 5, 6}};
  const xgrad::Array<double> now = xt::sum(a, {0}, xt::evaluation_strategy::immediate);
  BOOST_TEST(now(2) == 9);
  BOOST_TEST(xt::eval(a * 2.0)(1, 2) == 12);
}

BOOST_AUTO_TEST_SUITE_END()
