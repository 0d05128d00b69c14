// Replacing a file so that a crash costs nothing.
//
// The new content goes into a temporary file in the same folder, which is synced and renamed over the target: whenever
// the process is killed, there is the old file or the new one, never a part of one and never none. Where the old one
// is to be kept, it first gets its second name in the same way, so that both names always lead to complete files. A
// process that is killed on the way may leave temporaries, of names that no other file has (".xgrad-tmp-0", ...): they
// are in nobody's way, and remove_stale_temporaries() tidies up.
#pragma once
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <vector>

namespace xgrad {

struct ReplaceOptions {
  /// Where the file that is replaced is found afterwards, in the same file system; empty: nowhere. What was there
  /// before is replaced in turn. Where nothing is replaced, it stays.
  std::filesystem::path keep_previous_as = {};
};

/// Makes the file at `target` one of these bytes, one piece after another; or leaves it as it was and throws FileError
/// (after the replacement only where the folder cannot be synced: then the new file may be lost with the power). A link
/// at `target` is replaced, not followed. When a process is killed on the way, what is kept is the file before, or the
/// one before that.
void replace_file(const std::filesystem::path& target, const std::vector<std::span<const std::byte>>& pieces,
                  const ReplaceOptions& options = {});

/// Removes what killed processes left of replacements in this folder, and returns the number of files. To be called
/// while nobody saves here, which FolderLock can tell. Throws FileError where the folder cannot be read or a file not
/// be removed.
std::size_t remove_stale_temporaries(const std::filesystem::path& folder);

}  // namespace xgrad
