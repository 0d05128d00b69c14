#include "symbols.hpp"

#include <fmt/format.h>
#include <utf8cpp/utf8.h>
#include <algorithm>
#include <cstdint>

#include "../html.hpp"

namespace char_rnn {

namespace {

struct Range {
  std::uint32_t first, last;
};

// What shows as nothing by itself: spaces, joiners, marks of direction, selectors, fillers, tags.
constexpr Range blank[] = {{0x80, 0xA0},     {0xAD, 0xAD},     {0x34F, 0x34F},   {0x61C, 0x61C},    {0x115F, 0x1160},
                           {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F},  {0x2028, 0x202F},
                           {0x205F, 0x206F}, {0x3000, 0x3000}, {0x3164, 0x3164}, {0xFE00, 0xFE0F},  {0xFEFF, 0xFEFF},
                           {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE0FFF}};

// Blocks of marks that sit on the character before; fonts and browsers care for those of Indic scripts themselves.
constexpr Range marks[] = {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},
                           {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0x3099, 0x309A}, {0xFE20, 0xFE2F}};

template <std::size_t N>
bool is_in(const Range (&ranges)[N], std::uint32_t c) {
  return std::any_of(std::begin(ranges), std::end(ranges), [c](Range r) { return r.first <= c && c <= r.last; });
}

}  // namespace

Shown shown(const std::string& symbol) {
  if (symbol == " ") return {"\xC2\xB7", "space"};
  if (symbol == "\n") return {"\xE2\x86\xB5", "newline"};
  if (symbol == "\t") return {"\xE2\x87\xA5", "tab"};
  const auto byte = static_cast<unsigned char>(symbol[0]);
  if (symbol.size() == 1 && (byte < 0x20 || byte >= 0x7F))
    return {fmt::format("{:02X}", byte), byte == '\r' ? "carriage return" : fmt::format("\\x{:02X}", byte), true};
  if (!utf8::is_valid(symbol.begin(), symbol.end()) || utf8::distance(symbol.begin(), symbol.end()) != 1)
    return {html(symbol), ""};
  const std::string circle = "\xE2\x97\x8C";  // where a character would be
  const std::uint32_t c = utf8::peek_next(symbol.begin(), symbol.end());
  const std::string name = fmt::format("\\u{{{:04X}}}", c);
  if (is_in(blank, c)) return {circle, name};
  if (is_in(marks, c)) return {circle + symbol, name};
  return {html(symbol), ""};
}

}  // namespace char_rnn
