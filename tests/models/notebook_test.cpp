// The NumPy notebook that xgrad began from: every number it prints, in double, from its own index lists and seed.
//
// Its single-step cell computes h = tanh(Wxh x + Whh (h_prev + bh)), with bh inside the product, and then hand
// formulas for dWhh and dbh that belong to another function. Its digits are reproduced with its own formulas, and the
// tape and numeric gradients, which agree with each other, convict the two.
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <xgrad/models/models.hpp>

#include "../golden/notebook.hpp"

using namespace xgrad;

namespace {

using D = double;
constexpr Index V = 67, H = 10, T = 25;

// v as NumPy prints it: eight digits behind the point, trailing zeros left out.
std::string as_printed(D v, const char* printed) {
  char text[64];
  std::snprintf(text, sizeof text, std::strchr(printed, 'e') ? "%.8e" : "%.8f", v);
  std::string s = text, mantissa = s.substr(0, s.find('e')), exponent = s.substr(mantissa.size());
  const std::size_t digits = std::string(printed).find_first_of("e") != std::string::npos
                                 ? std::string(printed).find('e')
                                 : std::strlen(printed);
  while (mantissa.size() > digits && mantissa.back() == '0') mantissa.pop_back();
  return mantissa + exponent;
}

void check_digits(D v, const char* printed) { BOOST_TEST(as_printed(v, printed) == printed); }

template <std::size_t N>
void check_digits(const D* v, const char* const (&printed)[N]) {
  for (std::size_t i = 0; i < N; ++i) check_digits(v[i], printed[i]);
}

// Numbers printed with 15 or more digits: within 2 ulp, the last digit being NumPy's rounding.
void check_two_ulp(D v, D printed) {
  BOOST_TEST(std::abs(v - printed) <= 2 * (std::nextafter(printed, 1e9) - printed));
}

struct Weights {
  Array<D> wxh, whh, why;  // (H, V), (H, H), (V, H), as the notebook has them
};

Weights draw(Rng& rng) {
  Weights w;
  w.wxh = rng.normal_array<D>({H, V}, 0.01);
  w.whh = rng.normal_array<D>({H, H}, 0.01);
  w.why = rng.normal_array<D>({V, H}, 0.01);
  return w;
}

// Everything that the single-step cells compute, on columns.
struct SingleStep {
  Weights w;
  Array<D> h, y, p, dy, dh, dwhy, draw;
  D loss = 0;
};

Array<D> column(Index id) {
  Array<D> x = make_array<D>({V, 1});
  x.fill(0);
  x(std::size_t(id), 0) = 1;
  return x;
}

Array<D> copy(const Var<D>& v) {
  Array<D> a = make_array<D>(v.shape());
  std::copy_n(v.data(), v.size(), a.data());
  return a;
}

const Array<D>& zeros(Index rows) {
  static Array<D> all[2];
  Array<D>& a = all[rows == H];
  a = make_array<D>({rows, 1});
  a.fill(0);
  return a;
}

// The notebook's single-step function of all five parameters; target 59 after input 15.
struct Graph {
  Var<D> h, y, p, loss;
};
Graph single_step(const Var<D>& wxh, const Var<D>& whh, const Var<D>& why, const Var<D>& bh, const Var<D>& by) {
  Graph g;
  const Var<D> x = constant(column(notebook::inputs[0])), h_prev = constant(zeros(H));
  g.h = tanh(matmul(wxh, x) + matmul(whh, h_prev + bh));
  g.y = matmul(why, g.h) + by;
  g.p = exp(g.y) / sum(exp(g.y));
  g.loss = -log(slice(reshape(g.p, {V}), {{notebook::targets[0], notebook::targets[0] + 1}}));
  return g;
}

const SingleStep& step() {
  static const SingleStep done = [] {
    SingleStep s;
    Rng rng(1337);
    s.w = draw(rng);
    Tape<D> tape;
    const Graph g =
        single_step(constant(s.w.wxh), constant(s.w.whh), constant(s.w.why), constant(zeros(H)), constant(zeros(V)));
    s.h = copy(g.h), s.y = copy(g.y), s.p = copy(g.p), s.loss = g.loss.item();
    // The hand formulas of the notebook, literally.
    s.dy = s.p;
    s.dy(std::size_t(notebook::targets[0]), 0) -= 1;
    const Var<D> dy = constant(s.dy), h = constant(s.h);
    s.dwhy = copy(matmul(dy, h, false, true));
    s.dh = copy(matmul(constant(s.w.why), dy, true));
    s.draw = copy((1 - h * h) * constant(s.dh));
    return s;
  }();
  return done;
}

// The loss of the same step after every parameter moved against these gradients by 0.1.
D updated_loss(const std::array<Array<D>, 5>& gradients, D* probability) {
  const SingleStep& s = step();
  Tape<D> tape;
  const auto moved = [&](const Array<D>& w, const Array<D>& g) { return constant(w) - 0.1 * constant(g); };
  const Graph g = single_step(moved(s.w.wxh, gradients[0]), moved(s.w.whh, gradients[1]), moved(s.w.why, gradients[2]),
                              moved(zeros(H), gradients[3]), moved(zeros(V), gradients[4]));
  *probability = g.p.data()[notebook::targets[0]];
  return g.loss.item();
}

// dWxh, dWhh, dWhy, dbh, dby as the notebook writes them.
std::array<Array<D>, 5> notebook_gradients() {
  const SingleStep& s = step();
  Tape<D> tape;
  const Var<D> raw = constant(s.draw), h = constant(s.h), x = constant(column(notebook::inputs[0]));
  return {copy(matmul(raw, x, false, true)), copy(matmul(raw, h, false, true)), s.dwhy, s.draw, s.dy};
}

// The same five from the tape.
std::array<Array<D>, 5> tape_gradients() {
  const SingleStep& s = step();
  Tape<D> tape;
  const Var<D> w[] = {leaf(s.w.wxh), leaf(s.w.whh), leaf(s.w.why), leaf(zeros(H)), leaf(zeros(V))};
  backward(sum(single_step(w[0], w[1], w[2], w[3], w[4]).loss));
  return {w[0].grad(), w[1].grad(), w[2].grad(), w[3].grad(), w[4].grad()};
}

// And by central differences of six points.
std::array<Array<D>, 5> numeric_gradients() {
  const SingleStep& s = step();
  std::array<Array<D>, 5> w = {s.w.wxh, s.w.whh, s.w.why, zeros(H), zeros(V)}, g = w;
  const auto loss = [&] {
    Tape<D> tape;
    return single_step(constant(w[0]), constant(w[1]), constant(w[2]), constant(w[3]), constant(w[4])).loss.item();
  };
  for (std::size_t k = 0; k < 5; ++k)
    for (std::size_t i = 0; i < w[k].size(); ++i) {
      D& v = w[k].data()[i];
      const D at = v, step_size = 5.8e-3;
      const auto f = [&](int n) {
        v = at + n * step_size;
        const D l = loss();
        v = at;
        return l;
      };
      g[k].data()[i] = (45 * (f(1) - f(-1)) - 9 * (f(2) - f(-2)) + (f(3) - f(-3))) / (60 * step_size);
    }
  return g;
}

D distance(const Array<D>& a, const Array<D>& b) {
  D d = 0, scale = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    d = std::max(d, std::abs(a.data()[i] - b.data()[i]));
    scale = std::max({scale, std::abs(a.data()[i]), std::abs(b.data()[i])});
  }
  return scale > 0 ? d / scale : 0;
}

