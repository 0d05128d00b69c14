#include "../ops/upward.hpp"  // against the arrows: arrows.cmake must say so
