#include "cli/run/config_environment.hpp"

#include "schema/change.hpp"
#include "schema/json.hpp"

namespace millrace::cli {

ConfigEnvironment config_environment(const std::string& module,
                                     const std::vector<ContextValue>& values) {
  ConfigEnvironment out;
  std::string missing;
  for (const ContextValue& value : values) {
    const std::string name = schema::config_name(module, value.name);
    if (!value.problem.empty()) {
      out.remarks.push_back("config " + name + " is not given: " + value.problem);
      continue;
    }
    if (!value.json) {
      missing += (missing.empty() ? "" : ", ") + name;
      continue;
    }
    const std::string text = schema::from_json_string(*value.json).value_or(*value.json);
    if (text.size() > config_variable_bytes_max || text.find('\0') != std::string::npos)
      out.remarks.push_back("config " + name +
                            " cannot be an environment variable (too long, or with a NUL): the "
                            "program has to read it from GetDeploymentContext");
    else
      out.variables[config_variable_prefix + value.name] = text;
  }
  if (!missing.empty())
    out.remarks.push_back("without a value: " + missing + " (`millrace config set NAME VALUE`)");
  return out;
}

}  // namespace millrace::cli
