// The reader of safetensors files, and that of weights behind it.
#include <algorithm>
#include <cstring>
#include <xgrad/autograd/core/error.hpp>
#include <xgrad/models/checkpoint/safetensors.hpp>
#include <xgrad/models/models.hpp>

#include "fuzz.hpp"

using namespace xgrad;
using fuzz::must;

namespace {

SafeTensors parse(std::string_view bytes) { return parse_safetensors(std::as_bytes(std::span(bytes)), "F"); }

bool same(const SafeTensors& a, const SafeTensors& b) {
  const auto same_tensor = [&](const Tensor& t) {
    const Tensor* other = b.find(t.name);
    return other && *other == t;
  };
  return a.metadata == b.metadata && a.tensors.size() == b.tensors.size() &&
         std::all_of(a.tensors.begin(), a.tensors.end(), same_tensor);
}

void check_content(const SafeTensors& content, std::string_view bytes) {
  const std::string once = fuzz::written(content);
  const SafeTensors again = parse(once);
  must(same(content, again), "a file that is written again has the same content");
  must(again.sha256.size() == 64, "a file of ours has a digest");
  must(fuzz::written(again) == once, "and the same bytes from then on");
  const fuzz::MemoryFile file(bytes);
  must(same(content, read_safetensors(file.path())), "a file on disk is read like one in memory");
}

/// Weights of a model of three symbols and two hidden units, where the file has such.
template <class M>
void check_weights(const SafeTensors& content) {
  ParamStore<float> store, other_store;
  const typename M::Options options{.vocabulary = 3, .hidden = 2};
  const M model(store, options), other(other_store, options);
  try {
    load_weights(content, model);
  } catch (const FormatError& e) {
    fuzz::must_be_printable(e.what());
    return;
  }
  load_weights(parse(fuzz::written({weights_of(model), {}})), other);
  const auto &a = store.values(), &b = other_store.values();
  must(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0, "weights that are written again are the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  SafeTensors content;
  try {
    content = parse(bytes);
  } catch (const FormatError& e) {
    fuzz::must_be_printable(e.what());
    return 0;
  }
  check_content(content, bytes);
  check_weights<CharRnn<float>>(content);
  check_weights<CharLstm<float>>(content);
  check_weights<CharGru<float>>(content);
  return 0;
}
