// How the binaries are configured: defaults < TOML file < environment < flags. A service describes
// its settings struct once, as a list of fields; this library fills it and reports every fault at
// once, each with its source. Used by main.cpp and `millrace serve` only, before any thread starts.
//
//   settings::Fields fields;
//   routing::describe(fields, settings);  // fields.address("routing.listen", settings.listen,
//   "...") Result<settings::Loaded> loaded = settings::load(fields, sources);
//
// A field named `routing.max_calls` is `[routing] max_calls` in TOML, MILLRACE_ROUTING_MAX_CALLS in
// the environment and --routing.max_calls on the command line. Environment names that no service
// declares but begin with MILLRACE_RUN_ belong to `millrace run` and are ignored, and so are those
// that resemble no setting. Errors are
// invalid-argument.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::settings {

enum class Source { defaults, file, environment, flag };

// What is said of a value in force that can be read and yet is wrong. A deployment that worked goes
// on working, so only what a program could never have worked with is refused.
enum class Weight {
  refused,  // the program does not start
  useless,  // it starts, says so, and does without; a check fails
  odd,      // a hint
};
struct Objection {
  Weight weight = Weight::refused;
  std::string what;  // what is wrong and what to write
};
using Judge = std::function<std::optional<Objection>()>;

// One setting: its name, what it is for, and how to read and print it.
struct Field {
  std::string name;      // section.field; a top-level one has no dot
  std::string help;      // one sentence, with the unit
  std::string fallback;  // the default, as text
  std::string kind;      // "text", "integer", "boolean", "duration", "list", "address"
  std::function<statekit::Status(std::string_view)> set;  // from text; says what is wrong with it
  std::function<std::string()> show;
  bool secret = false;  // never printed
  Judge judge = {};     // of the value in force; null: nothing is said of it
};

class Fields {
 public:
  void text(std::string name, std::string& target, std::string help);
  void secret(std::string name, std::string& target, std::string help);
  void integer(std::string name, std::int64_t& target, std::int64_t min, std::int64_t max,
               std::string help);
  void boolean(std::string name, bool& target, std::string help);
  // Milliseconds; written as 250ms, 10s, 5m, 1h.
  void duration(std::string name, std::int64_t& target_ms, std::int64_t min_ms, std::int64_t max_ms,
                std::string help);
  // A TOML array, or text with commas between.
  void list(std::string name, std::vector<std::string>& target, std::string help);
  // One of a few words.
  void choice(std::string name, std::string& target, std::vector<std::string> words,
              std::string help);
  // host:port; a bare port or host is refused with what to write.
  void address(std::string name, std::string& target, std::string help);
  // One or several of them, with commas between.
  void addresses(std::string name, std::string& target, std::string help);
  // A text that may not be empty: an empty one would be the root of the file system.
  void folder(std::string name, std::string& target, std::string help);

  // Has `judge` asked once all sources are laid over one another, where one of them set `name`: a
  // value that a later source covers is not judged. REQUIRES: `name` was described.
  void judge(std::string_view name, Judge judge);
  // In this process `name` leads nowhere, whatever it says: it is not judged.
  void unused(std::string_view name) { judge(name, {}); }

  // A section that belongs to another binary: its settings may stand in the same file and
  // environment, and are passed over here.
  void foreign(std::string section);

  const std::vector<Field>& all() const { return fields_; }
  const Field* find(std::string_view name) const;  // nullptr: no such setting
  bool is_foreign(std::string_view name) const;    // of a section.field

  // How many settings were given that have lost their meaning; noted by configure().
  void note_deprecated(std::size_t count) { deprecated_ = count; }
  std::size_t deprecated() const { return deprecated_; }

 private:
  using Set = std::function<statekit::Status(std::string_view)>;
  void add(std::string name, std::string help, std::string kind, Set set,
           std::function<std::string()> show);

  std::vector<Field> fields_;
  std::vector<std::string> foreign_;
  std::size_t deprecated_ = 0;
};

struct Sources {
  std::string file;                                // empty: none
  bool file_required = false;                      // true: named on the command line
  std::map<std::string, std::string> environment;  // the MILLRACE_* part of it
  // What is left for settings: --section.field=value, or two words. A boolean may stand alone.
  std::vector<std::string> arguments;
};

struct Loaded {
  std::map<std::string, Source> source_of;  // by field name; those left at their default included
  std::map<std::string, std::string> where_of;  // "millrace.toml:3"; those that were set
  std::vector<std::string>
      deprecated;                    // a line for each name that lost its meaning, and what to do
  std::vector<std::string> hints;    // a line for each source that names no version but should, and
                                     // for each value that is odd
  std::vector<std::string> useless;  // a line for each value that nothing can be done with
};

// All faults at once: Error.details has a line for each, with its source, and "did you mean" for a
// misspelt name. Names are the fields' own; versions.hpp has the same for what is versioned.
statekit::Result<Loaded> load(const Fields& fields, const Sources& sources);

// The MILLRACE_* variables of this process.
std::map<std::string, std::string> environment();

// The text with what stands between `://` and the last `@` hidden, and options such as `password=`:
// an address as it may be shown.
std::string masked(const std::string& text);

// The settings as a table for --help: name, default, help.
std::string help(const Fields& fields);

}  // namespace millrace::settings
