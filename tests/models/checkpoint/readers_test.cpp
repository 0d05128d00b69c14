// What others make of our files: numpy by the format's description, and the official readers where they are installed.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <type_traits>
#include <xgrad/models/models.hpp>

#include "../../script.hpp"
#include "fixture.hpp"

using namespace xgrad;

namespace {

template <class T>
std::string values_of(const Tensor& t) {
  std::string text;
  for (const T v : t.values<T>()) {
    char one[64];
    if constexpr (std::is_floating_point_v<T>) std::snprintf(one, sizeof one, "%a ", double(v));
    else std::snprintf(one, sizeof one, "%lld ", static_cast<long long>(v));
    text += one;
  }
  return text;
}

std::string values_of(const Tensor& t) {
  switch (t.dtype) {
    case Dtype::u8:
      return values_of<std::uint8_t>(t);
    case Dtype::u32:
      return values_of<std::uint32_t>(t);
    case Dtype::f32:
      return values_of<float>(t);
    case Dtype::f64:
      return values_of<double>(t);
    case Dtype::i64:
      return values_of<std::int64_t>(t);
  }
  return {};
}

std::string listing_of(const SafeTensors& content) {
  std::string text;
  for (const Tensor& t : content.tensors) {
    char digits[3];
    for (const char c : t.name)
      std::snprintf(digits, sizeof digits, "%02x", unsigned(static_cast<unsigned char>(c))), text += digits;
    text += "\t" + std::string(name_of(t.dtype)) + "\t";
    for (const auto length : t.shape) text += std::to_string(length) + " ";
    text += "\t" + values_of(t) + "\n";
  }
  return text;
}

/// A model of random weights with its logits over a text, for the eyes of read_with_torch.py.
template <template <class> class Cell>
std::string save_model(const child::Sandbox& box, const char* kind, Index layers) {
  constexpr Index vocabulary = 11, hidden = 17, length = 60;
  ParamStore<float> store;
  const CharRnn<float, Cell> model(store, {.vocabulary = vocabulary, .hidden = hidden, .layers = layers});
  Rng rng(7);
  for (const auto& p : named_parameters(model)) rng.fill_normal(p.parameter.mutable_value(), 0.4);
  std::vector<std::int64_t> ids;
  std::vector<float> logits;
  Array<float> state = model.initial_state(1);
  for (Index t = 0; t < length; ++t) {
    const Index id = (t * t + 3 * t) % vocabulary;
    Tape<float> tape;
    const PauseGuard<float> pause(tape);
    const auto step = model.step({&id, 1}, constant(state));
    ids.push_back(id);
    logits.insert(logits.end(), step.logits.data(), step.logits.data() + step.logits.size());
    std::copy_n(step.state.data(), step.state.size(), state.data());
  }
  SafeTensors content{weights_of(model), {{"format", "pt"}, {"model", kind}}};
  content.tensors.push_back(make_tensor<std::int64_t>("ids", {length}, ids));
  content.tensors.push_back(make_tensor<float>("logits", {length, vocabulary}, logits));
  content.tensors.push_back(make_tensor<std::uint32_t>("vocab", {2}, std::vector<std::uint32_t>{97, 98}));
  const std::string name = kind + std::to_string(layers);
  write_safetensors(box / name, content);
  return name;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(readers)

BOOST_AUTO_TEST_CASE(numpy_reads_our_values) {
  const child::Sandbox box;
  write_safetensors(box / "C", sample());
  child::write_file(box / "listing", listing_of(read_safetensors(box / "C")));
  child::check_script(box, XGRAD_READERS "/read_with_numpy.py", {"C", "listing"}, "6 tensors are equal");
}

BOOST_AUTO_TEST_CASE(pytorch_computes_our_logits) {
  const child::Sandbox box;
  std::vector<std::string> files;
  for (const Index layers : {1, 2}) {
    files.push_back(save_model<RnnCell>(box, "rnn", layers));
    files.push_back(save_model<LstmCell>(box, "lstm", layers));
    files.push_back(save_model<GruCell>(box, "gru", layers));
  }
  child::check_script(box, XGRAD_READERS "/read_with_torch.py", files, "6 models agree to ");
}

BOOST_AUTO_TEST_SUITE_END()
