// mutate SOURCE OUTPUT TABLE...: copies autograd/, ops/ and models/ to OUTPUT/xgrad, with the edits that the tables
// list, and writes OUTPUT/list.hpp, which main.cpp reads. A file whose text stays the same is not written; a copy
// without an original is removed.
//
// A table has lines of four kinds, besides empty ones and comments (#):
//
//   mutant 17 arithmetic: what it does     also `mutant 17: ...`, and `mutant 49 extra: ...` for one beyond the 48
//   edit ops/elementwise/functions.hpp 17  an edit of this file begins, for this mutant or these
//   - a line of the file                   one or more in a row, which must occur once; leading blanks do not count
//   + what stands there instead            one or more, which ask `mutant(17)`, here or in a helper
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

struct Mutant {
  int number;
  bool arithmetic, extra;
  std::string description;
  std::string places{};  // "file:line", in the copy
};

struct Edit {
  std::string place;  // in the table, for messages
  std::string file;
  std::vector<int> mutants;
  Lines before{}, after{};
};

struct Table {
  std::vector<Mutant> mutants;
  std::vector<Edit> edits;
};

[[noreturn]] void fail(const std::string& place, const std::string& what) {
  throw std::runtime_error(place + ": " + what);
}

std::string trimmed(const std::string& s) {
  const auto first = s.find_first_not_of(" \t\r"), last = s.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : s.substr(first, last - first + 1);
}

