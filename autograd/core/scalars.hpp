// The number types that templates are compiled for, at the end of each .cpp file.
//
// XGRAD_COMPLEX is set for the library of the checks alone, which holds the same sources once more for complex
// numbers: f(x + ih) gives the derivative of f to the last digit (complex step), and shares no line with any VJP.
#pragma once

#ifdef XGRAD_COMPLEX
#include <complex>
#define XGRAD_FOR_SCALARS(X) X(std::complex<double>)
#else
#define XGRAD_FOR_SCALARS(X) X(float) X(double)
#endif
