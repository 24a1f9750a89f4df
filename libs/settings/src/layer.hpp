// One source of settings, read but not yet converted or laid over another: only what it sets, each
// with the place it came from. Readers here know names, kinds and places; what a value means is the
// field's affair.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "settings/settings.hpp"
#include "settings/versions.hpp"

namespace millrace::settings {

struct Assignment {
  std::string name;   // in the version of its source
  std::string text;   // the value, as the field reads it
  std::string where;  // "millrace.toml:3", "MILLRACE_ROUTING_LISTEN", "--routing.listen"
};

struct Layer {
  Source source = Source::defaults;
  std::string name;  // of the file
  int version = 1;
  bool version_named = false;
  std::vector<Assignment> assignments;
  std::vector<std::string> faults;  // what could not be read at all
  std::vector<std::string> hints;   // what is passed over and may have been meant otherwise
};

// What a reader knows: the versions, and which sections are none of its business.
struct Reading {
  const Versions& versions;
  const Fields& fields;

  // The version that `text` names, else a fault that begins with `where`.
  const Version* version(const std::string& text, const std::string& where, Layer& layer) const;
  // "; did you mean X?", or that another version has this name.
  std::string suggestion(const Version& version, const std::string& name,
                         const std::string& how_to_name_version) const;
};

Layer read_file(const Reading& reading, const std::string& path, bool required);
Layer read_environment(const Reading& reading, const std::map<std::string, std::string>& variables);
Layer read_arguments(const Reading& reading, const std::vector<std::string>& arguments);

// "routing.max_calls" -> "MILLRACE_ROUTING_MAX_CALLS".
std::string environment_name(std::string_view field);

}  // namespace millrace::settings
