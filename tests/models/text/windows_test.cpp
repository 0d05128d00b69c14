#include "../../../models/text/windows.hpp"

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include "../../../autograd/core/error.hpp"
#include "../../heap.hpp"

using namespace xgrad;

namespace {

// Every symbol differs, so that a window shows where it was taken.
Ids counting(Size n) {
  std::vector<Index> ids(static_cast<std::size_t>(n));
  std::iota(ids.begin(), ids.end(), 0);
  return {ids, static_cast<Index>(n)};
}

auto message(const std::string& text) {
  return [text](const Error& e) {
    BOOST_TEST(e.what() == text);
    return e.what() == text;
  };
}

std::vector<Index> listed(std::span<const Index> ids) { return {ids.begin(), ids.end()}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(windows)

// The loop of min-char-rnn, with its names and its boundary condition:
//   n, p = 0, 0
//   while True:
//     if p+seq_length+1 >= len(data) or n == 0: hprev = zeros; p = 0
//     inputs = data[p:p+seq_length]; targets = data[p+1:p+seq_length+1]
//     p += seq_length; n += 1
BOOST_AUTO_TEST_CASE(one_stream_is_the_loop_of_the_notebook) {
  for (Index seq_length = 1; seq_length <= 12; ++seq_length)
    for (Size len = seq_length + 1; len <= 6 * seq_length + 5; ++len) {
      const auto data = counting(len);
      BpttWindows windows(data, 1, seq_length);
      Size n = 0, p = 0;
      while (n < 40) {
        bool reset = false;
        if (p + seq_length + 1 >= len || n == 0) {
          reset = true;
          p = 0;
        }
        const Window window = windows.next();
        BOOST_TEST_REQUIRE(window.starts_over == reset);
        BOOST_TEST_REQUIRE(listed(window.inputs) == data.subview(p, seq_length).unpacked());
        BOOST_TEST_REQUIRE(listed(window.targets) == data.subview(p + 1, seq_length).unpacked());
        p += seq_length;
        n += 1;
      }
    }
}

BOOST_AUTO_TEST_CASE(streams_are_contiguous_and_time_major) {
  const auto ids = counting(22);  // two streams of ten symbols, from 0 and from 10
  BpttWindows windows(ids, 2, 3);
  BOOST_TEST(windows.per_pass() == 3);
  const Window first = windows.next();
  BOOST_TEST(first.starts_over);
  BOOST_TEST(listed(first.inputs) == (std::vector<Index>{0, 10, 1, 11, 2, 12}));
  BOOST_TEST(listed(first.targets) == (std::vector<Index>{1, 11, 2, 12, 3, 13}));
  const Window second = windows.next();
  BOOST_TEST(!second.starts_over);
  BOOST_TEST(listed(second.inputs) == (std::vector<Index>{3, 13, 4, 14, 5, 15}));
  BOOST_TEST(listed(windows.next().targets) == (std::vector<Index>{7, 17, 8, 18, 9, 19}));
  const Window again = windows.next();
  BOOST_TEST(again.starts_over);
  BOOST_TEST(listed(again.inputs) == (std::vector<Index>{0, 10, 1, 11, 2, 12}));
}

BOOST_AUTO_TEST_CASE(every_window_continues_the_one_before) {
  for (const auto& [n, batch, seq_len] :
       {std::tuple<Size, Index, Index>{1000, 7, 9}, {51, 5, 10}, {52, 5, 10}, {53, 5, 10}, {9, 7, 1}}) {
    const auto ids = counting(n);
    BpttWindows windows(ids, batch, seq_len);
    const Size length = (n - 2) / batch >= seq_len ? (n - 2) / batch : (n - 1) / batch;
    BOOST_TEST(windows.per_pass() == length / seq_len);
    for (Size k = 0; k < 2 * windows.per_pass(); ++k) {
      const Size number = k % windows.per_pass();
      BOOST_TEST(windows.position() == number);
      const Window window = windows.next();
      BOOST_TEST(window.starts_over == (number == 0));
      for (Index t = 0; t < seq_len; ++t)
        for (Index b = 0; b < batch; ++b) {
          const auto at = static_cast<std::size_t>(t * batch + b);
          BOOST_TEST_REQUIRE(window.inputs[at] == b * length + number * seq_len + t);
          BOOST_TEST_REQUIRE(window.targets[at] == window.inputs[at] + 1);
          BOOST_TEST_REQUIRE(window.targets[at] < n);
        }
    }
  }
}

BOOST_AUTO_TEST_CASE(next_reuses_its_memory) {
  const auto ids = counting(100);
  BpttWindows windows(ids, 2, 3);
  const Window a = windows.next(), b = windows.next();
  BOOST_TEST(a.inputs.data() == b.inputs.data());
  BOOST_TEST(a.targets.data() == b.targets.data());
  BOOST_TEST(windows.batch() == 2);
  BOOST_TEST(windows.seq_len() == 3);
}

BOOST_AUTO_TEST_CASE(a_position_can_be_restored) {
  const auto ids = counting(102);
  BpttWindows windows(ids, 4, 5), resumed(ids, 4, 5);
  for (int i = 0; i < 8; ++i) windows.next();
  BOOST_TEST(windows.position() == 3);
  resumed.seek(windows.position());
  for (int i = 0; i < 12; ++i) {
    const Window a = windows.next(), b = resumed.next();
    BOOST_TEST(a.starts_over == b.starts_over);
    BOOST_TEST(listed(a.inputs) == listed(b.inputs));
    BOOST_TEST(listed(a.targets) == listed(b.targets));
  }
  for (const Size bad : {Size{-1}, Size{5}, Size{1000}})
    BOOST_CHECK_EXCEPTION(
        resumed.seek(bad), ValueError,
        message("[windows] position " + std::to_string(bad) + " is out of range for a pass of 5 windows"));
}

BOOST_AUTO_TEST_CASE(a_pass_of_the_first_windows_only) {
  const auto ids = counting(102);  // 4 streams of 25 symbols
  BpttWindows whole(ids, 4, 5), part(ids, 4, 5, 3);
  BOOST_TEST(whole.stream_length() == 25);
  BOOST_TEST(whole.per_pass() == 5);
  BOOST_TEST(part.stream_length() == 25);
  BOOST_TEST(part.per_pass() == 3);
  for (int pass = 0; pass < 2; ++pass) {
    whole.seek(0);
    for (int i = 0; i < 3; ++i) {
      BOOST_TEST(part.position() == i);
      const Window a = whole.next(), b = part.next();
      BOOST_TEST(b.starts_over == (i == 0));
      BOOST_TEST(listed(a.inputs) == listed(b.inputs));
      BOOST_TEST(listed(a.targets) == listed(b.targets));
    }
  }
  BOOST_CHECK_EXCEPTION(part.seek(3), ValueError,
                        message("[windows] position 3 is out of range for a pass of 3 windows"));
  BOOST_TEST(BpttWindows(ids, 4, 5, 5).per_pass() == 5);
  for (const Size bad : {Size{-1}, Size{0}, Size{6}})
    BOOST_CHECK_EXCEPTION(BpttWindows(ids, 4, 5, bad), ValueError,
                          message("[windows] windows of a pass must be in [1, 5], got " + std::to_string(bad)));
}

BOOST_AUTO_TEST_CASE(next_allocates_nothing) {
  const auto ids = counting(1000);
  BpttWindows windows(ids, 4, 5);
  const long before = heap::allocations();
  for (int i = 0; i < 200; ++i) windows.next();
  BOOST_TEST(heap::allocations() == before);
}

BOOST_AUTO_TEST_CASE(the_shortest_text_that_will_do) {
  const auto ids = counting(26);
  BpttWindows windows(ids, 1, 25);
  BOOST_TEST(windows.per_pass() == 1);
  BOOST_TEST(windows.next().starts_over);
  BOOST_TEST(windows.next().starts_over);
  BOOST_CHECK_NO_THROW(BpttWindows(counting(1251), 50, 25));
}

BOOST_AUTO_TEST_CASE(texts_that_are_too_short) {
  const auto refuses = [](Size n, Index batch, Index seq_len, const char* text) {
    BOOST_CHECK_EXCEPTION(BpttWindows(counting(n), batch, seq_len), FormatError, message(text));
  };
  refuses(12, 1, 25, "text has 12 symbols; --seq-len 25 needs at least 26\nhint: use --seq-len 11 or less");
  refuses(25, 1, 25, "text has 25 symbols; --seq-len 25 needs at least 26\nhint: use --seq-len 24 or less");
  refuses(1, 1, 25, "text has 1 symbol; --seq-len 25 needs at least 26\nhint: use a longer text");
  refuses(0, 9, 1, "text has 0 symbols; --seq-len 1 needs at least 2\nhint: use a longer text");
  refuses(3, 1, 2147483647,
          "text has 3 symbols; --seq-len 2147483647 needs at least 2147483648\nhint: use --seq-len 2 or less");
  refuses(900, 50, 25,
          "0 windows: 900 symbols give 35 sequences of 25; --batch 50 needs 50\n"
          "hint: use --batch 35 or less, or --seq-len 17 or less");
  refuses(1250, 50, 25,
          "0 windows: 1250 symbols give 49 sequences of 25; --batch 50 needs 50\n"
          "hint: use --batch 49 or less, or --seq-len 24 or less");
  refuses(30, 1000, 2,
          "0 windows: 30 symbols give 14 sequences of 2; --batch 1000 needs 1000\nhint: use --batch 14 or less");
  for (const auto& [batch, seq_len] : {std::pair{35, 25}, {50, 17}})
    BOOST_CHECK_NO_THROW(BpttWindows(counting(900), batch, seq_len));  // the hints are true
}

BOOST_AUTO_TEST_CASE(sizes_below_one) {
  const auto ids = counting(100);
  BOOST_CHECK_EXCEPTION(BpttWindows(ids, 0, 5), ValueError, message("[windows] batch must be at least 1, got 0"));
  BOOST_CHECK_EXCEPTION(BpttWindows(ids, 1, -3), ValueError, message("[windows] seq_len must be at least 1, got -3"));
}

BOOST_AUTO_TEST_CASE(parts_have_all_streams_once_and_in_order) {
  const auto ids = counting(200);
  for (const Index batch : {1, 5, 8})
    for (Index count = 1; count <= batch; ++count) {
      BpttWindows windows(ids, batch, 3);
      WindowParts parts(batch, count);
      const Window whole = windows.next();
      Index stream = 0;
      for (Index part = 0; part < count; ++part) {
        const Window mine = parts.cut(whole, part);
        BOOST_TEST(mine.starts_over);
        BOOST_TEST(parts.first(part) == stream);
        const Index streams = parts.streams(part);
        BOOST_TEST(streams >= 1);
        BOOST_REQUIRE_EQUAL(mine.inputs.size(), std::size_t(3 * streams));
        BOOST_REQUIRE_EQUAL(mine.targets.size(), std::size_t(3 * streams));
        for (Index t = 0; t < 3; ++t)
          for (Index b = 0; b < streams; ++b) {
            BOOST_TEST(mine.inputs[std::size_t(t * streams + b)] == whole.inputs[std::size_t(t * batch + stream + b)]);
            BOOST_TEST(mine.targets[std::size_t(t * streams + b)] ==
                       whole.targets[std::size_t(t * batch + stream + b)]);
          }
        stream += streams;
      }
      BOOST_TEST(stream == batch);
      BOOST_TEST(parts.batch() == batch);
    }
}

BOOST_AUTO_TEST_CASE(parts_that_there_are_not) {
  BOOST_CHECK_EXCEPTION(WindowParts(0, 1), ValueError, message("[windows] batch must be at least 1, got 0"));
  BOOST_CHECK_EXCEPTION(WindowParts(4, 0), ValueError,
                        message("[windows] parts must be in [1, batch], got 0 for a batch of 4"));
  BOOST_CHECK_EXCEPTION(WindowParts(4, 5), ValueError,
                        message("[windows] parts must be in [1, batch], got 5 for a batch of 4"));
  WindowParts parts(4, 2);
  const std::vector<Index> eight(8), six(6);
  for (const Index part : {-1, 2})
    BOOST_CHECK_EXCEPTION(parts.cut({eight, eight}, part), ValueError,
                          message("[windows] part " + std::to_string(part) + " is out of range for 2 parts"));
  BOOST_CHECK_EXCEPTION(parts.cut({six, six}, 0), ShapeError,
                        message("[windows] 6 inputs and 6 targets for 4 streams"));
  BOOST_CHECK_EXCEPTION(parts.cut({eight, six}, 0), ShapeError,
                        message("[windows] 8 inputs and 6 targets for 4 streams"));
}

BOOST_AUTO_TEST_SUITE_END()
