#include "settings/main.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

namespace millrace::settings {
namespace {

// Every section that a file of this house may hold; those without a field here are foreign.
constexpr std::string_view sections[] = {"schema",   "routing", "ingress", "console",
                                         "timeline", "log",     "data",    "cli"};

void mark_foreign(Fields& fields) {
  for (const std::string_view section : sections) {
    bool ours = false;
    for (const Field& field : fields.all()) {
      ours = ours || field.name == section || field.name.starts_with(std::string(section) + ".");
    }
    if (!ours) fields.foreign(std::string(section));
  }
}

std::string footer(const Binary& binary, const Fields& fields) {
  std::string text = "Settings (default in brackets):\n" + help(fields);
  text +=
      "\nEach can be set, the later one winning:\n"
      "  in FILE         [section] and field = value, in TOML\n"
      "  in environment  MILLRACE_<SECTION>_<FIELD>=value\n"
      "  as a flag       --section.field=value\n";
  if (!binary.examples.empty()) text += "\nExamples:\n" + binary.examples;
  return text;
}

int report(const Binary& binary, const statekit::Error& error) {
  std::cerr << binary.name << ": " << error.message << '\n';
  for (const std::string& line : error.details) std::cerr << "  " << line << '\n';
  std::cerr << "`" << binary.name << " --help` lists every setting.\n";
  return 1;
}

}  // namespace

std::string_view version() { return MILLRACE_VERSION; }

std::optional<int> configure(const Binary& binary, Fields& fields, int argc,
                             const char* const* argv) {
  mark_foreign(fields);
  CLI::App app(binary.about, binary.name);
  Sources sources;
  app.add_option("--settings", sources.file, "a TOML file with settings")
      ->type_name("FILE")
      ->envname("MILLRACE_SETTINGS");
  app.set_version_flag("--version", binary.name + " " + std::string(version()));
  app.allow_extras();
  app.footer(footer(binary, fields));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  sources.file_required = true;
  sources.environment = environment();
  sources.arguments = app.remaining();
  if (const auto loaded = load(fields, sources); !loaded) return report(binary, loaded.error());
  return std::nullopt;
}

}  // namespace millrace::settings
