// What tells one build from another.
#include "cli/run/build_id.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"

using millrace::cli::build_id;
namespace fs = std::filesystem;

namespace {
// A folder that is gone again when the test ends.
struct Folder {
  fs::path path;
  Folder() {
    char name[] = "/tmp/millrace-build-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return path / name;
  }
};
}  // namespace

TEST_CASE("the same command over the same files is the same build") {
  const Folder folder;
  const std::string script = folder.write("a.js", "1");
  CHECK(build_id({"node", script}, "/bin") == build_id({"node", script}, "/bin"));
  CHECK(build_id({"node", script}, "/bin").size() == 12);
}

TEST_CASE("an edited script, another word or a rebuilt program is another build") {
  const Folder folder;
  const std::string script = folder.write("a.js", "1");
  folder.write("program", "first");
  const std::string before = build_id({"program", script}, folder.path);
  const std::string longer = build_id({"program", script, "x"}, folder.path);
  CHECK(before != longer);
  folder.write("a.js", "2");
  const std::string edited = build_id({"program", script}, folder.path);
  CHECK(before != edited);
  folder.write("program", "second");
  CHECK(build_id({"program", script}, folder.path) != edited);
}

TEST_CASE("words do not run into each other") {
  CHECK(build_id({"a", "bc"}, "") != build_id({"ab", "c"}, ""));
}
