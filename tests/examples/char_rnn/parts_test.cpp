// Parts of the program that a run of it cannot be made to show, called from here.
#include <unistd.h>
#include <algorithm>
#include <filesystem>
#include <new>
#include <system_error>

#include <boost/test/unit_test.hpp>
#include "../../../examples/char_rnn/failure.hpp"
#include "../../../examples/char_rnn/training/evaluate.hpp"
#include "child.hpp"

using namespace char_rnn;

namespace {

// What `program` ends with: the code, and what it leaves on stderr.
std::pair<int, std::string> ended(const std::function<int()>& program) {
  const child::Sandbox box;
  std::fflush(stderr);
  const int kept = dup(2), file = open((box / "stderr").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  dup2(file, 2);
  const int code = reported(program);
  std::fflush(stderr);
  dup2(kept, 2);
  close(kept), close(file);
  return {code, child::read_file(box / "stderr")};
}

template <class E>
std::function<int()> thrower(E error) {
  return [error]() -> int { throw error; };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(char_rnn_parts)

BOOST_AUTO_TEST_CASE(every_exception_has_its_exit_code_and_a_hint) {
  using Ended = std::pair<int, std::string>;
  BOOST_TEST((ended([] { return 3; }) == Ended{3, ""}));
  BOOST_TEST((ended(thrower(Failure(Exit::text, "no text", "name one"))) ==
              Ended{3, "char_rnn: error: no text\nhint: name one\n"}));
  BOOST_TEST((ended(thrower(std::logic_error("impossible"))) ==
              Ended{70, "char_rnn: error: impossible\nhint: this is a bug of char_rnn; please report the command\n"}));
  BOOST_TEST((ended(thrower(xgrad::ShapeError("matmul: (3,5) x (4,2)\nhint: use other shapes"))) ==
              Ended{70, "char_rnn: error: matmul: (3,5) x (4,2)\nhint: use other shapes\n"}));
  BOOST_TEST((ended(thrower(std::bad_alloc())) ==
              Ended{2,
                    "char_rnn: error: out of memory\nhint: use a smaller --hidden, --seq-len or --batch, or a shorter "
                    "text\n"}));
  const auto denied = std::make_error_code(std::errc::permission_denied);
  BOOST_TEST((ended(thrower(std::filesystem::filesystem_error("x", "a\nb", denied))) ==
              Ended{5,
                    "char_rnn: error: cannot reach 'a\\nb': Permission denied\nhint: choose another folder or "
                    "file\n"}));
  const auto [code, text] =
      ended(thrower(std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again))));
  BOOST_TEST(code == 2);
  BOOST_TEST(text.rfind("char_rnn: error: cannot start the threads: ", 0) == 0, text);
}

// Also in its second half on one thread, which reads the streams in two groups, one after the other.
BOOST_AUTO_TEST_CASE(a_scoring_can_be_broken_off_anywhere) {
  const child::Sandbox box;
  child::write_file(box / "text", std::string(3000, 'a') + std::string(3000, 'b'));
  const xgrad::Text text = xgrad::load_text(box / "text");
  xgrad::ParamStore<float> store;
  const Model model(store, {ModelKind::rnn, text.vocabulary.size(), 3, 1, 0});
  const auto ranges = xgrad::scored_ranges(1, text.ids.size() - 1, 8, 16);
  for (const xgrad::Index threads : {1, 2}) {
    std::vector<double> told;
    const auto until = [&](double end) {
      told.clear();
      return evaluate(model, text.ids, ranges, threads, [&](double done) { return told.push_back(done), done < end; });
    };
    BOOST_TEST(until(2).has_value());
    BOOST_TEST(told.back() == 1.0);
    BOOST_TEST(std::is_sorted(told.begin(), told.end()));
    const std::size_t all = told.size();
    for (const double end : {0.01, 0.4, 0.6, 0.99}) {
      BOOST_TEST(!until(end).has_value());
      BOOST_TEST(std::count_if(told.begin(), told.end(), [&](double done) { return done >= end; }) == 1);
      BOOST_TEST(told.size() <= all);
    }
  }
}

// Before a model is made it is asked whether there is room for it.
BOOST_AUTO_TEST_CASE(weights_are_counted_before_there_are_any) {
  for (const ModelKind kind : {ModelKind::rnn, ModelKind::lstm, ModelKind::gru})
    for (const xgrad::Index layers : {1, 3})
      for (const xgrad::Index embedding : {0, 5}) {
        const Architecture a{kind, 11, 7, layers, embedding};
        xgrad::ParamStore<float> store;
        const Model model(store, a);
        BOOST_TEST(count_weights(a) == double(xgrad::count_parameters(model)));
      }
  BOOST_TEST(count_weights({ModelKind::lstm, 65536, 65536, 65536, 65536}) > 2e15);  // and no overflow
}

BOOST_AUTO_TEST_SUITE_END()
