// Saves a checkpoint, for tests that watch it, disturb it, and kill it: saver TARGET PREVIOUS STEP. Exits with 5 where
// the file cannot be saved; without arguments it does nothing.
#include <cstdio>
#include <string>
#include <vector>
#include <xgrad/autograd/core/error.hpp>
#include <xgrad/models/checkpoint/safetensors.hpp>

int main(int count, char** arguments) {
  if (count < 4) return 0;
  const std::vector<float> values(3000, std::stof(arguments[3]));
  xgrad::SafeTensors content;
  content.tensors.push_back(xgrad::make_tensor<float>("w", {3000}, values));
  content.metadata["step"] = arguments[3];
  try {
    xgrad::write_safetensors(arguments[1], content, {.keep_previous_as = arguments[2]});
  } catch (const xgrad::FileError& e) {
    std::puts(e.what());
    return 5;
  }
}
