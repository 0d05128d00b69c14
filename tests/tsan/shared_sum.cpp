// A mistake on purpose: two shards put their products into one array. ThreadSanitizer must say so, and name the kernel
// that wrote; else what it says of sharded_training means nothing.
#include <cstdio>
#include <xgrad/models/models.hpp>
#include <xgrad/ops/kernels/products.hpp>

int main() {
  using namespace xgrad;
  constexpr Index n = 16;
  ParamStore<float> store;
  store.add(Shape{1});
  Shards<float> shards(store, 2, 2);
  std::vector<float> ones(n * n, 1), sum(n * n, 0);
  for (int i = 0; i < 100; ++i)
    shards.run([&](Index) {
      kernels::multiply<float>(n, n, n, {ones.data(), n}, {ones.data(), n}, sum.data(), true);
      return 0.0f;
    });
  std::printf("%g, without the mistake %d\n", double(sum[0]), 2 * 100 * n);
}
