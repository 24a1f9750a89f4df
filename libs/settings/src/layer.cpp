#include "layer.hpp"

#include <algorithm>

#include "settings/nearest.hpp"

extern char** environ;

namespace millrace::settings {
namespace {

constexpr std::string_view prefix = "MILLRACE_";
// `millrace run` hands these to the program that it starts; MILLRACE_SETTINGS names the file.
constexpr std::string_view run_prefix = "MILLRACE_RUN_";
constexpr std::string_view file_variable = "MILLRACE_SETTINGS";

// The section of MILLRACE_A_B_C may be a, a_b or a_b_c: sections of ours are single words, so the
// first one decides.
std::string section_of(std::string_view variable) {
  std::string section(variable.substr(prefix.size()));
  section = section.substr(0, section.find('_'));
  std::transform(section.begin(), section.end(), section.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return section;
}

// A variable that is no setting is a fault where it was meant as one: it names a section of ours,
// or is nearly the name of a setting. Others (MILLRACE_SERVICE_HOST, as Kubernetes sets it for a
// service named millrace) are none of our business. Empty: no fault.
std::string fault_of(const Fields& fields, const std::string& variable) {
  const std::string section = section_of(variable);
  if (fields.is_foreign(section)) return {};
  std::vector<std::string> known;
  bool ours = false;
  for (const Field& field : fields.all()) {
    known.push_back(environment_name(field.name).substr(prefix.size()));
    ours = ours || field.name.starts_with(section + ".");
  }
  const std::string meant = nearest(std::string_view(variable).substr(prefix.size()), known);
  if (meant.empty() && !ours) return {};
  const std::string hint =
      meant.empty() ? "" : "; did you mean " + std::string(prefix) + meant + "?";
  return variable + ": no such setting" + hint;
}

}  // namespace

std::string environment_name(std::string_view field) {
  std::string name(prefix);
  for (const char c : field) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::vector<std::string> names(const Fields& fields) {
  std::vector<std::string> all;
  for (const Field& field : fields.all()) all.push_back(field.name);
  return all;
}

Layer read_environment(const Fields& fields, const std::map<std::string, std::string>& variables) {
  Layer layer{Source::environment, {}, {}};
  std::map<std::string, std::string> field_of;
  for (const Field& field : fields.all())
    field_of.emplace(environment_name(field.name), field.name);
  for (const auto& [variable, value] : variables) {
    if (!variable.starts_with(prefix) || variable == file_variable) continue;
    if (const auto found = field_of.find(variable); found != field_of.end()) {
      layer.assignments.push_back({found->second, value, variable});
    } else if (!variable.starts_with(run_prefix)) {
      std::string fault = fault_of(fields, variable);
      if (!fault.empty()) layer.faults.push_back(std::move(fault));
    }
  }
  return layer;
}

Layer read_arguments(const Fields& fields, const std::vector<std::string>& arguments) {
  Layer layer{Source::flag, {}, {}};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!word.starts_with("--") || word.size() == 2) {
      layer.faults.push_back(word + ": not a setting; write --section.field=value");
      continue;
    }
    const auto equals = word.find('=');
    const std::string flag = word.substr(0, equals);
    const std::string name = flag.substr(2);
    const Field* field = fields.find(name);
    const bool value_follows = i + 1 < arguments.size() && !arguments[i + 1].starts_with("--");
    if (field == nullptr) {
      layer.faults.push_back(flag + ": no such setting" + did_you_mean(name, names(fields)));
      if (equals == std::string::npos && value_follows) ++i;
    } else if (equals != std::string::npos) {
      layer.assignments.push_back({name, word.substr(equals + 1), flag});
    } else if (field->kind == "boolean" &&
               !(value_follows && (arguments[i + 1] == "true" || arguments[i + 1] == "false"))) {
      layer.assignments.push_back({name, "true", flag});
    } else if (value_follows) {
      layer.assignments.push_back({name, arguments[++i], flag});
    } else {
      layer.faults.push_back(flag + ": needs a value; write " + flag + "=VALUE");
    }
  }
  return layer;
}

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (text.starts_with(prefix) && equals != std::string_view::npos) {
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return variables;
}

}  // namespace millrace::settings
