// wrong_char_rnn N FILE: `char_rnn gradcheck FILE`, small, with mutant N of the library.
#include <mutants/mutant.hpp>

#include <char_rnn/failure.hpp>
#include <char_rnn/verbs/verbs.hpp>
#include <cstdlib>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  xgrad::mutants::selected = std::atoi(argv[1]);
  char_rnn::GradcheckOptions options;
  options.train.text = argv[2];
  auto& settings = options.train.settings;
  settings.model = char_rnn::ModelKind::rnn;
  settings.layers = 1, settings.hidden = 8, settings.seq_len = 25, settings.batch = 16;
  try {
    return char_rnn::gradcheck(options);
  } catch (const char_rnn::Failure& e) {
    return char_rnn::report(e.code(), e.what(), e.hint());
  }
}
