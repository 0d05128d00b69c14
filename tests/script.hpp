// Python scripts that read what we write, where there is what they need.
#pragma once
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>

#include "examples/char_rnn/child.hpp"

namespace child {

/// Runs a script and says whether it skipped, which ctest hears, or succeeded with these words at the beginning. Where
/// the first python3 lacks what it needs, the system's may have it: Debian's packages are that one's.
inline void check_script(const Sandbox& box, const std::string& script, const Sandbox::Arguments& more,
                         const std::string& words) {
  std::string skipped;
  for (const char* python : {"python3", "/usr/bin/python3"}) {
    Sandbox::Arguments arguments{python, script};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Result r = box.run("/usr/bin/env", arguments);
    if (r.code == 127) {
      skipped += std::string("skipped: there is no ") + python + "\n";
    } else if (r.out.starts_with("skipped: ")) {
      skipped += r.out;
    } else {
      BOOST_TEST((r.code == 0 && r.out.starts_with(words)), r.out << r.err);
      return;
    }
  }
  std::puts(skipped.c_str());
}

}  // namespace child
