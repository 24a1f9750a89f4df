// Reads each source into a layer, lays later ones over earlier ones, and sets the fields that
// remain. A value that is covered by a later source is still checked: a fault that only shows when
// a flag is dropped would be a trap.
#include "layer.hpp"

namespace millrace::settings {
namespace {

std::string section_and_value(const Assignment& assignment, const std::string& fault) {
  const bool named = assignment.where.find(':') != std::string::npos;  // a line of a file
  return assignment.where + ": " + (named ? assignment.name + ": " : "") + fault;
}

void lay_over(const Fields& fields, const Layer& layer, Loaded& loaded,
              std::vector<std::string>& faults) {
  faults.insert(faults.end(), layer.faults.begin(), layer.faults.end());
  for (const Assignment& assignment : layer.assignments) {
    if (auto status = fields.find(assignment.name)->set(assignment.text); !status) {
      faults.push_back(section_and_value(assignment, status.error().message));
    } else {
      loaded.source_of[assignment.name] = layer.source;
    }
  }
}

}  // namespace

statekit::Result<Loaded> load(const Fields& fields, const Sources& sources) {
  Loaded loaded;
  std::vector<std::string> faults;
  for (const Field& field : fields.all()) loaded.source_of[field.name] = Source::defaults;
  lay_over(fields, read_file(fields, sources.file, sources.file_required), loaded, faults);
  lay_over(fields, read_environment(fields, sources.environment), loaded, faults);
  lay_over(fields, read_arguments(fields, sources.arguments), loaded, faults);
  if (faults.empty()) return loaded;
  const std::string count =
      faults.size() == 1 ? "1 setting is" : std::to_string(faults.size()) + " settings are";
  return statekit::fail(statekit::Code::invalid_argument, count + " wrong", std::move(faults));
}

}  // namespace millrace::settings
