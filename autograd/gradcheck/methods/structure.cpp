// What must hold of any gradient whatever f is: J^T w is zero for w = 0, linear in w, of the shape of x, and the same
// bits each time; and an input that broadcasts has the gradient of its explicit copies, summed.
#include <algorithm>
#include <cmath>

#include "methods.hpp"

namespace xgrad::gradchecks {

namespace {

template <class T>
class Structure {
 public:
  explicit Structure(const Subject& s) : s_(s), x_(as<T>(s.x)), f_(s.evaluator(callable<T>(s.function))) {
    Rng rng = s.rng(7);
    w_ = as<T>(gaussian(s.y.size(), rng));
    v_ = as<T>(gaussian(s.y.size(), rng));
    line_.narrow = std::is_same_v<T, float>;
    line_.tolerance = 4 * epsilon<T> * std::sqrt(double(std::max({s.x.size(), s.y.size(), std::size_t(1)})));
  }

  GradcheckLine run() {
    f_.record(x_);
    g_ = f_.pullback(w_);
    shapes();
    repeats();
    seeds();
    tiles();
    return line_;
  }

 private:
  void refuse(const std::string& what, std::string place = "", double got = NAN, double want = NAN) {
    if (line_.verdict == Verdict::disagree) return;
    line_.verdict = Verdict::disagree;
    line_.note = what;
    line_.worst = {std::move(place), got, want, ulps(got, want) * eps64 / epsilon<T>};
    line_.error = INFINITY;
  }
  // Bit for bit: NaN equals NaN, and 0 is not -0 only where the sign was asked for.
  void same(const std::string& what, const Numbers<T>& got, const Numbers<T>& want) {
    for (std::size_t i = 0; i < got.size(); ++i)
      if (!(got[i] == want[i]) && !(std::isnan(got[i]) && std::isnan(want[i])))
        return refuse(what, s_.element(i), double(got[i]), double(want[i]));
  }
  void close(const std::string& what, const Numbers<double>& got, const Numbers<double>& want,
             const Numbers<double>& magnitude, const Numbers<double>& slack) {
    const double size = largest(magnitude);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double off = std::abs(got[i] - want[i]), d = off <= slack[i] ? 0 : off / size;
      if (!(d <= line_.error)) line_.error = d;
      if (!(d <= line_.tolerance)) return refuse(what, s_.element(i), got[i], want[i]);
    }
  }

  void shapes() {
    for (std::size_t i = 0; i < f_.x().size(); ++i) {
      const Shape is = f_.y().requires_grad() ? shape_of(f_.x()[i].grad()) : s_.function.shapes[i];
      if (is != s_.function.shapes[i] || f_.x()[i].shape() != is)
        refuse("the gradient of " + s_.function.names[i] + " has shape " + is.str());
    }
  }
  void repeats() {
    same("a second sweep differs", f_.pullback(w_), g_);
    f_.record(x_);
    same("a second recording differs", f_.pullback(w_), g_);
    Evaluator<T> fresh(callable<T>(s_.function));
    fresh.record(x_);
    same("a fresh tape differs", fresh.pullback(w_), g_);
  }
  void seeds() {
    same("a zero seed has a gradient", f_.pullback(Numbers<T>(w_.size(), T(0))), Numbers<T>(g_.size(), T(0)));
    Numbers<T> twice = w_, sum = w_;
    for (std::size_t i = 0; i < w_.size(); ++i) twice[i] *= T(2), sum[i] += v_[i];
    Numbers<T> doubled = g_;
    for (T& e : doubled) e *= T(2);
    same("twice the seed is not twice the gradient", f_.pullback(twice), doubled);
    const Numbers<double> h = widened(f_.pullback(v_)), g = widened(g_);
    Numbers<double> want = g, size = magnitude(w_, g), more = magnitude(v_, h);
    for (std::size_t i = 0; i < g.size(); ++i) want[i] += h[i], size[i] += more[i];
    close("the gradient is not linear in the seed", widened(f_.pullback(sum)), want, size, slack(sum));
  }

  // Inputs that broadcast to the result, replaced by their explicit copies. Where f means something else by a larger
  // input, its value changes, and there is nothing to compare.
  void tiles() {
    bool any = false;
    Callable<T> tiled = callable<T>(s_.function);
    for (const Shape& shape : s_.function.shapes)
      any = any || (shape != s_.y_shape && broadcasts_to(shape, s_.y_shape));
    if (!any || s_.y.empty()) return;
    const Numbers<T> value = f_.value(x_);
    const Shape to = s_.y_shape;
    tiled.call = [inner = tiled.call, to](std::span<const Var<T>> x) {
      std::vector<Var<T>> copies;
      for (const Var<T>& v : x) copies.push_back(broadcasts_to(v.shape(), to) ? broadcast_to(v, to) : v);
      return inner(copies);
    };
    Evaluator<T> f(tiled);
    try {
      if (f.record(x_).shape() != to) return;
      const Numbers<T> other = Evaluator<T>::numbers(f.y());
      const double size = largest(Numbers<double>(value.begin(), value.end()));
      for (std::size_t i = 0; i < value.size(); ++i)
        if (!(std::abs(double(other[i]) - double(value[i])) <= line_.tolerance * size)) return;
    } catch (const Error&) {
      return;  // f takes no input of that shape
    }
    const Numbers<double> g = widened(g_);
    close("broadcast differs from explicit copies", g, widened(f.pullback(w_)), magnitude(w_, g), slack(w_));
  }
  // Of each element of J^T w, what its round-off is relative to.
  Numbers<double> magnitude(const Numbers<T>& w, const Numbers<double>& g) const {
    Numbers<double> m = s_.magnitude(Numbers<double>(w.begin(), w.end()), g);
    for (double& e : m) e = std::abs(e);
    return m;
  }

  Numbers<double> slack(const Numbers<T>& w) const { return s_.slack(Numbers<double>(w.begin(), w.end()), epsilon<T>); }

  const Subject& s_;
  Numbers<T> x_, w_, v_, g_;
  Evaluator<T> f_;
  GradcheckLine line_{Method::structure};
};

}  // namespace

template <class T>
GradcheckLine structure(const Subject& s) {
  return Structure<T>(s).run();
}

template GradcheckLine structure<float>(const Subject&);
template GradcheckLine structure<double>(const Subject&);

}  // namespace xgrad::gradchecks
