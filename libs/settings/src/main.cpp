#include "settings/main.hpp"
#include "settings/tls.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "help_of.hpp"

namespace millrace::settings {
namespace {

std::string footer(const Binary& binary, const Fields& fields, const Versions& versions) {
  std::vector<Field> first, later;
  for (const Field& field : fields.all()) {
    if (versions.all.front().find(field.name) != nullptr) {
      first.push_back(field);
    } else {
      later.push_back(field);
      later.back().name = newest_name(versions, field.name);
    }
  }
  std::string text = "Settings (default in brackets):\n" + help_of(first);
  if (!later.empty()) text += "\nOnly where version 2 is named (see below):\n" + help_of(later);
  text +=
      "\nEach can be set, the later one winning:\n"
      "  in FILE         [section] and field = value, in TOML\n"
      "  in environment  MILLRACE_<SECTION>_<FIELD>=value\n"
      "  as a flag       --section.field=value\n"
      "The first names are those of version 1. Those of version 2, which are grouped, are shown "
      "by\n"
      "`millrace settings show`; they are read where the source says `version = 2`,\n"
      "MILLRACE_SETTINGS_VERSION=2 or --settings-version 2.\n";
  if (!binary.examples.empty()) text += "\nExamples:\n" + binary.examples;
  return text;
}

// What is useless is a fault of a check, which says it at its end.
void say(const Binary& binary, const Loaded& loaded, bool check_only) {
  for (const std::string& line : loaded.deprecated)
    std::cerr << binary.name << ": DEPRECATED: " << line << '\n';
  for (const std::string& line : loaded.hints)
    std::cerr << binary.name << ": hint: " << line << '\n';
  if (check_only) return;
  for (const std::string& line : loaded.useless)
    std::cerr << binary.name << ": warning: " << line << '\n';
}

int refuse(const Binary& binary, const statekit::Error& error) {
  std::cerr << binary.name << ": " << error.message << '\n';
  for (const std::string& line : error.details) std::cerr << "  " << line << '\n';
  std::cerr << "`" << binary.name << " --help` lists every setting.\n";
  return 1;
}

std::string count_of(std::size_t faults) {
  return faults == 1 ? "1 setting is wrong" : std::to_string(faults) + " settings are wrong";
}

}  // namespace

statekit::Result<tls::Doors> doors_of(const Tls& tls, bool asks) {
  tls::Doors wanted;
  wanted.grpc_clients = *tls::parse_clients(tls.client);
  wanted.http_clients = *tls::parse_clients(tls.http_client);
  wanted.modules = tls.modules;
  wanted.insecure = tls.insecure;
  wanted.asks = asks;
  return tls::open_doors(tls.files, wanted);
}

std::optional<tls::Doors> open_doors(const Binary& binary, const Tls& tls, bool asks) {
  auto doors = doors_of(tls, asks);
  if (doors) return *doors;
  refuse(binary, doors.error());
  return std::nullopt;
}

std::string_view version() { return MILLRACE_VERSION; }

std::optional<int> configure(const Binary& binary, Fields& fields, int argc,
                             const char* const* argv, const Versions& versions) {
  CLI::App app(binary.about, binary.name);
  Sources sources;
  bool check_only = false;
  app.add_option("--settings", sources.file, "a TOML file with settings")
      ->type_name("FILE")
      ->envname("MILLRACE_SETTINGS");
  app.add_flag("--check-settings", check_only, "check the settings, start nothing");
  app.set_version_flag("--version", binary.name + " " + std::string(version()));
  app.allow_extras();
  app.footer(footer(binary, fields, versions));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  sources.file_required = true;
  sources.environment = environment();
  sources.arguments = app.remaining();
  const auto loaded = load(fields, sources, versions);
  if (!loaded) return refuse(binary, loaded.error());
  say(binary, *loaded, check_only);
  fields.note_deprecated(loaded->deprecated.size());
  if (!check_only) return std::nullopt;
  std::vector<std::string> faults = loaded->useless;
  if (binary.faults)
    for (std::string& fault : binary.faults()) faults.push_back(std::move(fault));
  if (!faults.empty())
    return refuse(
        binary, {statekit::Code::failed_precondition, count_of(faults.size()), std::move(faults)});
  if (binary.warnings)
    for (const std::string& line : binary.warnings())
      std::cerr << binary.name << ": warning: " << line << '\n';
  std::cout << binary.name << ": the settings are right\n";
  return 0;
}

}  // namespace millrace::settings
