// The backward sweep: graphs in which a careless engine counts twice, forgets, or overwrites. Expected values are
// worked out by hand, or come from the same graph swept without any shortcut.
#include <pthread.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <xgrad/ops/ops.hpp>

using namespace xgrad;

namespace {

using D = double;
using Graph = std::function<Var<D>(std::span<const Var<D>>)>;

Array<D> random(const Shape& shape, std::uint32_t seed) {
  Rng rng(seed);
  Array<D> a = make_array<D>(shape);
  for (D& v : a) v = rng.normal();
  return a;
}

std::vector<D> gradient(const Graph& f, const std::vector<Shape>& shapes, const BackwardOptions& options) {
  Tape<D> t;
  std::vector<Var<D>> x;
  for (std::size_t i = 0; i < shapes.size(); ++i) x.push_back(leaf(random(shapes[i], std::uint32_t(i + 1))));
  backward(f(x), options);
  std::vector<D> g;
  for (const auto& v : x)
    for (const D e : v.grad()) g.push_back(e);
  return g;
}

// The shortcuts of the sweep against none of them.
void same_without_shortcuts(const Graph& f, const std::vector<Shape>& shapes) {
  const auto plain = gradient(f, shapes, {.use_kernels = false, .defer = false});
  D scale = 0;
  for (const D v : plain) scale = std::max(scale, std::abs(v));
  BOOST_REQUIRE(scale > 0);
  for (const BackwardOptions& o : {BackwardOptions{}, BackwardOptions{.defer = false}}) {
    const auto g = gradient(f, shapes, o);
    for (std::size_t i = 0; i < g.size(); ++i) BOOST_TEST(std::abs(g[i] - plain[i]) <= 1e-13 * scale);
  }
}

D weighted(const Array<D>& a) {  // a number that depends on every element
  D s = 0, w = 1;
  for (const D v : a) s += (w += 0.37) * v;
  return s;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sweep)

BOOST_AUTO_TEST_CASE(diamonds_are_visited_once) {
  Tape<D> t;
  const Var<D> a = leaf(Array<D>{3});
  const Var<D> b = a + a, c = b + b;
  backward(sum(c * b));  // 4 a * 2 a
  BOOST_TEST(a.grad()(0) == 48);
}

BOOST_AUTO_TEST_CASE(a_node_used_many_times) {
  Tape<D> t;
  const Var<D> a = leaf(Array<D>{2});
  backward(sum(a * a * a + a * a - a));
  BOOST_TEST(a.grad()(0) == 12 + 4 - 1);
}

BOOST_AUTO_TEST_CASE(leaves_that_get_nothing_have_zero_gradients) {
  Tape<D> t;
  const Var<D> a = leaf(Array<D>{2}), b = leaf(Array<D>{5, 6});
  backward(sum(a));
  BOOST_TEST(b.grad()(0) == 0);
  BOOST_TEST(b.grad()(1) == 0);
}

BOOST_AUTO_TEST_CASE(a_seed_of_any_shape) {
  Tape<D> t;
  const Var<D> x = leaf(Array<D>{1, 2, 3});
  backward(x * x, Array<D>{1, 10, -1});
  BOOST_TEST(x.grad()(0) == 2);
  BOOST_TEST(x.grad()(1) == 40);
  BOOST_TEST(x.grad()(2) == -6);
}

BOOST_AUTO_TEST_CASE(the_root_may_be_a_leaf_or_a_parameter) {
  ParamStore<D> store;
  const auto w = store.add(Array<D>{1});
  Tape<D> t;
  const Var<D> x = leaf(Array<D>{1});
  backward(x, {.retain_graph = true});
  BOOST_TEST(x.grad()(0) == 1);
  backward(w);
  BOOST_TEST(w.grad()(0) == 1);
}

BOOST_AUTO_TEST_CASE(a_second_sweep_gives_leaves_the_last_and_adds_to_parameters) {
  ParamStore<D> store;
  const auto w = store.add(Array<D>{3});
  Tape<D> t;
  const Var<D> x = leaf(Array<D>{2}), y = w * x, loss = sum(y * y);
  backward(loss, {.retain_graph = true});
  BOOST_TEST(x.grad()(0) == 36);
  BOOST_TEST(w.grad()(0) == 24);
  backward(loss);
  BOOST_TEST(x.grad()(0) == 36);
  BOOST_TEST(w.grad()(0) == 48);
  store.zero_grad();
  BOOST_TEST(w.grad()(0) == 0);
}

BOOST_AUTO_TEST_CASE(retained_gradients_survive_adoption) {
  Tape<D> t;
  const Var<D> x = leaf(Array<D>{1, 2, 3}), b = tanh(x), c = b + b;
  c.retain();
  b.retain();
  backward(sum(c) + sum(b));
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(c.grad()(i) == 1);
    BOOST_TEST(b.grad()(i) == 3);
  }
}

