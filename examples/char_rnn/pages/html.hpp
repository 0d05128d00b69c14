// What every page is made of: text made harmless, and a frame that loads nothing.
//
// A page is one file for browsers of today that asks no network for anything and says so in a Content-Security-Policy,
// so that even a hole in the escaping could not fetch or run what we did not write: the one script that a page may have
// is named there by its hash. Pages are well-formed XML too, with every attribute quoted and every element closed, so
// that a strict parser can check them.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace char_rnn {

/// Untrusted text for an element or a quoted attribute: & < > " ' become entities, invalid UTF-8 becomes U+FFFD, and
/// control characters other than newline and tab, invisible ones but for joiners, and those that change the direction
/// of what surrounds them become escapes such as \x1B or \u{202E}.
std::string html(std::string_view untrusted);

/// Base64 on one line, padded.
std::string base64(std::span<const std::byte> bytes);

struct Page {
  std::string title;   // untrusted
  std::string style;   // CSS, after that which all pages share
  std::string body;    // HTML
  std::string script;  // JavaScript that runs once the body is there; may be empty
};

/// The page as one file.
std::string page(const Page& parts);

}  // namespace char_rnn
