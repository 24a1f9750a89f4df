// One source of settings, read but not yet laid over another: only what it sets, each with the
// place it came from. Readers here know names and places; what a value means is the field's affair.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace millrace::settings {

struct Assignment {
  std::string name;   // section.field
  std::string text;   // the value, as the field reads it
  std::string where;  // "millrace.toml:3", "MILLRACE_ROUTING_LISTEN", "--routing.listen"
};

struct Layer {
  Source source = Source::defaults;
  std::vector<Assignment> assignments;
  std::vector<std::string> faults;  // what could not be read at all
};

Layer read_file(const Fields& fields, const std::string& path, bool required);
Layer read_environment(const Fields& fields, const std::map<std::string, std::string>& variables);
Layer read_arguments(const Fields& fields, const std::vector<std::string>& arguments);

// "routing.max_calls" -> "MILLRACE_ROUTING_MAX_CALLS".
std::string environment_name(std::string_view field);
// The names of all fields, for "did you mean".
std::vector<std::string> names(const Fields& fields);

}  // namespace millrace::settings
