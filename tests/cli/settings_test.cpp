// The released versions of the settings against what the services really have.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "cli/commands/settings_diff.hpp"
#include "cli/serve/all_settings.hpp"
#include "settings/upgrade.hpp"
#include "support/catch.hpp"

using namespace millrace;
using Lines = std::vector<std::string>;

namespace {

struct Loaded {
  cli::AllSettings all;
  settings::Fields fields;
  Loaded() { cli::describe(fields, all); }

  std::map<std::string, std::string> shown() const {
    std::map<std::string, std::string> values;
    for (const settings::Field& field : fields.all()) values[field.name] = field.show();
    return values;
  }
};

Lines manifest_lines(const settings::Version& version) {
  Lines lines;
  for (const settings::OuterField& field : version.fields)
    lines.push_back(field.name + " " + field.kind);
  std::sort(lines.begin(), lines.end());
  return lines;
}

Lines file_lines(const std::string& path) {
  std::ifstream file(path);
  Lines lines;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  return lines;
}

// Another value that the field takes: of a few tries the first that is accepted.
std::string other_value(const settings::Field& field, std::mt19937& random) {
  const std::map<std::string, Lines> tries = {
      {"integer",
       {std::to_string(1 + random() % 9), std::to_string(2'000 + random() % 9), "70000"}},
      {"boolean", {random() % 2 == 0 ? "true" : "false"}},
      {"duration", {std::to_string(1 + random() % 9) + "s", "600ms"}},
      {"list", {"a" + std::to_string(random() % 9) + ":1,b:2", "a:1"}},
      {"address", {"127.0.0.1:" + std::to_string(1 + random() % 60'000)}},
      {"text", {"debug", "json", "t" + std::to_string(random() % 100)}}};
  const std::string before = field.show();
  for (const std::string& text : tries.at(field.kind))
    if (field.set(text)) {
      REQUIRE(field.set(before.empty() && field.kind != "text" ? field.fallback : before));
      return text;
    }
  return before;
}

std::string toml_value(const std::string& kind, const std::string& text) {
  if (kind == "integer" || kind == "boolean") return text;
  return "\"" + text + "\"";
}

// A file of version 1 with some settings, comments and empty lines, some keys dotted.
std::string random_file(const settings::Version& version, const settings::Fields& fields,
                        std::mt19937& random) {
  std::map<std::string, std::string> sections;
  std::string top = random() % 8 == 0 ? "\xEF\xBB\xBF" : "";
  if (random() % 4 == 0) top += "# at the top\n";
  if (random() % 2 == 0) top += random() % 2 == 0 ? "version = 1\n" : "version = 1 # said\n";
  for (const settings::OuterField& outer : version.fields) {
    const auto converted = settings::convert(settings::released(), version.number, outer.name, "x");
    const settings::Field* field = fields.find(converted->field);
    if (field == nullptr || random() % 4 != 0) continue;
    const std::string value = toml_value(outer.kind, other_value(*field, random));
    const auto dot = outer.name.find('.');
    const bool flat = dot == std::string::npos || random() % 8 == 0;
    std::string& text = flat ? top : sections[outer.name.substr(0, dot)];
    if (flat && dot != std::string::npos && sections.contains(outer.name.substr(0, dot))) continue;
    if (random() % 3 == 0) text += "# " + outer.name + "\n";
    text += (flat ? outer.name : outer.name.substr(dot + 1)) + " = " + value;
    text += random() % 3 == 0 ? "  # behind\n" : "\n";
  }
  for (const auto& [name, text] : sections) {
    if (top.find(name + ".") != std::string::npos) continue;  // TOML forbids both spellings
    top += "\n[" + name + (random() % 3 == 0 ? "] # of it\n" : "]\n") + text;
  }
  return top;
}

std::map<std::string, std::string> load_text(const std::string& text) {
  char name[] = "/tmp/millrace-settings-XXXXXX";
  close(mkstemp(name));
  std::ofstream(name) << text;
  Loaded loaded;
  const auto result = settings::load(loaded.fields, {name, true, {}, {}}, settings::released());
  std::remove(name);
  INFO(text);
  if (!result) {
    for (const std::string& line : result.error().details) UNSCOPED_INFO(line);
  }
  REQUIRE(result);
  return loaded.shown();
}

}  // namespace

TEST_CASE("G9: no name of a released settings version goes, changes its kind or is unlisted") {
  const char* folder = std::getenv("MILLRACE_MANIFESTS");
  REQUIRE(folder != nullptr);
  for (const settings::Version& version : settings::released().all) {
    const std::string path =
        std::string(folder) + "/version_" + std::to_string(version.number) + ".txt";
    INFO("a name may be added to " << path << ", never removed, renamed or given another kind");
    const Lines now = manifest_lines(version);
    if (std::getenv("MILLRACE_REWRITE") != nullptr) {
      std::ofstream file(path);
      for (const std::string& line : now) file << line << '\n';
    }
    CHECK(file_lines(path) == now);
  }
}

// What a name sets is as frozen as the name: who changes a line changes what files mean.
TEST_CASE("G9: each name of a released version sets what it set when it was released") {
  const char* folder = std::getenv("MILLRACE_MANIFESTS");
  REQUIRE(folder != nullptr);
  for (const settings::Version& version : settings::released().all) {
    Lines now;
    for (const settings::OuterField& outer : version.fields)
      now.push_back(
          outer.name + " " +
          settings::convert(settings::released(), version.number, outer.name, "x")->field);
    std::sort(now.begin(), now.end());
    const std::string path =
        std::string(folder) + "/version_" + std::to_string(version.number) + "_sets.txt";
    INFO("a line may be added to " << path << ", never changed");
    if (std::getenv("MILLRACE_REWRITE") != nullptr) {
      std::ofstream file(path);
      for (const std::string& line : now) file << line << '\n';
    }
    CHECK(file_lines(path) == now);
  }
}

TEST_CASE("every setting of every service has a name in the newest version of its own kind") {
  Loaded loaded;
  std::map<std::string, std::string> kind_of;
  for (const settings::OuterField& outer : settings::released().newest().fields)
    kind_of[outer.to] = outer.kind;
  for (const settings::Field& field : loaded.fields.all()) {
    INFO(field.name << " needs a line in libs/settings/src/versions/");
    CHECK(kind_of[field.name] == field.kind);
  }
}

TEST_CASE("every name of every version leads to a setting that some program has") {
  Loaded loaded;
  for (const settings::Version& version : settings::released().all) {
    std::set<std::string> variables;
    for (const settings::OuterField& outer : version.fields) {
      INFO("version " << version.number << " " << outer.name);
      const auto converted =
          settings::convert(settings::released(), version.number, outer.name, "x");
      if (!outer.name.starts_with("cli.")) CHECK(loaded.fields.find(converted->field) != nullptr);
    }
  }
}

TEST_CASE("random settings of version 1 mean the same after an upgrade") {
  std::mt19937 random(20261128);
  Loaded loaded;
  for (int round = 0; round < 60; ++round) {
    const std::string text = random_file(settings::released().all.front(), loaded.fields, random);
    INFO(text);
    const auto upgraded = settings::upgrade(settings::released(), Loaded().fields, "f", text);
    REQUIRE(upgraded);
    INFO(upgraded->text);
    CHECK(load_text(upgraded->text) == load_text(text));
    CHECK(std::count(upgraded->text.begin(), upgraded->text.end(), '#') ==
          std::count(text.begin(), text.end(), '#'));
  }
}

TEST_CASE("a diff shows what goes and what comes, with a little around it") {
  CHECK(cli::line_diff("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nx\nf\n") ==
        "  ...\n  c\n  d\n- e\n+ x\n  f\n");
  CHECK(cli::line_diff("a\n", "a\n").empty());
}
