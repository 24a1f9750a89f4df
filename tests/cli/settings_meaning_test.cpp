// Each name of each version against what settings_meaning.hpp says that it means.
#include "cli/settings_meaning.hpp"

#include <set>

#include "cli/session.hpp"
#include "settings/versions.hpp"
#include "support/catch.hpp"

using namespace millrace;
using test::Row;
using test::rows_of;

namespace {

using Value = std::variant<std::int64_t, std::string, std::vector<std::string>, bool>;

// What is written for a place, and what it then holds.
std::string text_for(const Row& row) {
  if (!row.text.empty()) return row.text;
  if (std::holds_alternative<bool*>(row.place)) return "true";
  if (std::holds_alternative<std::int64_t*>(row.place)) return "7";
  return "127.0.0.1:4321";
}

Value value_of(const Row& row) {
  const std::string text = text_for(row);
  if (std::holds_alternative<bool*>(row.place)) return true;
  if (std::holds_alternative<std::string*>(row.place)) return text;
  if (std::holds_alternative<std::int64_t*>(row.place)) return std::int64_t{std::stoll(text)};
  return std::vector<std::string>{text};
}

std::vector<Value> held(const std::vector<Row>& rows) {
  std::vector<Value> values;
  for (const Row& row : rows)
    std::visit([&](const auto* place) { values.emplace_back(*place); }, row.place);
  return values;
}

// The settings after one was set by its name in a version: only its place is another, and right.
void check_row(int version, std::size_t index) {
  cli::AllSettings all;
  settings::Fields fields;
  cli::describe(fields, all);
  const std::vector<Row> rows = rows_of(all);
  const std::string name = version == 1 ? rows[index].first : rows[index].second;
  if (name.empty()) return;
  INFO("version " << version << ": " << name);
  std::vector<Value> expected = held(rows);
  CHECK(expected[index] != value_of(rows[index]));
  expected[index] = value_of(rows[index]);
  const std::vector<std::string> words{"--settings-version", std::to_string(version),
                                       "--" + name + "=" + text_for(rows[index])};
  REQUIRE(settings::load(fields, {{}, false, {}, words}, settings::released()));
  CHECK(held(rows) == expected);
}

}  // namespace

TEST_CASE("G9: each name of each version sets the setting that it says, and no other") {
  cli::AllSettings all;
  for (std::size_t i = 0; i < rows_of(all).size(); ++i)
    for (const int version : {1, 2}) check_row(version, i);
}

TEST_CASE("G9: the meaning of every name of every version is said here") {
  cli::AllSettings all;
  std::vector<std::set<std::string>> said(3), known(3);
  for (const Row& row : rows_of(all)) {
    said[1].insert(row.first);
    said[2].insert(row.second);
  }
  said[1].erase("");
  for (const settings::Version& version : settings::released().all)
    for (const settings::OuterField& field : version.fields)
      if (!field.name.starts_with("cli.")) known.at(version.number).insert(field.name);
  CHECK(said == known);
}

TEST_CASE("G9: each name of the command line's settings sets what it says") {
  const std::vector<std::pair<std::string, std::string cli::Addresses::*>> names = {
      {"MILLRACE_CLI_SCHEMA", &cli::Addresses::schema},
      {"MILLRACE_CLI_ROUTING", &cli::Addresses::routing},
      {"MILLRACE_CLI_TIMELINE", &cli::Addresses::timeline},
      {"MILLRACE_CLI_INGRESS_HEALTH", &cli::Addresses::ingress_health},
      {"MILLRACE_CLI_CONSOLE_HEALTH", &cli::Addresses::console_health}};
  for (const auto& [name, member] : names) {
    cli::Addresses expected;
    expected.*member = "127.0.0.1:4321";
    CHECK(cli::addresses({{name, "127.0.0.1:4321"}}).value() == expected);
    CHECK(cli::addresses({{"MILLRACE_SETTINGS_VERSION", "2"}, {name, "127.0.0.1:4321"}}).value() ==
          expected);
  }
}