Lines read_lines(const fs::path& path) {
  std::ifstream in(path);
  if (!in) fail(path.string(), "cannot be read");
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Mutant parse_mutant(const std::string& place, const std::string& line) {
  const auto colon = line.find(':');
  std::istringstream head(line.substr(0, colon));
  std::string word;
  Mutant m{0, false, false, colon == std::string::npos ? "" : trimmed(line.substr(colon + 1))};
  if (!(head >> word >> m.number) || m.number < 1) fail(place, "a mutant needs a number from 1 up");
  while (head >> word) {
    if (word == "arithmetic") m.arithmetic = true;
    else if (word == "extra") m.extra = true;
    else fail(place, "'" + word + "' is no kind of mutant");
  }
  if (m.description.empty()) fail(place, "mutant " + std::to_string(m.number) + " has no description");
  return m;
}

Edit parse_edit(const std::string& place, const std::string& line) {
  std::istringstream head(line);
  std::string word;
  Edit e{place, "", {}};
  head >> word >> e.file;
  for (int n = 0; head >> n;) e.mutants.push_back(n);
  if (e.mutants.empty()) fail(place, "an edit needs a file and the numbers of its mutants");
  return e;
}

void read_table(const fs::path& path, Table& table) {
  bool in_edit = false;
  int number = 0;
  for (const std::string& line : read_lines(path)) {
    const std::string place = path.filename().string() + ":" + std::to_string(++number), text = trimmed(line);
    if (text.empty() || text[0] == '#') continue;
    if (text.starts_with("mutant ")) {
      table.mutants.push_back(parse_mutant(place, text));
      in_edit = false;
    } else if (text.starts_with("edit ")) {
      table.edits.push_back(parse_edit(place, text));
      in_edit = true;
    } else if (in_edit && text[0] == '-' && table.edits.back().after.empty()) {
      table.edits.back().before.push_back(trimmed(text.substr(1)));
    } else if (in_edit && text[0] == '+' && !table.edits.back().before.empty()) {
      table.edits.back().after.push_back(line.substr(line.find('+') + 1));
    } else {
      fail(place, "neither `mutant`, `edit`, nor a line of an edit: " + text);
    }
  }
}

void check(const Table& table) {
  std::map<int, bool> has_edit;
  for (const Mutant& m : table.mutants)
    if (!has_edit.emplace(m.number, false).second) fail("mutant " + std::to_string(m.number), "it is listed twice");
  for (const Edit& e : table.edits) {
    if (e.after.empty()) fail(e.place, "the edit has no new lines");
    for (const int n : e.mutants) {
      if (!has_edit.contains(n)) fail(e.place, "there is no mutant " + std::to_string(n));
      has_edit[n] = true;
    }
  }
  for (const auto& [n, edited] : has_edit)
    if (!edited) fail("mutant " + std::to_string(n), "no edit makes it");
}

// Where the edit's lines are in the file: there must be one such place.
std::size_t find(const Edit& e, const Lines& lines) {
  std::vector<std::size_t> found;
  for (std::size_t at = 0; at + e.before.size() <= lines.size(); ++at) {
    const auto same = [](const std::string& wanted, const std::string& line) { return wanted == trimmed(line); };
    if (std::equal(e.before.begin(), e.before.end(), lines.begin() + std::ptrdiff_t(at), same)) found.push_back(at);
  }
  if (found.empty()) fail(e.place, e.file + " has no line `" + e.before[0] + "`, followed by what the edit names");
  if (found.size() > 1)
    fail(e.place, e.file + " has the line `" + e.before[0] + "` twice: at " + std::to_string(found[0] + 1) + " and " +
                      std::to_string(found[1] + 1));
  return found[0];
}

std::string marker(const Edit& e) {
  std::string text = "  // mutant";
  for (const int n : e.mutants) text.append(" ").append(std::to_string(n));
  return text;
}

// The text of a file with its edits, each edited line marked; tells the mutants where they are.
std::string edited(const std::string& file, const Lines& lines, Table& table) {
  std::map<std::size_t, const Edit*> at;  // by first line
  for (const Edit& e : table.edits)
    if (e.file == file && !at.emplace(find(e, lines), &e).second) fail(e.place, "another edit has the same lines");
  std::string out;
  std::size_t count = 0;
  const auto put = [&](const std::string& line) { out.append(line).append("\n"), ++count; };
  if (!at.empty()) put("#include <mutants/helpers.hpp>");
  for (std::size_t i = 0; i < lines.size();) {
    if (!at.contains(i)) {
      put(lines[i++]);
      continue;
    }
    const Edit& e = *at[i];
    for (const std::string& line : e.after) put(line + marker(e));
    for (Mutant& m : table.mutants)
      if (std::count(e.mutants.begin(), e.mutants.end(), m.number))
        m.places += (m.places.empty() ? "" : ", ") + file + ":" + std::to_string(count - e.after.size() + 1);
    for (std::size_t k = 1; k < e.before.size(); ++k)
      if (at.contains(i + k)) fail(at[i + k]->place, "the edit overlaps that of " + e.place);
    i += e.before.size();
  }
  return out;
}

std::string list_of(const Table& table) {
  std::ostringstream out;
  out << "inline constexpr Mutant list[] = {\n";
  for (const Mutant& m : table.mutants)
    out << "    {" << m.number << ", " << m.arithmetic << ", " << m.extra << ", R\"(" << m.description << ")\", R\"("
        << m.places << ")\"},\n";
  out << "};\n";
  return out.str();
}

void write(const fs::path& path, const std::string& text) {
  if (std::ifstream old(path); old && std::string(std::istreambuf_iterator<char>(old), {}) == text) return;
  fs::create_directories(path.parent_path());
  std::ofstream out(path);
  if (!(out << text).flush()) fail(path.string(), "cannot be written");
}

// A copy whose original has gone or moved would still be found by an #include.
void remove_orphans(const fs::path& source, const fs::path& copies) {
  std::vector<fs::path> orphans;
  if (fs::exists(copies))
    for (const auto& entry : fs::recursive_directory_iterator(copies))
      if (entry.is_regular_file() && !fs::exists(source / fs::relative(entry.path(), copies)))
        orphans.push_back(entry.path());
  for (const fs::path& orphan : orphans) fs::remove(orphan);
}

void run(const fs::path& source, const fs::path& output, const std::vector<fs::path>& tables) {
  Table table;
  for (const fs::path& path : tables) read_table(path, table);
  check(table);
  for (const Edit& e : table.edits)
    if (!fs::exists(source / e.file)) fail(e.place, "there is no file " + e.file);
  for (const char* layer : {"autograd", "ops", "models"}) {
    if (!fs::exists(source / layer)) continue;
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(source / layer))
      if (entry.path().extension() == ".hpp" || entry.path().extension() == ".cpp") files.push_back(entry.path());
    std::sort(files.begin(), files.end());  // so that places are listed in the same order everywhere
    for (const fs::path& path : files) {
      const fs::path file = fs::relative(path, source);
      write(output / "xgrad" / file, edited(file.generic_string(), read_lines(path), table));
    }
  }
  remove_orphans(source, output / "xgrad");
  write(output / "list.hpp", list_of(table));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: mutate SOURCE OUTPUT TABLE...\n";
    return 2;
  }
  try {
    run(argv[1], argv[2], {argv + 3, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "mutate: error: " << error.what() << "\n";
    return 1;
  }
}
