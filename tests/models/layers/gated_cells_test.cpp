// The cells of the LSTM and the GRU. Their gradients against BPTT derived by hand: bptt_test.cpp; in models of one
// layer and of several: layers_test.cpp.
#include <boost/test/unit_test.hpp>
#include <xgrad/models/models.hpp>

#include "../../thrown.hpp"

using namespace xgrad;

BOOST_AUTO_TEST_SUITE(gated_cells)

BOOST_AUTO_TEST_CASE(what_does_not_fit) {
  ParamStore<double> store;
  const LstmCell<double> lstm(store, 5, 3);
  const GruCell<double> gru(store, 5, 3);
  Tape<double> tape;
  const auto x = [&](const Shape& s) { return tape.filled(s, 0.0); };
  BOOST_TEST(thrown<ShapeError>([&] {
               lstm(x({2, 12}), {x({2, 4}), x({2, 3})});
             }) == "[affine] inner dimensions differ: x is (2, 4), w is (3, 12)");
  BOOST_TEST(thrown<ShapeError>([&] {
               lstm(x({2, 9}), {x({2, 3}), x({2, 3})});
             }) == "[affine] b, which is (2, 9), does not fit x w, which is (2, 12)");
  BOOST_TEST(thrown<ShapeError>([&] {
               lstm(x({2, 12}), {x({2, 3}), x({2, 4})});
             }) == "[fuse] shapes do not broadcast: a is (2, 3), b is (2, 4)");
  BOOST_TEST(thrown<ShapeError>([&] {
               gru(x({2, 12}), x({2, 3}));
             }) == "[reshape] x, which is (2, 12), does not fill the shape (2, 3, 3)");
  const std::vector<Index> ids{0, 5};
  BOOST_TEST(thrown<ValueError>([&] { gru.project(ids); }) == "[embedding] id 5 at position 1 is outside the 5 rows");
}

BOOST_AUTO_TEST_SUITE_END()
