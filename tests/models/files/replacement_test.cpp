// Files that take the place of others, and the lock of a folder. What a crash leaves: crash_test.cpp.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <xgrad/autograd/core/error.hpp>
#include <xgrad/models/files/folder_lock.hpp>
#include <xgrad/models/files/replacement.hpp>

#include "../../thrown.hpp"
#include "../checkpoint/fixture.hpp"

using namespace xgrad;
namespace fs = std::filesystem;

namespace {

using Names = std::set<std::string>;

void replace(const fs::path& path, const std::string& text, const fs::path& previous = {}) {
  replace_file(path, {std::as_bytes(std::span(text))}, {.keep_previous_as = previous});
}

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

void touch(const fs::path& path) { std::ofstream(path) << "left from a crash"; }

}  // namespace

BOOST_AUTO_TEST_SUITE(replacement)

BOOST_AUTO_TEST_CASE(pieces_are_written_one_after_another) {
  const Folder folder;
  const std::string a = "one ", b = "two";
  replace_file(folder.file(), {std::as_bytes(std::span(a)), {}, std::as_bytes(std::span(b))});
  BOOST_TEST(folder.bytes() == "one two");
  replace_file(folder.file(), {});
  BOOST_TEST(folder.bytes() == "");
  BOOST_CHECK(folder.names() == Names{"C"});
}

BOOST_AUTO_TEST_CASE(a_name_without_a_folder_is_one_in_this_folder) {
  const Folder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path);
  replace("C", "1");
  replace("C", "2", "P");
  fs::current_path(before);
  BOOST_TEST(folder.bytes() == "2");
  BOOST_TEST(folder.bytes("P") == "1");
}

BOOST_AUTO_TEST_CASE(the_previous_file_is_kept) {
  const Folder folder;
  const fs::path previous = folder.path / "P";
  replace(folder.file(), "1", previous);
  BOOST_CHECK(folder.names() == Names{"C"});  // there was none
  for (const std::string step : {"2", "3", "4"}) {
    const std::string before = folder.bytes();
    replace(folder.file(), step, previous);
    BOOST_TEST(folder.bytes() == step);
    BOOST_TEST(folder.bytes("P") == before);
    BOOST_CHECK((folder.names() == Names{"C", "P"}));
  }
  fs::remove(folder.file());
  replace(folder.file(), "5", previous);
  BOOST_TEST(folder.bytes("P") == "3");  // nothing was replaced, it stays
  fs::create_directory(folder.path / "D");
  replace(folder.file(), "6", folder.path / "D" / "P");  // in another folder
  BOOST_TEST(folder.bytes("D/P") == "5");
  BOOST_CHECK((folder.names() == Names{"C", "P", "D"}));
}

BOOST_AUTO_TEST_CASE(one_file_of_both_names) {  // as a crash between the renames leaves it
  const Folder folder;
  const fs::path previous = folder.path / "P";
  replace(folder.file(), "1");
  fs::create_hard_link(folder.file(), previous);
  replace(folder.file(), "2", previous);
  BOOST_TEST(folder.bytes() == "2");
  BOOST_TEST(folder.bytes("P") == "1");
  BOOST_CHECK((folder.names() == Names{"C", "P"}));
}

BOOST_AUTO_TEST_CASE(links_are_replaced_not_followed) {
  const Folder folder;
  const fs::path previous = folder.path / "P", real = folder.path / "R";
  replace(real, "1");
  fs::create_symlink("R", folder.file());
  fs::create_symlink("C", previous);
  replace(folder.file(), "2", previous);
  BOOST_TEST(folder.bytes("R") == "1");
  BOOST_TEST(folder.bytes() == "2");
  BOOST_TEST(folder.bytes("P") == "1");
  BOOST_TEST((!fs::is_symlink(folder.file()) && !fs::is_symlink(previous)));
  fs::remove(folder.file());
  fs::create_symlink("nowhere", folder.file());
  replace(folder.file(), "3", previous);
  BOOST_TEST(folder.bytes() == "3");
  BOOST_TEST(folder.bytes("P") == "1");
  BOOST_CHECK((folder.names() == Names{"C", "P", "R"}));
}

BOOST_AUTO_TEST_CASE(where_the_previous_file_cannot_be_kept_nothing_is_replaced) {
  const Folder folder;
  replace(folder.file(), "1");
  fs::create_directory(folder.path / "P");
  const std::string what = "cannot save " + folder.quoted() + ": ";
  BOOST_TEST(thrown<FileError>([&] { replace(folder.file(), "2", folder.path / "P"); }) == what + "Is a directory");
  BOOST_TEST(thrown<FileError>([&] { replace(folder.file(), "2", folder.path / "none" / "P"); }) ==
             what + "No such file or directory");
  BOOST_TEST(folder.bytes() == "1");
  BOOST_CHECK((folder.names() == Names{"C", "P"}));
}

BOOST_AUTO_TEST_CASE(a_folder_is_not_replaced) {
  const Folder folder;
  fs::create_directory(folder.file());
  for (const fs::path& previous : {fs::path(), folder.path / "P"})
    BOOST_TEST(thrown<FileError>([&] { replace(folder.file(), "2", previous); }) ==
               "cannot save " + folder.quoted() + ": Is a directory");
  BOOST_CHECK(folder.names() == Names{"C"});
}

