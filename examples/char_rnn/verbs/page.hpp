// A page that a verb has made, as a file.
#pragma once
#include <filesystem>
#include <string>

namespace char_rnn {

/// Replaces the file, and says on stderr where it is. Throws Failure with Exit::io.
void write_page(const std::filesystem::path& file, const std::string& page);

}  // namespace char_rnn
