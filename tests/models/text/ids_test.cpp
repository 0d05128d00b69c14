#include "../../../models/text/ids.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "../../../autograd/core/error.hpp"
#include "../../thrown.hpp"

using namespace xgrad;

namespace {

using List = std::vector<Index>;

}  // namespace

BOOST_AUTO_TEST_SUITE(ids)

BOOST_AUTO_TEST_CASE(one_byte_where_256_symbols_allow_it) {
  const List few{0, 255, 7}, many{0, 65535, 7};
  const Ids narrow(few, 256), wide(few, 257), widest(many, 65536);
  BOOST_TEST(narrow.width() == 1);
  BOOST_TEST(wide.width() == 2);
  BOOST_TEST(narrow.unpacked() == few);
  BOOST_TEST(wide.unpacked() == few);
  BOOST_TEST(widest.unpacked() == many);
  BOOST_TEST(widest.size() == 3);
  BOOST_TEST(widest[1] == 65535);
  BOOST_CHECK(narrow.view() == wide.view());
  BOOST_CHECK(!(narrow.view() == widest.view()));
  BOOST_CHECK(!(narrow.view() == wide.subview(0, 2)));
  BOOST_CHECK(Ids(std::vector<std::uint8_t>{0, 255, 7}).view() == narrow);
  BOOST_CHECK(Ids(std::vector<std::uint16_t>{0, 65535, 7}).view() == widest);
}

BOOST_AUTO_TEST_CASE(ids_that_no_vocabulary_gives) {
  BOOST_TEST(thrown<ValueError>([] { Ids(List{0, 3}, 3); }) == "[ids] id 3 is out of range for a vocabulary of 3");
  BOOST_TEST(thrown<ValueError>([] { Ids(List{-1}, 3); }) == "[ids] id -1 is out of range for a vocabulary of 3");
  BOOST_TEST(thrown<ValueError>([] { Ids(List{0}, 65537); }) == "[ids] 65537 symbols exceed 65536");
}

BOOST_AUTO_TEST_CASE(parts_of_a_view) {
  for (const Index symbols : {10, 1000}) {
    const Ids ids(List{0, 1, 2, 3, 4, 5}, symbols);
    BOOST_TEST(ids.subview(2, 3).unpacked() == (List{2, 3, 4}));
    BOOST_TEST(ids.subview(2, 3).subview(1, 2).unpacked() == (List{3, 4}));
    BOOST_TEST(ids.subview(6, 0).empty());
    BOOST_TEST(ids.subview(0, 6)[5] == 5);
    List two(2);
    ids.subview(4, 2).unpack(two);
    BOOST_TEST(two == (List{4, 5}));
    BOOST_TEST(thrown<ValueError>([&] { ids.view().unpack(two); }) == "[ids] 6 do not fill 2 elements");
    BOOST_TEST(thrown<ValueError>([&] { ids.subview(4, 3); }) == "[ids] 3 from 4 on are not among 6");
    BOOST_TEST(thrown<ValueError>([&] { ids.subview(-1, 3); }) == "[ids] 3 from -1 on are not among 6");
    BOOST_TEST(thrown<ValueError>([&] { ids.subview(3, -1); }) == "[ids] -1 from 3 on are not among 6");
    BOOST_TEST(thrown<ValueError>([&] { ids.subview(7, 0); }) == "[ids] 0 from 7 on are not among 6");
  }
}

BOOST_AUTO_TEST_CASE(nothing) {
  BOOST_TEST(Ids().size() == 0);
  BOOST_TEST(IdsView().empty());
  BOOST_TEST(IdsView().subview(0, 0).unpacked().empty());
  BOOST_CHECK(IdsView() == Ids(List{}, 1000).view());
}

BOOST_AUTO_TEST_SUITE_END()
