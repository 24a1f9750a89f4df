// What people write: the *outer* settings, version by version. Code uses the *inner* ones only,
// which each service describes as Fields; a version is a table of the names that may be written in
// it, each with its kind and with what it means in the next version (in the newest: which Field it
// sets). A source (file, environment, flags) is read by the version that it names and converted
// from there, so that sources of different versions go together. Values, free of threads.
//
// Rules, kept by tests/settings/manifest_test.cpp: a name may be added to a version, never removed,
// renamed or given another kind. What lost its meaning stays and says what to write instead.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/settings.hpp"

namespace millrace::settings {

struct OuterField {
  std::string name;     // section.field, or section.group.field
  std::string kind;     // as Field::kind
  std::string to;       // in the next version; in the newest a Field; empty: lost its meaning
  std::string instead;  // what to write instead of one that lost its meaning
  // From the text of this version to the text of the next; null: it stays as it is.
  std::function<statekit::Result<std::string>(const std::string&)> convert;
};

struct Version {
  int number = 1;
  std::vector<OuterField> fields;

  const OuterField* find(std::string_view name) const;  // nullptr: no such name
  std::vector<std::string> names() const;
};

// REQUIRES: the oldest first, numbered without gaps.
struct Versions {
  std::vector<Version> all;

  const Version* find(int number) const;  // nullptr: no such version
  const Version& newest() const { return all.back(); }

  // Names as code has them, in one version: for tests and for what is not versioned.
  static Versions plain(const Fields& fields);
};

// Those of the Millrace binaries.
const Versions& released();

// The name of `field` in the newest version; the field's own where that has none.
std::string newest_name(const Versions& versions, std::string_view field);

struct Converted {
  std::string field;    // of Fields, or a name of the wanted version; empty: lost its meaning
  std::string text;     // the value there
  std::string instead;  // what to write instead, where it lost its meaning
};

// Follows `name` of version `number` to the Field that it sets, or, with `up_to`, to its name
// there. REQUIRES: the version has that name. Errors: what a conversion says of the text.
statekit::Result<Converted> convert(const Versions& versions, int number, const std::string& name,
                                    const std::string& text, int up_to = 0);

statekit::Result<Loaded> load(const Fields& fields, const Sources& sources,
                              const Versions& versions);

}  // namespace millrace::settings
