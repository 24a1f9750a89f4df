// What every main.cpp does before it wires anything: read the command line, answer --help and
// --version, and fill the settings from file, environment and flags. Called once, by the main
// thread. Faults go to stderr, one a line, and end the process with 1.
//
//   routing::Settings settings;
//   settings::Fields fields;
//   routing::describe(fields, settings);
//   if (auto exit_code = settings::configure(binary, fields, argc, argv)) return *exit_code;
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/settings.hpp"
#include "settings/versions.hpp"

namespace millrace::settings {

struct Binary {
  std::string name;      // "millrace-routing"
  std::string about;     // one sentence: what it does
  std::string examples;  // command lines with what each does, for --help; may be empty
  // For --check-settings: what else would be wrong at a start, a line each. May be empty.
  std::function<std::vector<std::string>()> faults = {};
  // For --check-settings: what would start, and had better be otherwise. May be empty.
  std::function<std::vector<std::string>()> warnings = {};
};

// The version of this build: "0.1.0".
std::string_view version();

// Nothing: go on. Else the code to exit with: 0 after --help, --version or --check-settings, 1
// after a fault. The file is --settings FILE, else MILLRACE_SETTINGS, else none. Settings of the
// other binaries are passed over, so that one file can serve all of them.
std::optional<int> configure(const Binary& binary, Fields& fields, int argc,
                             const char* const* argv, const Versions& versions = released());

// Called once main has its statekit::Metrics.
template <class Metrics>
void count_deprecated(Metrics& metrics, const Fields& fields) {
  metrics
      .counter("millrace_settings_deprecated_total",
               "Settings that were given but have lost their meaning.")
      .add(static_cast<double>(fields.deprecated()));
}

}  // namespace millrace::settings