BOOST_AUTO_TEST_CASE(stale_temporaries_are_in_nobodys_way) {
  const Folder folder;
  Names stale;
  for (int n = 0; n < 150; ++n) {
    stale.insert(".xgrad-tmp-" + std::to_string(n));
    touch(folder.path / *stale.rbegin());
  }
  for (const std::string& name : stale) touch(folder.path / name);
  replace(folder.file(), "1");
  replace(folder.file(), "2", folder.path / "P");
  BOOST_TEST(folder.bytes() == "2");
  BOOST_TEST(folder.names().size() == stale.size() + 2);
  BOOST_TEST(folder.bytes(".xgrad-tmp-149") == "left from a crash");
}

BOOST_AUTO_TEST_CASE(stale_temporaries_are_removed_and_nothing_else) {
  const Folder folder;
  for (const char* name : {".xgrad-tmp-0", ".xgrad-tmp-17", ".xgrad-tmp-4000000000"}) touch(folder.path / name);
  Names others{"C", "C.tmp", ".xgrad-tmp-", ".xgrad-tmp-1x", "xgrad-tmp-1", ".xgrad-tmp-1.bak", "a.xgrad-tmp-1"};
  for (const std::string& name : others) touch(folder.path / name);
  for (const char* name : {".xgrad-tmp-2", "D"}) fs::create_directory(folder.path / *others.insert(name).first);
  touch(folder.path / "D" / ".xgrad-tmp-0");
  BOOST_TEST(remove_stale_temporaries(folder.path) == 3u);
  BOOST_CHECK(folder.names() == others);
  BOOST_TEST(fs::exists(folder.path / "D" / ".xgrad-tmp-0"));
  BOOST_TEST(remove_stale_temporaries(folder.path) == 0u);
  const fs::path none = folder.path / "none";
  BOOST_TEST(thrown<FileError>([&] { remove_stale_temporaries(none); }) ==
             "cannot tidy up " + quoted(none) + ": No such file or directory");
  BOOST_TEST(thrown<FileError>([&] { remove_stale_temporaries(folder.file()); }) ==
             "cannot tidy up " + folder.quoted() + ": Not a directory");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(folder_lock)

BOOST_AUTO_TEST_CASE(a_folder_has_one_holder) {
  const Folder folder;
  {
    const FolderLock lock(folder.path);
    BOOST_CHECK(folder.names() == Names{"lock"});
    BOOST_TEST(thrown<FileError>([&] { FolderLock again(folder.path); }) ==
               quoted(folder.path) + " is in use by process " + std::to_string(::getpid()));
    const Folder other;
    const FolderLock elsewhere(other.path);
  }
  const FolderLock again(folder.path);  // the file stayed, and is in nobody's way
  BOOST_TEST(folder.bytes("lock") == std::to_string(::getpid()) + "\n");
}

BOOST_AUTO_TEST_CASE(a_holder_that_is_killed_holds_nothing) {
  const Folder folder;
  int ready[2];
  BOOST_TEST_REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  BOOST_TEST_REQUIRE(child >= 0);
  if (child == 0) {
    const FolderLock lock(folder.path);
    if (::write(ready[1], "r", 1) == 1) ::sleep(100);
    ::_exit(1);
  }
  char byte = 0;
  BOOST_TEST_REQUIRE(::read(ready[0], &byte, 1) == 1);
  for (const int end : ready) ::close(end);
  BOOST_TEST(thrown<FileError>([&] { FolderLock lock(folder.path); }) ==
             quoted(folder.path) + " is in use by process " + std::to_string(child));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const FolderLock lock(folder.path);
  BOOST_TEST(folder.bytes("lock") == std::to_string(::getpid()) + "\n");
}

BOOST_AUTO_TEST_CASE(a_holder_that_has_no_number) {
  const Folder folder;
  const FolderLock lock(folder.path);
  for (const char* text : {"", "4242", "\n", "x4242\n", "4242\nx", "-4242\n", "123456789012345678901234567890\n"}) {
    std::ofstream(folder.path / "lock") << text;
    BOOST_TEST(thrown<FileError>([&] { FolderLock again(folder.path); }) ==
               quoted(folder.path) + " is in use by another process");
  }
}

BOOST_AUTO_TEST_CASE(a_program_that_is_started_does_not_inherit_it) {
  const Folder folder;
  pid_t child = 0;
  {
    const FolderLock lock(folder.path);
    child = ::fork();
    BOOST_TEST_REQUIRE(child >= 0);
    if (child == 0) {
      ::execlp("sleep", "sleep", "100", nullptr);
      ::_exit(127);
    }
    const fs::path image = "/proc/" + std::to_string(child) + "/exe";
    std::error_code error;
    for (int i = 0; i < 1000 && fs::read_symlink(image, error) == fs::read_symlink("/proc/self/exe"); ++i)
      ::usleep(10000);
  }
  BOOST_CHECK_NO_THROW(FolderLock{folder.path});
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(places_that_cannot_be_locked) {
  const Folder folder;
  const fs::path none = folder.path / "none";
  BOOST_TEST(thrown<FileError>([&] { FolderLock lock(none); }) ==
             "cannot lock " + quoted(none) + ": No such file or directory");
  touch(folder.file());
  BOOST_TEST(thrown<FileError>([&] { FolderLock lock(folder.file()); }) ==
             "cannot lock " + folder.quoted() + ": Not a directory");
  fs::permissions(folder.path,
                  fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
  const bool root = ::geteuid() == 0;  // who may write anywhere
  if (root) BOOST_TEST_REQUIRE(::seteuid(65534) == 0);
  const std::string what = thrown<FileError>([&] { FolderLock lock(folder.path); });
  if (root) BOOST_TEST_REQUIRE(::seteuid(0) == 0);
  BOOST_TEST(what == "cannot lock " + quoted(folder.path) + ": Permission denied");
  fs::permissions(folder.path, fs::perms::owner_all);
}

BOOST_AUTO_TEST_SUITE_END()
