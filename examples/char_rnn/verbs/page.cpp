#include "page.hpp"

#include <fmt/format.h>
#include <xgrad/models/models.hpp>

#include "../failure.hpp"
#include "../terminal/terminal.hpp"

namespace char_rnn {

void write_page(const std::filesystem::path& file, const std::string& page) {
  explained(Exit::io, "choose another file with --out",
            [&] { xgrad::replace_file(file, {std::as_bytes(std::span(page))}); });
  say("char_rnn: page of {:.0f} kB: {}\n", 1e-3 * double(page.size()), xgrad::escaped(file.string()));
}

}  // namespace char_rnn
