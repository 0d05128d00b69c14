// Which mutant is alive. The copy of the sources that mutate.cpp writes asks this at each edited line; the library's
// own sources know nothing of it.
#pragma once

namespace xgrad {

namespace mutants {
inline int selected = 0;  ///< 0: none. Set between runs, while no other thread computes.
}

inline bool mutant(int n) { return mutants::selected == n; }

}  // namespace xgrad
