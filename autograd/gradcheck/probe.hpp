// Which numbers are compared: <w, J u> for every cotangent w and direction u of a probe.
//
// For a small f, all unit vectors, so that each entry of the Jacobian is compared for itself. For a large one, random
// directions of both signs, and the gradient's own: all-positive ones let errors of opposite sign cancel.
#pragma once
#include <limits>

#include "../core/rng.hpp"
#include "evaluate.hpp"

namespace xgrad::gradchecks {

constexpr double eps64 = std::numeric_limits<double>::epsilon(), eps32 = std::numeric_limits<float>::epsilon();

double norm(const Numbers<double>& a);
double dot(const Numbers<double>& a, const Numbers<double>& b);
double largest(const Numbers<double>& a);  // magnitude; NaN wins

/// n standard normal numbers, or n signs.
Numbers<double> gaussian(std::size_t n, Rng& rng);
Numbers<double> rademacher(std::size_t n, Rng& rng);

/// f, the point, and what the tape's reverse sweep says there.
struct Subject {
  const GradcheckFunction& function;
  const GradcheckOptions& options;
  Numbers<double> x, y;
  Shape y_shape;

  bool every_entry;                         // directions and cotangents are the unit vectors
  std::vector<Numbers<double>> directions;  // u
  std::vector<Numbers<double>> cotangents;  // w
  std::vector<Numbers<double>> reverse;     // [w][u]
  Numbers<double> scale;                    // the largest |<w, J u>| of u's block: what it is compared together with
  bool finite;                              // y and all of `reverse`
  Numbers<double> roundoff;                 // by element of x: what J^T w owes to rounding, for w of signs

  Subject(const GradcheckFunction& function, std::span<const double> x, const GradcheckOptions& options);
  Rng rng(std::uint32_t purpose) const { return Rng(options.seed * 7919u + purpose); }
  /// One that holds f to the shape that it had at x.
  template <class T>
  Evaluator<T> evaluator(const Callable<T>& f) const {
    return Evaluator<T>(f, &y_shape);
  }

  /// The input to which element i of x belongs, and where the input starts.
  std::size_t input_of(std::size_t i, std::size_t* start = nullptr) const;
  /// "x0[3, 4]".
  std::string element(std::size_t i) const;
  /// The same for direction u and cotangent w of the probe.
  std::string place(std::size_t w, std::size_t u) const;
  /// What steps along u are relative to: so far, no element moves by more than the larger of 1 and itself.
  double reach(std::size_t u) const;
  /// Normal numbers, relative to max(1, |x|): a direction in which small and large elements can move together.
  Numbers<double> direction(Rng& rng) const;
  Numbers<double> moved(std::size_t u, double h) const;
  /// |J|^T |w|, or `fallback` where J is not known entry by entry: what J^T w may be off by is relative to this, for
  /// its terms may cancel.
  Numbers<double> magnitude(const Numbers<double>& w, const Numbers<double>& fallback) const;
  /// What is forgiven beyond that, by element of J^T w, or by direction of the probe: some round-off. It is all there
  /// is to a gradient that vanishes, as of sum(softmax(x)), and no relative tolerance could then be met.
  Numbers<double> slack(const Numbers<double>& w, double epsilon = eps64) const;
  Numbers<double> slack_along_directions() const;

 private:
  void draw_probe(Evaluator<double>& at);
  void measure_scale();
  void measure_roundoff();
};

/// got against want in the 2-norm and element by element, an input at a time where every entry is known:
/// |got - want| <= tolerance max(|got|, |want|), and component |b| + floor max|b| for each element where component > 0.
struct Bounds {
  double norm;
  double component = 0, floor = 0;
};

/// Rows of numbers to compare, and what is known of their errors, by column.
struct Table {
  std::vector<Numbers<double>> got, want;
  Bounds bounds;
  Numbers<double> slack;           // forgiven
  Numbers<double> magnitude = {};  // errors are relative to this as well
  Numbers<double> off = {};        // an estimate of the error of `want`; infinite where there is no telling
};
/// The rows are cotangents and the columns directions of the probe.
GradcheckLine compare_probe(const Subject& s, Method method, const Table& t);
/// A row over the elements of all inputs.
GradcheckLine compare_vectors(const Subject& s, Method method, const Table& t);

double ulps(double a, double b);
/// "[3, 4]": the place of an element, counted in row-major order.
std::string indices(const Shape& shape, std::size_t flat);

}  // namespace xgrad::gradchecks
