// The rules of the house that a machine can check, so that no reviewer has to.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "style/sources.hpp"
#include "support/catch.hpp"

namespace millrace::style {
namespace {

const std::vector<Source>& all() {
  static const std::vector<Source> found = sources();
  return found;
}

using Faults = std::vector<std::string>;

void require_none(const Faults& faults) {
  std::string list;
  for (const std::string& fault : faults) list += "\n  " + fault;
  INFO("faults:" << list);
  CHECK(faults.empty());
}

bool names_any(const std::string& include, std::initializer_list<const char*> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char* part) { return include.find(part) != std::string::npos; });
}

const std::vector<std::string> services = {"schema", "routing", "ingress", "console", "timeline"};

}  // namespace

TEST_CASE("the sources of the repository are found") { CHECK(all().size() > 20); }

TEST_CASE("a file has at most 400 lines") {
  Faults faults;
  for (const Source& source : all())
    if (source.lines.size() > 400)
      faults.push_back(source.path + " has " + std::to_string(source.lines.size()));
  require_none(faults);
}

TEST_CASE("a function has at most 70 lines") {
  Faults faults;
  for (const Source& source : all())
    for (const Function& function : functions(source))
      if (function.lines > 70)
        faults.push_back(function.where + " has " + std::to_string(function.lines));
  require_none(faults);
}

TEST_CASE("a line has at most 100 columns") {
  Faults faults;
  for (const Source& source : all()) {
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const std::string& line = source.lines[i];
      const auto columns = std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
      });
      if (columns > 100 && line.find("R\"") == std::string::npos)
        faults.push_back(source.path + ":" + std::to_string(i + 1));
    }
  }
  require_none(faults);
}

TEST_CASE("a public header begins by saying what it is") {
  Faults faults;
  for (const Source& source : all())
    if (is_header(source) && (source.lines.empty() || !starts_with(source.lines[0], "// ")))
      faults.push_back(source.path);
  require_none(faults);
}

TEST_CASE("heavy headers stay in the cpp file of their adapter") {
  Faults faults;
  for (const Source& source : all()) {
    if (!is_header(source) || starts_with(source.path, "tests/") ||
        ends_with(source.path, "_pb.hpp") ||             // says so in its name
        source.path.find("/src/") != std::string::npos)  // seen by its own library only
      continue;
    for (const std::string& include : includes(source))
      if (names_any(include,
                    {"grpc", ".pb.h", "boost/", "nlohmann/", "spdlog/", "CLI/", "toml++"}) &&
          include.find("statekit/io/") == std::string::npos)
        faults.push_back(source.path + " includes " + include);
  }
  require_none(faults);
}

TEST_CASE("arrows point one way: libs know no service and services know no other service") {
  Faults faults;
  for (const Source& source : all()) {
    const bool lib = starts_with(source.path, "libs/");
    const bool service = starts_with(source.path, "services/");
    if (!lib && !service) continue;
    const std::string own = source.path.substr(0, source.path.find('/', 9) + 1);
    for (const std::string& include : includes(source))
      if (starts_with(include, "services/") && (lib || !starts_with(include, own)))
        faults.push_back(source.path + " includes " + include);
  }
  require_none(faults);
}

TEST_CASE("the pure files read no clock, thread, protobuf, database or library of the edge") {
  Faults faults;
  for (const Source& source : all()) {
    const std::string file = source.path.substr(source.path.rfind('/') + 1);
    const bool pure =
        starts_with(source.path, "services/") &&
        (starts_with(file, "state.") || starts_with(file, "decide.") || file == "commands.hpp");
    const bool pure_lib = starts_with(source.path, "libs/schema/") &&
                          file.find("codec") == std::string::npos &&
                          file.find("json") == std::string::npos;
    if (!pure && !pure_lib) continue;
    for (const std::string& include : includes(source))
      if (names_any(include,
                    {"chrono", "random", "thread", "mutex", "atomic", "iostream", "fstream", "pb.h",
                     "nlohmann", "sqlite", "statekit/io/", "grpc", "boost"}))
        faults.push_back(source.path + " includes " + include);
  }
  require_none(faults);
}

TEST_CASE("the five services hold the same files") {
  Faults faults;
  for (const std::string& service : services)
    for (const char* file :
         {"settings.hpp", "settings.cpp", "state.hpp", "state.cpp", "service.hpp", "service.cpp",
          "codec.hpp", "codec.cpp", "server.hpp", "server.cpp", "main.cpp"}) {
      const std::string path = "services/" + service + "/" + file;
      if (!std::filesystem::exists(std::filesystem::path(MILLRACE_SOURCE_DIR) / path))
        faults.push_back(path + " is missing");
    }
  require_none(faults);
}

TEST_CASE("main only wires: under 60 lines") {
  Faults faults;
  for (const Source& source : all())
    if (starts_with(source.path, "services/") && ends_with(source.path, "/main.cpp") &&
        source.lines.size() >= 60)
      faults.push_back(source.path);
  require_none(faults);
}

TEST_CASE("tests wait for conditions and never sleep for a guess") {
  Faults faults;
  for (const Source& source : all()) {
    if (!starts_with(source.path, "tests/") || starts_with(source.path, "tests/support/") ||
        starts_with(source.path, "tests/style/"))
      continue;
    for (std::size_t i = 0; i < source.lines.size(); ++i)
      if (names_any(source.lines[i], {"sleep_for", "usleep(", "sleep_until"}))
        faults.push_back(source.path + ":" + std::to_string(i + 1));
  }
  require_none(faults);
}

TEST_CASE("nothing is left open in the code") {
  Faults faults;
  for (const Source& source : all()) {
    if (starts_with(source.path, "tests/style/")) continue;
    for (std::size_t i = 0; i < source.lines.size(); ++i)
      if (names_any(source.lines[i], {"TODO", "FIXME", "XXX ", "XXX:", "not implemented"}))
        faults.push_back(source.path + ":" + std::to_string(i + 1));
  }
  require_none(faults);
}

}  // namespace millrace::style
