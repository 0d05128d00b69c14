// Pages under test, held against what every page must be.
#pragma once
#include <boost/test/unit_test.hpp>
#include <string>

#include "../char_rnn/child.hpp"

/// What page_check.py has to say against a page: nothing, if all is well.
inline std::string complaints(const std::string& page) {
  const child::Sandbox box;
  child::write_file(box / "page.html", page);
  const child::Result r = box.run(XGRAD_PYTHON, {XGRAD_PAGE_CHECK, "page.html"});
  BOOST_TEST(r.code == (r.out.empty() ? 0 : 1), r.err);
  return r.out;
}

inline bool has(const std::string& page, const std::string& part) { return page.find(part) != std::string::npos; }

inline std::size_t count_of(const std::string& page, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = page.find(part); at != std::string::npos; at = page.find(part, at + 1)) ++count;
  return count;
}

/// Text that would break out of any place that forgot to escape it.
inline const std::string hostile = std::string(
                                       "<script>alert(1)</script> ]]> --> \" ' & &amp; <b onclick=\"x\"> "
                                       "</pre></title></style> \x1B[31m \r \xFF\xC3 ") +
                                   '\0' + " \xE2\x80\xA8 \xE2\x80\xAE \xEF\xBF\xBE {} %s";
inline const std::string hostile_html =
    "&lt;script&gt;alert(1)&lt;/script&gt; ]]&gt; --&gt; &quot; &#39; &amp; &amp;amp; &lt;b onclick=&quot;x&quot;&gt; "
    "&lt;/pre&gt;&lt;/title&gt;&lt;/style&gt; \\x1B[31m \\r \xEF\xBF\xBD\xEF\xBF\xBD \\x00 \\u{2028} \\u{202E} "
    "\\u{FFFE} {} %s";