BOOST_AUTO_TEST_CASE(retained_parts_and_blocks) {
  Tape<D> t;
  const Var<D> x = leaf(random({3, 2}, 1)), block = 2 * x;
  block.retain();
  const Vars<D> p = unstack(block);
  p[1].retain();
  backward(sum(p[0] * 3 + p[1] * 5));
  BOOST_TEST(p[1].grad()(0) == 5);
  BOOST_TEST(block.grad()(0, 0) == 3);
  BOOST_TEST(block.grad()(1, 1) == 5);
  BOOST_TEST(block.grad()(2, 0) == 0);
  BOOST_TEST(x.grad()(0, 1) == 6);
}

// Defect of an early prototype: the gradient of one addend, adopted by another, was overwritten before a deferred
// product had read it.
BOOST_AUTO_TEST_CASE(a_deferred_product_keeps_its_upstream_gradient) {
  same_without_shortcuts(
      [](auto x) {
        const Var<D> w0 = x[1];
        const Var<D> pre = tanh(matmul(x[0], w0));
        const Var<D> z = pre * 2;
        const Vars<D> s = unstack(reshape(pre + x[2], {4, 1, 3}));
        std::vector<Var<D>> states;
        Var<D> h = s[3];
        for (Index i = 0; i < 3; ++i) states.push_back(h = tanh(affine(h, w0, s[i])));
        return sum(tanh(stack(states))) * sum(z);
      },
      {{4, 3}, {3, 3}, {3}});
}

BOOST_AUTO_TEST_CASE(shared_gradients_travel_through_chains_of_identities) {
  same_without_shortcuts(
      [](auto x) {
        const Var<D> a = tanh(x[0]);
        const Var<D> b = reshape(a + x[1], {6}), c = reshape(b + 1, {2, 3});
        const Var<D> d = matmul(c, x[2]);  // reads c's value, its product is deferred
        return sum(d + reshape(b, {2, 3})) + sum(c * a) + sum(a);
      },
      {{2, 3}, {2, 3}, {3, 3}});
}

BOOST_AUTO_TEST_CASE(parts_of_parts) {
  same_without_shortcuts(
      [](auto x) {
        const Var<D> y = tanh(x[0]);
        Var<D> total = sum(y) * 0.1;
        for (const Var<D> p : unstack(y))
          for (const Var<D> q : unstack(reshape(p, {2, 2}))) total += sum(q * q * q);
        return total;
      },
      {{3, 4}});
}

BOOST_AUTO_TEST_CASE(some_parts_of_a_block_through_other_identities) {
  same_without_shortcuts(
      [](auto x) {
        const Vars<D> p = unstack(tanh(x[0] + x[1]));
        const Var<D> a = p[0] + 2, b = reshape(p[2], {3, 1});
        return sum(a * a) + sum(b * b * b);
      },
      {{4, 3}, {3}});
}

BOOST_AUTO_TEST_CASE(one_weight_in_products_of_many_heights) {
  same_without_shortcuts(
      [](auto x) {
        Var<D> total = constant(0.0);
        for (const Index rows : {1, 1, 1, 1, 1, 2, 3, 1, 20, 2, 1, 17}) {
          const Var<D> a = slice(x[0], 0, {0, rows});
          total += sum(tanh(matmul(a, x[1])) * 0.5) + sum(affine(a, x[1], x[2]));
        }
        return total;
      },
      {{20, 4}, {4, 5}, {5}});
}

BOOST_AUTO_TEST_CASE(a_weight_that_is_computed_and_used_otherwise_too) {
  same_without_shortcuts(
      [](auto x) {
        const Var<D> w = tanh(x[1]);
        Var<D> h = x[0];
        for (int t = 0; t < 7; ++t) h = tanh(matmul(h, w) + sum(w));
        return sum(h) + sum(w * w);
      },
      {{1, 4}, {4, 4}});
}

