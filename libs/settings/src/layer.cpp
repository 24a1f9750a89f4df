#include "layer.hpp"

#include <algorithm>

#include "settings/nearest.hpp"
#include "values.hpp"

extern char** environ;

namespace millrace::settings {
namespace {

constexpr std::string_view prefix = "MILLRACE_";
// `millrace run` hands these to the program that it starts; MILLRACE_SETTINGS names the file.
constexpr std::string_view run_prefix = "MILLRACE_RUN_";
constexpr std::string_view file_variable = "MILLRACE_SETTINGS";
constexpr std::string_view version_variable = "MILLRACE_SETTINGS_VERSION";
constexpr std::string_view version_flag = "--settings-version";

// The section of MILLRACE_A_B_C may be a, a_b or a_b_c: sections of ours are single words, so the
// first one decides.
std::string section_of(std::string_view variable) {
  std::string section(variable.substr(prefix.size()));
  section = section.substr(0, section.find('_'));
  std::transform(section.begin(), section.end(), section.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return section;
}

// The name that this variable has in another version: "; in version 2 it is a setting, ...".
std::string other_version(const Reading& reading, const std::string& variable) {
  for (const Version& version : reading.versions.all) {
    for (const OuterField& field : version.fields) {
      if (environment_name(field.name) == variable)
        return "; version " + std::to_string(version.number) + " has it: set " +
               std::string(version_variable) + "=" + std::to_string(version.number);
    }
  }
  return {};
}

// What Kubernetes and Docker set of a service that is called `millrace`, `millrace-schema` and the
// like: MILLRACE_SCHEMA_SERVICE_HOST, MILLRACE_SCHEMA_PORT=tcp://10.0.0.1:8892 and more.
bool is_of_orchestrator(std::string_view variable, std::string_view value) {
  if (variable.ends_with("_SERVICE_HOST") || variable.find("_SERVICE_PORT") != variable.npos)
    return true;
  if (variable.ends_with("_PORT")) return value.find("://") != value.npos;
  const auto port = variable.find("_PORT_");
  if (port == variable.npos) return false;
  const std::string_view rest = variable.substr(port + 6);  // 8892_TCP, 8892_TCP_ADDR
  const auto digits = rest.find_first_not_of("0123456789");
  return digits != 0 && digits != rest.npos &&
         (rest.substr(digits).starts_with("_TCP") || rest.substr(digits).starts_with("_UDP") ||
          rest.substr(digits).starts_with("_SCTP"));
}

// A variable that is no setting is a fault where it was meant as one: it names a section of ours,
// or is nearly the name of a setting. Others are none of our business. Empty: no fault.
std::string fault_of(const Reading& reading, const Version& version, const std::string& variable) {
  const std::string section = section_of(variable);
  if (reading.fields.is_foreign(section)) return {};
  const std::string other = other_version(reading, variable);
  if (!other.empty() && section == "cli") return {};  // the command line's own, of no version
  if (!other.empty()) return variable + ": no such setting" + other;
  std::vector<std::string> known;
  bool ours = false;
  for (const OuterField& field : version.fields) {
    known.push_back(environment_name(field.name).substr(prefix.size()));
    ours = ours || field.name.starts_with(section + ".");
  }
  const std::string meant = nearest(std::string_view(variable).substr(prefix.size()), known);
  if (meant.empty() && !ours) return {};
  const std::string hint =
      meant.empty() ? "" : "; did you mean " + std::string(prefix) + meant + "?";
  return variable + ": no such setting" + hint;
}

// A variable that is passed over, and is nearly a name that another version has: it may have been
// meant as that, or not. Empty: none.
std::string hint_of(const Reading& reading, const Version& version, const std::string& variable) {
  const std::string section = section_of(variable);
  if (reading.fields.is_foreign(section) || section == "cli") return {};
  for (const Version& other : reading.versions.all) {
    if (other.number == version.number) continue;
    std::vector<std::string> known;
    for (const OuterField& field : other.fields)
      if (!field.name.starts_with("cli.")) known.push_back(environment_name(field.name));
    const std::string meant = near_miss(variable, known);
    if (!meant.empty())
      return variable + " is no setting and is passed over; did you mean " + meant + ", with " +
             std::string(version_variable) + "=" + std::to_string(other.number) + "?";
  }
  return {};
}

// The words of the command line, one after another.
class Words {
 public:
  explicit Words(const std::vector<std::string>& words) : words_(words) {}

  bool at_end() const { return next_ == words_.size(); }
  const std::string& take() { return words_[next_++]; }
  bool value_follows() const { return !at_end() && !words_[next_].starts_with("--"); }
  bool truth_follows() const {
    return !at_end() && (words_[next_] == "true" || words_[next_] == "false");
  }

 private:
  const std::vector<std::string>& words_;
  std::size_t next_ = 0;
};

// The version comes first, wherever it stands, since all else is read by it.
std::vector<std::string> without_version(const Reading& reading,
                                         const std::vector<std::string>& arguments, Layer& layer) {
  std::vector<std::string> rest;
  Words words(arguments);
  while (!words.at_end()) {
    const std::string word = words.take();
    const auto equals = word.find('=');
    if (word.substr(0, equals) != version_flag) {
      rest.push_back(word);
    } else if (equals != std::string::npos) {
      reading.version(word.substr(equals + 1), std::string(version_flag), layer);
    } else if (words.value_follows()) {
      reading.version(words.take(), std::string(version_flag), layer);
    } else {
      layer.faults.push_back(std::string(version_flag) + ": needs a value, such as 2");
    }
  }
  return rest;
}

void read_argument(const Reading& reading, const Version& version, Words& words, Layer& layer) {
  const std::string word = words.take();
  if (!word.starts_with("--") || word.size() == 2) {
    layer.faults.push_back(word + ": not a setting; write --section.field=value");
    return;
  }
  const auto equals = word.find('=');
  const std::string flag = word.substr(0, equals);
  const std::string name = flag.substr(2);
  const OuterField* field = version.find(name);
  if (field == nullptr) {
    layer.faults.push_back(flag + ": no such setting" +
                           reading.suggestion(version, name, std::string(version_flag) + " "));
    if (equals == std::string::npos && words.value_follows()) words.take();
  } else if (equals != std::string::npos) {
    layer.assignments.push_back({name, word.substr(equals + 1), flag});
  } else if (field->kind == "boolean" && !words.truth_follows()) {
    layer.assignments.push_back({name, "true", flag});
  } else if (words.value_follows()) {
    layer.assignments.push_back({name, words.take(), flag});
  } else {
    layer.faults.push_back(flag + ": needs a value; write " + flag + "=VALUE");
  }
}

}  // namespace

const Version* Reading::version(const std::string& text, const std::string& where,
                                Layer& layer) const {
  layer.version_named = true;
  const int newest = versions.newest().number;
  const auto number = read_integer(text, 1, 1'000'000);
  const Version* found = number ? versions.find(static_cast<int>(*number)) : nullptr;
  if (found != nullptr) {
    layer.version = found->number;
  } else if (number && *number > newest) {
    layer.faults.push_back(where + ": version " + text +
                           " is newer than this program, which knows up to " +
                           std::to_string(newest) + ": use a newer program, or write version " +
                           std::to_string(newest));
  } else {
    layer.faults.push_back(where + ": wanted a version from 1 to " + std::to_string(newest) +
                           ", got \"" + text + "\"");
  }
  return found;
}

std::string Reading::suggestion(const Version& version, const std::string& name,
                                const std::string& how_to_name_version) const {
  for (const Version& other : versions.all) {
    if (other.number != version.number && other.find(name) != nullptr) {
      const std::string number = std::to_string(other.number);
      return "; version " + number + " has it: say " + how_to_name_version + number;
    }
  }
  return did_you_mean(name, version.names());
}

std::string environment_name(std::string_view field) {
  std::string name(prefix);
  for (const char c : field) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

Layer read_environment(const Reading& reading,
                       const std::map<std::string, std::string>& variables) {
  Layer layer;
  layer.source = Source::environment;
  if (const auto named = variables.find(std::string(version_variable)); named != variables.end())
    reading.version(named->second, named->first, layer);
  const Version& version = *reading.versions.find(layer.version);
  std::map<std::string, std::string> field_of;
  for (const OuterField& field : version.fields)
    field_of.emplace(environment_name(field.name), field.name);
  for (const auto& [variable, value] : variables) {
    if (!variable.starts_with(prefix) || variable == file_variable || variable == version_variable)
      continue;
    if (const auto found = field_of.find(variable); found != field_of.end()) {
      layer.assignments.push_back({found->second, value, variable});
    } else if (!variable.starts_with(run_prefix)) {
      if (is_of_orchestrator(variable, value)) continue;
      std::string fault = fault_of(reading, version, variable);
      std::string hint = fault.empty() ? hint_of(reading, version, variable) : "";
      if (!hint.empty()) layer.hints.push_back(std::move(hint));
      if (!fault.empty()) layer.faults.push_back(std::move(fault));
    }
  }
  return layer;
}

Layer read_arguments(const Reading& reading, const std::vector<std::string>& arguments) {
  Layer layer;
  layer.source = Source::flag;
  const std::vector<std::string> rest = without_version(reading, arguments, layer);
  const Version& version = *reading.versions.find(layer.version);
  Words words(rest);
  while (!words.at_end()) read_argument(reading, version, words, layer);
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
