// What the test of instruction sets must convict: an inline function in a file that is compiled for AVX2.
template <class T>
[[gnu::noinline]] T scaled(T x) {
  return T(3) * x;
}

float convict(float x);
float convict(float x) { return scaled(x); }