CharRnn<D> drawn_model(ParamStore<D>& store, Rng& rng) {
  CharRnn<D> model(store, {.vocabulary = V, .hidden = H});
  init_normal(model, 0.01, rng);  // Wxh, Whh, Why: the order of visit is the notebook's
  return model;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(notebook_digits)

BOOST_AUTO_TEST_CASE(hidden_state) { check_digits(step().h.data(), notebook::printed_h); }

BOOST_AUTO_TEST_CASE(scores) {
  static_assert(std::size(notebook::printed_y) == 53);  // what the file still shows
  check_digits(step().y.data(), notebook::printed_y);
}

BOOST_AUTO_TEST_CASE(probabilities) {
  check_digits(step().p.data(), notebook::printed_p);
  D total = 0;
  for (const D v : step().p) total += v;
  BOOST_TEST(total == 1.0, boost::test_tools::tolerance(1e-15));
  check_two_ulp(step().p.data()[notebook::targets[0]], 0.01492726675670666);
}

BOOST_AUTO_TEST_CASE(loss) { check_two_ulp(step().loss, 4.20456575473928); }

BOOST_AUTO_TEST_CASE(gradient_of_the_scores) {
  check_digits(step().dy.data(), notebook::printed_dy);
  check_two_ulp(step().dy.data()[59], -0.9850727332432934);
  check_two_ulp(step().dy.data()[32], 0.014925099219633975);
}

BOOST_AUTO_TEST_CASE(gradient_of_the_hidden_state) { check_digits(step().dh.data(), notebook::printed_dh); }

BOOST_AUTO_TEST_CASE(gradient_of_the_output_weights) {
  BOOST_TEST(shape_of(step().dwhy) == (Shape{67, 10}));
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t k = 0; k < 4; ++k) check_digits(step().dwhy(i, k), notebook::printed_dwhy[4 * i + k]);
}