BOOST_AUTO_TEST_CASE(the_product_of_two_parameters) {
  ParamStore<D> store;
  const auto a = store.add(random({2, 3}, 1)), b = store.add(random({3, 2}, 2));
  Tape<D> t;
  backward(sum(matmul(a, b)));
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(a.grad()(1, i) == b.value()(i, 0) + b.value()(i, 1), boost::test_tools::tolerance(1e-14));
    BOOST_TEST(b.grad()(i, 1) == a.value()(0, i) + a.value()(1, i), boost::test_tools::tolerance(1e-14));
  }
}

// The count of consumers is 16 bits wide; 65,537 of them must not read as one, which would permit forwarding.
BOOST_AUTO_TEST_CASE(more_consumers_than_the_counter_holds) {
  Tape<D> t;
  const Var<D> x = leaf(Array<D>{0.5}), y = 1 * x;
  Var<D> last = y + 0;
  for (int i = 0; i < 65536; ++i) last = last + y;
  backward(sum(last));
  BOOST_TEST(x.grad()(0) == 65537);
}

BOOST_AUTO_TEST_CASE(more_parts_than_the_counter_holds) {
  Tape<float> t;
  const Var<float> x = leaf(make_array<float>({70000}));
  const Vars<float> p = unstack(2 * x);
  backward(p[0] * 3 + p[69999] * 5);
  BOOST_TEST(x.grad()(0) == 6);
  BOOST_TEST(x.grad()(1) == 0);
  BOOST_TEST(x.grad()(69999) == 10);
}

BOOST_AUTO_TEST_CASE(gradients_may_go_to_a_buffer_of_ones_own) {
  ParamStore<D> store;
  const auto w = store.add(Array<D>{3});
  GradientBuffer<D> mine(store);
  Tape<D> t;
  t.gradients_into(mine);
  backward(sum(w * w));
  BOOST_TEST(mine.of(w)[0] == 6);
  BOOST_TEST(w.grad()(0) == 0);
  BOOST_TEST(mine.flat().size() == store.values().size());
}

