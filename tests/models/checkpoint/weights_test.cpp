// Models as tensors under PyTorch's names, and visit.
#include <boost/test/unit_test.hpp>
#include <xgrad/models/models.hpp>

#include "../../thrown.hpp"

using namespace xgrad;

namespace {

struct Fixture {
  ParamStore<float> store;
  CharRnn<float> model{store, {.vocabulary = 5, .hidden = 3}};
  Fixture() {
    Rng rng(2);
    init_normal(model, 1, rng);
    rng.fill_normal(model.cells[0].bias.mutable_value(), 1);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(weights)

BOOST_FIXTURE_TEST_CASE(names_and_shapes_are_those_of_pytorch, Fixture) {
  const std::vector<std::pair<std::string, std::vector<std::uint64_t>>> wanted = {
      {"rnn.weight_ih_l0", {3, 5}}, {"rnn.weight_hh_l0", {3, 3}}, {"rnn.bias_ih_l0", {3}},
      {"rnn.bias_hh_l0", {3}},      {"head.weight", {5, 3}},      {"head.bias", {5}}};
  const auto tensors = weights_of(model);
  BOOST_REQUIRE_EQUAL(tensors.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    BOOST_TEST(tensors[i].name == wanted[i].first);
    BOOST_TEST(tensors[i].shape == wanted[i].second);
  }
  const auto ih = tensors[0].values<float>();
  BOOST_TEST(ih[1 * 5 + 4] == model.cells[0].weight_ih.value()(4, 1));  // (out, in)
}

BOOST_FIXTURE_TEST_CASE(parameters_by_dotted_name, Fixture) {
  const auto all = named_parameters(model);
  BOOST_REQUIRE_EQUAL(all.size(), 5u);
  BOOST_TEST(all[1].name == "rnn.weight_hh_l0");
  BOOST_TEST(count_parameters(model) == 5 * 3 + 3 * 3 + 3 + 3 * 5 + 5);
}

BOOST_FIXTURE_TEST_CASE(what_is_written_is_read, Fixture) {
  const SafeTensors file{weights_of(model), {}};
  ParamStore<float> other_store;
  CharRnn<float> other(other_store, {.vocabulary = 5, .hidden = 3});
  load_weights(file, other);
  for (std::size_t i = 0; i < store.values().size(); ++i) BOOST_TEST(other_store.values()[i] == store.values()[i]);
}

BOOST_FIXTURE_TEST_CASE(pytorchs_second_bias_is_added, Fixture) {
  SafeTensors file{weights_of(model), {}};
  const std::vector<float> more{1, 2, 3};
  for (auto& t : file.tensors)
    if (t.name == "rnn.bias_hh_l0") t = make_tensor<float>(t.name, t.shape, std::span<const float>(more));
  ParamStore<float> other_store;
  CharRnn<float> other(other_store, {.vocabulary = 5, .hidden = 3});
  load_weights(file, other);
  for (std::size_t i = 0; i < 3; ++i)
    BOOST_TEST(other.cells[0].bias.value()(i) == model.cells[0].bias.value()(i) + float(i + 1));
}

// A cell of 5 characters and 3 hidden units, with weights drawn, the biases too.
template <template <class> class Cell>
struct Filled {
  ParamStore<float> store;
  Cell<float> cell{store, 5, 3};
  Filled() {
    Rng rng(4);
    for (const auto& p : named_parameters(cell)) rng.fill_normal(p.parameter.mutable_value(), 1);
  }
};

template <template <class> class Cell>
void check_what_is_written_is_read() {
  const Filled<Cell> written;
  const SafeTensors file{weights_of(written.cell), {}};
  ParamStore<float> store;
  const Cell<float> read(store, 5, 3);
  load_weights(file, read);
  const auto values = written.store.values();
  BOOST_TEST(store.values() == values, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_lstm_has_one_bias_for_pytorchs_two) {
  const std::vector<std::pair<std::string, std::vector<std::uint64_t>>> wanted = {
      {"weight_ih_l0", {12, 5}}, {"weight_hh_l0", {12, 3}}, {"bias_ih_l0", {12}}, {"bias_hh_l0", {12}}};
  const Filled<LstmCell> lstm;
  auto tensors = weights_of(lstm.cell);
  BOOST_REQUIRE_EQUAL(tensors.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    BOOST_TEST(tensors[i].name == wanted[i].first);
    BOOST_TEST(tensors[i].shape == wanted[i].second);
  }
  for (const float v : tensors[3].values<float>()) BOOST_TEST(v == 0);
  // row 4 of 12 is unit 1 of the forget gate, which is the second of four
  BOOST_TEST(tensors[0].values<float>()[4 * 5 + 2] == lstm.cell.weight_ih.value()(2, 4));
  check_what_is_written_is_read<LstmCell>();

  tensors[3] = tensors[2];
  tensors[3].name = "bias_hh_l0";
  ParamStore<float> store;
  const LstmCell<float> doubled(store, 5, 3);
  load_weights(SafeTensors{tensors, {}}, doubled);
  for (std::size_t i = 0; i < 12; ++i) BOOST_TEST(doubled.bias.value()(i) == 2 * lstm.cell.bias.value()(i));
}

BOOST_AUTO_TEST_CASE(a_gru_has_both_of_pytorchs_biases) {
  const std::vector<std::pair<std::string, std::vector<std::uint64_t>>> wanted = {
      {"weight_ih_l0", {9, 5}}, {"weight_hh_l0", {9, 3}}, {"bias_ih_l0", {9}}, {"bias_hh_l0", {9}}};
  const Filled<GruCell> gru;
  auto tensors = weights_of(gru.cell);
  BOOST_REQUIRE_EQUAL(tensors.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    BOOST_TEST(tensors[i].name == wanted[i].first);
    BOOST_TEST(tensors[i].shape == wanted[i].second);
  }
  const auto bias_hh = tensors[3].values<float>();
  for (std::size_t i = 0; i < 9; ++i) BOOST_TEST(bias_hh[i] == gru.cell.bias_hh.value()(i));
  check_what_is_written_is_read<GruCell>();

  tensors.pop_back();
  BOOST_TEST(thrown<FormatError>([&] {
               load_weights(SafeTensors{tensors, {}}, gru.cell);
             }) == "[weights] tensor 'bias_hh_l0' is missing");
}

// Of a stack of two, in the order of PyTorch's state_dict.
template <class Model>
void check_names_of_two_layers(std::uint64_t gates) {
  ParamStore<float> store;
  const Model model(store, {.vocabulary = 5, .hidden = 3, .layers = 2});
  std::vector<std::pair<std::string, std::vector<std::uint64_t>>> wanted;
  for (const char* layer : {"0", "1"}) {
    const std::uint64_t rows = 3 * gates, inputs = *layer == '0' ? 5 : 3;
    wanted.push_back({std::string("rnn.weight_ih_l") + layer, {rows, inputs}});
    wanted.push_back({std::string("rnn.weight_hh_l") + layer, {rows, 3}});
    wanted.push_back({std::string("rnn.bias_ih_l") + layer, {rows}});
    wanted.push_back({std::string("rnn.bias_hh_l") + layer, {rows}});
  }
  wanted.push_back({"head.weight", {5, 3}});
  wanted.push_back({"head.bias", {5}});
  const auto tensors = weights_of(model);
  BOOST_REQUIRE_EQUAL(tensors.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    BOOST_TEST(tensors[i].name == wanted[i].first);
    BOOST_TEST(tensors[i].shape == wanted[i].second);
  }
}

BOOST_AUTO_TEST_CASE(layers_are_named_as_pytorch_names_them) {
  check_names_of_two_layers<CharRnn<float>>(1);
  check_names_of_two_layers<CharLstm<float>>(4);
  check_names_of_two_layers<CharGru<float>>(3);
}

BOOST_AUTO_TEST_CASE(two_layers_written_are_read) {
  ParamStore<float> store, other_store;
  const CharGru<float> gru(store, {.vocabulary = 5, .hidden = 3, .layers = 2});
  const CharGru<float> other(other_store, {.vocabulary = 5, .hidden = 3, .layers = 2});
  Rng rng(4);
  for (const auto& p : named_parameters(gru)) rng.fill_normal(p.parameter.mutable_value(), 1);
  load_weights(SafeTensors{weights_of(gru), {}}, other);
  const auto values = store.values();
  BOOST_TEST(other_store.values() == values, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(tensors_that_do_not_fit, Fixture) {
  SafeTensors file{weights_of(model), {}};
  ParamStore<float> wider_store;
  CharRnn<float> wider(wider_store, {.vocabulary = 5, .hidden = 4});
  BOOST_TEST(thrown<FormatError>([&] { load_weights(file, wider); }) ==
             "[weights] tensor 'rnn.weight_ih_l0' is F32 (3, 5), the model wants F32 (4, 5)");
  ParamStore<double> double_store;
  CharRnn<double> in_double(double_store, {.vocabulary = 5, .hidden = 3});
  BOOST_TEST(thrown<FormatError>([&] { load_weights(file, in_double); }) ==
             "[weights] tensor 'rnn.weight_ih_l0' is F32 (3, 5), the model wants F64 (3, 5)");
  file.tensors.erase(file.tensors.begin() + 4);
  BOOST_TEST(thrown<FormatError>([&] { load_weights(file, model); }) == "[weights] tensor 'head.weight' is missing");
}

BOOST_AUTO_TEST_CASE(initial_weights_are_numpys) {
  // RandomState(1337).randn(2, 3), (out, in), lies transposed in a (3, 2) parameter.
  ParamStore<double> store;
  const Linear<double> layer(store, 3, 2);
  Rng rng(1337), again(1337);
  init_normal(layer, 1, rng);
  for (std::size_t out = 0; out < 2; ++out)
    for (std::size_t in = 0; in < 3; ++in) BOOST_TEST(layer.weight.value()(in, out) == again.normal());
}

BOOST_AUTO_TEST_SUITE_END()