BOOST_AUTO_TEST_CASE(recurrent_weights) {
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t k = 0; k < 4; ++k) check_digits(step().w.whh(i, k), notebook::printed_whh[4 * i + k]);
}

BOOST_AUTO_TEST_CASE(updated_loss_and_probability) {
  D probability = 0;
  check_two_ulp(updated_loss(notebook_gradients(), &probability), 4.105906890174113);
  check_two_ulp(probability, 0.01647507098136339);
}

BOOST_AUTO_TEST_CASE(two_hand_formulas_are_convicted) {
  const auto hand = notebook_gradients(), tape = tape_gradients(), numeric = numeric_gradients();
  for (std::size_t k = 0; k < 5; ++k) BOOST_TEST(distance(tape[k], numeric[k]) < 1e-9);
  BOOST_TEST(distance(hand[0], tape[0]) < 1e-14);  // dWxh, dWhy and dby are right
  BOOST_TEST(distance(hand[2], tape[2]) < 1e-14);
  BOOST_TEST(distance(hand[4], tape[4]) < 1e-14);
  BOOST_TEST(distance(hand[1], tape[1]) == 1);   // dWhh: h was written where h_prev + bh = 0 is meant
  BOOST_TEST(distance(hand[3], tape[3]) > 0.9);  // dbh: Whh^T is missing
  D probability = 0;
  check_two_ulp(updated_loss(tape, &probability), 4.105906180361196);
}

BOOST_AUTO_TEST_CASE(loss_function_of_the_loop) {
  Rng rng(1337);
  ParamStore<D> store;
  const CharRnn<D> model = drawn_model(store, rng);
  Tape<D> tape;
  const auto [loss, state] = model.loss(notebook::inputs, notebook::targets, constant(model.initial_state(1)));
  check_two_ulp(loss.item(), 105.11784328521104);
}

BOOST_AUTO_TEST_CASE(sampling) {
  Rng rng(1337);
  ParamStore<D> store;
  const CharRnn<D> model = drawn_model(store, rng);
  Sampler sampler(model, rng);
  sampler.feed(32);
  for (const Index wanted : {30, 15, 48, 53, 61, 40, 49, 3, 47, 24, 0, 51, 59, 16, 7, 55, 39, 18, 61, 0})
    BOOST_TEST(sampler.next() == wanted);
}

BOOST_AUTO_TEST_CASE(training_run) {
  const std::string path = XGRAD_TEXT_DIR "/tinyshakespeare.txt";
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::puts(("skipped: there is no " + path).c_str());  // ctest knows the word
    return;
  }
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const Text text = text_of(bytes, path);
  BOOST_REQUIRE_EQUAL(text.vocabulary.size(), 65);

  Rng rng(1337);
  ParamStore<D> store;
  const CharRnn<D> model = drawn_model(store, rng);
  Sgd<D> sgd(store, {.learning_rate = 1e-3});
  BpttWindows windows(text.ids, 1, T);
  Array<D> state = model.initial_state(1);
  D smooth = -std::log(1.0 / V) * T;
  const std::pair<int, D> numpy[] = {{0, 105.117312},   {100, 104.983367}, {1000, 98.298372},
                                     {2000, 88.971645}, {3000, 85.183357}, {3600, 84.444434}};
  Tape<D> tape;
  for (int n = 0; n <= 3600; ++n) {
    tape.clear();
    store.zero_grad();
    const Window w = windows.next();
    if (w.starts_over) state = model.initial_state(1);
    const auto [loss, last] = model.loss(w.inputs, w.targets, constant(state));
    backward(loss);
    smooth = smooth * 0.999 + loss.item() * 0.001;
    std::copy_n(last.data(), last.size(), state.data());
    sgd.step({.clip_by_value = 5});
    if (n % 100 == 0) BOOST_TEST(std::abs(smooth - std::atof(notebook::printed_smooth[n / 100])) < 0.05);
    for (const auto& [iteration, value] : numpy)
      if (n == iteration) BOOST_TEST(std::abs(smooth - value) < 2e-6);
  }
}

BOOST_AUTO_TEST_SUITE_END()