BOOST_AUTO_TEST_CASE(derivatives_of_any_order) {
  Tape<D> t;
  const Var<D> x = leaf(Array<D>{0.7});
  Var<D> y = sum(exp(2 * x));
  for (int order = 1; order <= 4; ++order) {
    y = sum(grad(y, {x})[0]);
    BOOST_TEST(y.item() == std::pow(2, order) * std::exp(1.4), boost::test_tools::tolerance(1e-14));
  }
  backward(y);
  BOOST_TEST(x.grad()(0) == 32 * std::exp(1.4), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(hessian_vector_product_of_a_quadratic_form) {
  Tape<D> t;
  const Array<D> a = random({3, 3}, 4);
  const Var<D> x = leaf(random({1, 3}, 5)), m = constant(a), v = constant(random({1, 3}, 6));
  const Var<D> loss = sum(matmul(matmul(x, m), x, false, true));
  const std::vector<Var<D>> xs{x}, vs{v};
  hvp(loss, xs, vs);
  for (std::size_t i = 0; i < 3; ++i) {
    D want = 0;
    for (std::size_t k = 0; k < 3; ++k) want += (a(i, k) + a(k, i)) * v.value()(0, k);
    BOOST_TEST(x.grad()(0, i) == want, boost::test_tools::tolerance(1e-13));
  }
}

BOOST_AUTO_TEST_CASE(repeated_sweeps_agree_bit_by_bit) {
  const Graph f = [](auto x) { return sum(tanh(matmul(x[0], x[1])) * exp(x[0])); };
  const auto first = gradient(f, {{5, 5}, {5, 5}}, {});
  for (int i = 0; i < 100; ++i) BOOST_TEST(gradient(f, {{5, 5}, {5, 5}}, {}) == first);
}

namespace {

// Runs f in a thread with a stack of this many bytes.
void on_small_stack(std::size_t bytes, void (*f)()) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  BOOST_REQUIRE_EQUAL(pthread_attr_setstacksize(&attributes, bytes), 0);
  pthread_t thread;
  const auto run = [](void* p) -> void* {
    reinterpret_cast<void (*)()>(p)();
    return nullptr;
  };
  BOOST_REQUIRE_EQUAL(pthread_create(&thread, &attributes, run, reinterpret_cast<void*>(f)), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

constexpr int million = 1'000'000;
double chain_of_tanh, chain_of_identities;

}  // namespace

BOOST_AUTO_TEST_CASE(a_million_nodes_under_a_stack_of_256_kib) {
  on_small_stack(256 * 1024, [] {
    {
      Tape<D> t;
      const Var<D> x = leaf(Array<D>{1e-4});
      Var<D> y = x;
      for (int i = 0; i < million; ++i) y = i % 2 ? tanh(y) : y * 1.0;
      backward(sum(y));
      chain_of_tanh = x.grad()(0);
    }
    {  // every link passes its gradient on: storage for the last is asked for at the first
      Tape<D> t;
      const Var<D> x = leaf(Array<D>{0.25});
      Var<D> y = x;
      for (int i = 0; i < million; ++i) y = y + 0.0;
      backward(sum(tanh(y)));
      chain_of_identities = x.grad()(0);
    }
  });
  D h = 1e-4, slope = 1;
  for (int i = 0; i < million / 2; ++i) {
    h = std::tanh(h);
    slope *= 1 - h * h;
  }
  BOOST_TEST(chain_of_tanh == slope, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(chain_of_identities == 1 - std::tanh(0.25) * std::tanh(0.25), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(gradients_do_not_depend_on_what_lies_in_the_arena) {
  // The same graph on a fresh tape and on one whose memory is full of NaN.
  const auto run = [](Tape<D>& t) {
    t.clear();
    const Var<D> x = leaf(random({4, 3}, 8)), w = leaf(random({3, 3}, 9));
    const Vars<D> p = unstack(tanh(matmul(x, w)) + x);
    backward(sum(p[1] * p[2]));
    return weighted(x.grad()) + weighted(w.grad());
  };
  Tape<D> fresh;
  const D want = run(fresh);
  Tape<D> dirty;
  const Var<D> nan = leaf(Array<D>(make_array<D>({100, 100})));
  backward(sum(sqrt(nan * 0.0 - 1.0)));
  BOOST_TEST(run(dirty) == want);
}

BOOST_AUTO_TEST_CASE(an_addend_with_other_consumers_keeps_what_a_deferred_product_reads) {
  // The gradient of the tanh's argument must not lie where another contribution to the addend is put later.
  const Graph graphs[] = {
      [](auto x) {
        const Vars<D> p = unstack(2 * x[0]);
        const Var<D> q = p[0] * x[2];  // recorded first, so swept after
        return sum(affine_tanh(x[1], x[1], p[0])) + sum(q);
      },
      [](auto x) {
        const Vars<D> p = unstack(2 * x[0]);
        return sum(affine_tanh(p[0], x[1], p[0]));
      },
      [](auto x) {
        const Var<D> r = tanh(x[2]) + x[1], q = r * x[2];
        return sum(affine_tanh(x[2], x[1], r)) + sum(q);
      },
      [](auto x) {
        const Var<D> r = reshape(tanh(x[2]), {4, 4}), q = r * x[2];
        return sum(affine_tanh(x[2], x[1], r)) + sum(q) + sum(affine_tanh(r, x[1], r));
      },
  };
  for (const Graph& f : graphs) same_without_shortcuts(f, {{3, 4, 4}, {4, 4}, {4, 4}});
}

BOOST_AUTO_TEST_CASE(loops_whose_first_step_is_like_no_other) {
  // Blocks of a loop, each of whose states begins where the block before ended; heights from one row to a large one.
  for (const Index rows : {1, 2, 15, 16, 17, 130, 600})
    same_without_shortcuts(
        [=](auto x) {
          Var<D> h = x[0], all = sum(x[2]);
          for (int block = 0; block < 3; ++block) {
            std::vector<Var<D>> states;
            for (int i = 0; i < 4 - block; ++i) states.push_back(h = affine_tanh(h, x[1], x[2]));
            all = all + sum(square(matmul(stack(states), x[1])));
          }
          return all;
        },
        {{rows, 3}, {3, 3}, {3}});
}

BOOST_AUTO_TEST_SUITE_END()
