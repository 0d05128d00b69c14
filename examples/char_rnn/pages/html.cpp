#include "html.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <utf8cpp/utf8.h>
#include <array>
#include <cstdint>
#include <iterator>

namespace char_rnn {

namespace {

// Characters that show as nothing, rearrange what surrounds them, or are none. Joiners are not among them: without them
// neither Persian nor a family of emoji looks as it should.
bool is_invisible(std::uint32_t c) {
  return (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x200B || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c & 0xFFFE) == 0xFFFE;
}

void append_html(std::string& out, std::uint32_t c) {
  switch (c) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\'':
      out += "&#39;";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) out += fmt::format("\\x{:02X}", c);
  else if (is_invisible(c)) out += fmt::format("\\u{{{:04X}}}", c);
  else utf8::append(c, std::back_inserter(out));
}

// What pages share. Colours of curves and units are Okabe and Ito's blue and vermilion, which the colour-blind can tell
// apart, a little darker or lighter where text must be readable.
constexpr std::string_view shared_style = R"css(
:root { color-scheme: light dark; --page: #faf9f7; --card: #fff; --ink: #1d2024; --soft: #5a626b; --rule: #e2e0db;
  --blue: #0072b2; --orange: #c4510a; --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace; }
@media (prefers-color-scheme: dark) {
  :root { --page: #15171a; --card: #1d2024; --ink: #e6e4df; --soft: #a2a9b1; --rule: #33383e;
    --blue: #56b4e9; --orange: #f0883e; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); overflow-wrap: anywhere;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
h1, h2, h3 { line-height: 1.25; margin: 0; font-weight: 600; }
p { margin: 0; }
)css";

}  // namespace

std::string html(std::string_view untrusted) {
  std::string valid, out;
  utf8::replace_invalid(untrusted.begin(), untrusted.end(), std::back_inserter(valid));
  out.reserve(valid.size() + valid.size() / 8);
  for (auto at = valid.begin(); at != valid.end();) append_html(out, utf8::unchecked::next(at));
  return out;
}

std::string base64(std::span<const std::byte> bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // EVP_EncodeBlock ends it with a zero
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), data, static_cast<int>(bytes.size()));
  out.pop_back();
  return out;
}

std::string page(const Page& parts) {
  std::string policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'", script;
  if (!parts.script.empty()) {
    // The CDATA marks hide < and & from XML parsers, and are comments to JavaScript. The hash is of all between the
    // tags.
    const std::string text = "/*<![CDATA[*/" + parts.script + "/*]]>*/";
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    policy += "; script-src 'sha256-" + base64(std::as_bytes(std::span(digest))) + "'";
    script = "<script>" + text + "</script>\n";
  }
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n<meta http-equiv=\""
         "Content-Security-Policy\" content=\"" +
         policy +
         "\" />\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n<link rel=\"icon\" "
         "href=\"data:,\" />\n<title>" +
         html(parts.title) + "</title>\n<style>" + std::string(shared_style) + parts.style +
         "</style>\n</head>\n<body>\n" + parts.body + script + "</body>\n</html>\n";
}

}  // namespace char_rnn
