// The tables of the released versions: one function each, in a file of its own.
#pragma once

#include <span>
#include <string>

#include "settings/versions.hpp"

namespace millrace::settings {

struct Row {
  const char* name;
  const char* kind;
  const char* to;
};

inline Version version_of(int number, std::span<const Row> rows) {
  Version version{number, {}};
  for (const Row& row : rows) version.fields.push_back({row.name, row.kind, row.to, {}, {}});
  return version;
}

Version version_1();
Version version_2();

}  // namespace millrace::settings
