// Numbers that are none any more, and what is kept then.
#include <algorithm>
#include <cmath>

#include "../../../../examples/char_rnn/failure.hpp"
#include "../../../../examples/char_rnn/training/trainer.hpp"
#include "../fixture.hpp"

using child::Result;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(char_rnn_numbers, CharRnnFixture)

// Those that were saved before: the weights that the step begins with may be what is wrong with it.
BOOST_AUTO_TEST_CASE(a_loss_that_is_not_finite_stops_and_keeps_good_weights) {
  const Result r = train({"--optimizer", "sgd", "--lr", "2e37", "--dropout", "0.1", "--out", "run"});
  check_failure({r.code, "", r.err}, 6, "loss is ", "use a lower --lr");
  BOOST_TEST(r.err.find("; first in the output of ") != std::string::npos, r.err);
  BOOST_TEST(r.err.find("; 'latest.safetensors' is that of step 0\n") != std::string::npos, r.err);
  BOOST_TEST(weights("run").metadata.at("step") == "0");
  BOOST_TEST(eval({}).at("nats").get<double>() < 4);
  BOOST_TEST(train({"--steps", "20", "--init-from", "run", "--out", "next"}).code == 0);  // as the manual has it
  BOOST_TEST(run({"sample", "run", "--length", "10"}).out.size() == 10u);
  BOOST_REQUIRE_EQUAL(log("run", "end").size(), 1u);
  BOOST_TEST(log("run", "end")[0].at("reason") == "diverged");
}

BOOST_AUTO_TEST_CASE(weights_that_are_not_finite_are_never_saved) {
  const Result r = train({"--optimizer", "sgd", "--lr", "1e38", "--clip", "1000", "--out", "run"});
  check_failure({r.code, "", r.err}, 6, "loss is nan in step 2; tensor 'head.weight' holds ", "use a lower --lr");
  BOOST_TEST(r.err.find("; 'latest.safetensors' is that of step 0\n") != std::string::npos, r.err);
  BOOST_TEST(weights("run").metadata.at("step") == "0");
}

BOOST_AUTO_TEST_CASE(a_loss_that_explodes_is_told_and_then_stops) {
  const Result r = train({"--optimizer", "sgd", "--lr", "3000", "--clip", "5", "--steps", "1000", "--out", "run"});
  BOOST_TEST(r.code == 6);
  BOOST_TEST(r.err.find("char_rnn: warning: loss ") != std::string::npos, r.err);
  BOOST_TEST(r.err.find(" is more than 3 times what it began with, ") != std::string::npos, r.err);
  BOOST_TEST(r.err.find(", and was for 100 steps; 'latest.safetensors' is that of step 0\nhint: use a lower --lr") !=
                 std::string::npos,
             r.err);
  // The log has the loss that ended it, and a run that goes on takes both back.
  const auto notes = log("run");
  BOOST_TEST(notes.back().at("loss").get<double>() > 3 * notes.front().at("loss").get<double>());
  BOOST_REQUIRE_EQUAL(log("run", "end").size(), 1u);
  BOOST_TEST(log("run", "end")[0].at("reason") == "diverged");
  BOOST_TEST(log("run", "end")[0].at("step") == notes.back().at("step"));
  BOOST_TEST(run({"train", "fish.txt", "--resume", "run"}).code == 6);
  BOOST_TEST(log("run", "end").size() == 2u);
  BOOST_TEST(run({"report", "run"}).code == 0);
}

// Where the text begins again, the step that fails begins with zeros, and what is saved does not.
BOOST_AUTO_TEST_CASE(a_step_that_fails_changes_nothing) {
  using namespace char_rnn;
  const xgrad::Text text = xgrad::load_text(box / "fish.txt");
  Settings s;
  s.model = ModelKind::rnn, s.layers = 1, s.hidden = 8, s.seq_len = 500, s.batch = 4, s.shards = 2, s.dropout = 0.1;
  s.optimizer = xgrad::OptimizerKind::sgd, s.lr = 2e37;
  Trainer trainer(resolved(s), 1, text.vocabulary.size(), {text.ids, s.batch, s.seq_len});
  BOOST_TEST(trainer.steps_per_pass() == 1);  // every step begins the text
  TrainingState state;
  const auto go_on = [&] {
    for (int i = 0; i < 100; ++i) {
      state = trainer.state();
      trainer.step(100);
    }
  };
  BOOST_CHECK_THROW(go_on(), Failure);
  const TrainingState after = trainer.state();
  BOOST_TEST(after.step > 0);
  BOOST_TEST(after.step == state.step);
  BOOST_TEST(after.window == state.window);
  BOOST_TEST((after.hidden == state.hidden));
  BOOST_TEST((after.rng == state.rng));
  BOOST_TEST(std::any_of(after.hidden.begin(), after.hidden.end(), [](float h) { return h != 0; }));
}

// Of two shards each has a loss that is finite.
BOOST_AUTO_TEST_CASE(a_sum_of_losses_that_is_not_finite) {
  using namespace char_rnn;
  child::write_file(box / "short.txt", "abababababababababababababab#");
  const xgrad::Text text = xgrad::load_text(box / "short.txt");
  Settings s;
  s.model = ModelKind::rnn, s.layers = 1, s.hidden = 2, s.seq_len = 2, s.batch = 2, s.shards = 2;
  Trainer trainer(resolved(s), 1, text.vocabulary.size(), {text.ids, s.batch, s.seq_len});
  for (const auto& p : xgrad::named_parameters(trainer.model()))
    if (p.name == "head.bias") p.parameter.mutable_value()[0] = 3e38f;  // '#', which comes last
  BOOST_CHECK_EXCEPTION(trainer.step(1), Failure, [](const Failure& e) {
    return e.what() == std::string("loss is inf in step 1; it is a sum of losses that are finite");
  });
}

// Adam's mean of gradients, of characters that the model does not meet for long: 0.9 to the power of some hundred.
BOOST_AUTO_TEST_CASE(what_dies_out_becomes_zero_and_no_denormal) {
  std::string text = "Qrstuvwxyz\n";
  for (int i = 0; i < 1300; ++i) text += "fish swim ";
  child::write_file(box / "dying.txt", text);
  const Result r = run({"train", "dying.txt", "--model", "rnn", "--layers", "1", "--hidden", "4", "--batch", "1",
                        "--seq-len", "10", "--optimizer", "adam", "--steps", "1200", "--out", "run"});
  BOOST_REQUIRE_MESSAGE(r.code == 0, r.err);
  std::size_t zeros = 0;
  for (const auto& tensor : weights("run").tensors) {
    if (tensor.name.rfind("optimizer.", 0) != 0) continue;
    for (const float x : tensor.values<float>()) {
      BOOST_REQUIRE_MESSAGE(std::fpclassify(x) != FP_SUBNORMAL, tensor.name << " holds " << x);
      zeros += x == 0 ? 1 : 0;
    }
  }
  BOOST_TEST(zeros > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
