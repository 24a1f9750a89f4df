// Reads each source into a layer, converts it by its own version, lays later ones over earlier
// ones, and sets the fields that remain. A value that is covered by a later source must still be
// one that can be read: a fault that only shows when a flag is dropped would be a trap. What more
// is said of values (Fields::judge) was not always said, so it is said of those in force alone.
#include "layer.hpp"

namespace millrace::settings {
namespace {

class Loading {
 public:
  Loading(const Fields& fields, const Versions& versions) : fields_(fields), versions_(versions) {
    for (const Field& field : fields.all()) loaded_.source_of[field.name] = Source::defaults;
  }

  void lay_over(const Layer& layer) {
    faults_.insert(faults_.end(), layer.faults.begin(), layer.faults.end());
    loaded_.hints.insert(loaded_.hints.end(), layer.hints.begin(), layer.hints.end());
    for (const Assignment& assignment : layer.assignments) assign(layer, assignment);
    if (!layer.version_named && speaks_old(layer)) loaded_.hints.push_back(hint(layer));
  }

  statekit::Result<Loaded> result() && {
    for (const Field& field : fields_.all()) judge(field);
    if (faults_.empty()) return std::move(loaded_);
    const std::string count =
        faults_.size() == 1 ? "1 setting is" : std::to_string(faults_.size()) + " settings are";
    return statekit::fail(statekit::Code::invalid_argument, count + " wrong", std::move(faults_));
  }

 private:
  void fault(const Assignment& assignment, const std::string& what) {
    const bool named = assignment.where.find(':') != std::string::npos;  // a line of a file
    faults_.push_back(assignment.where + ": " + (named ? assignment.name + ": " : "") + what);
  }

  void assign(const Layer& layer, const Assignment& assignment) {
    const auto converted = convert(versions_, layer.version, assignment.name, assignment.text);
    if (!converted) return fault(assignment, converted.error().message);
    if (converted->field.empty()) {
      loaded_.deprecated.push_back(assignment.where + ": " + assignment.name +
                                   " has lost its meaning: " + converted->instead);
      return;
    }
    const Field* field = fields_.find(converted->field);
    if (field == nullptr) return;  // of another binary
    if (auto status = field->set(converted->text); !status)
      return fault(assignment, status.error().message);
    loaded_.source_of[field->name] = layer.source;
    loaded_.where_of[field->name] = assignment.where;
    name_of_[field->name] = assignment.name;
  }

  void judge(const Field& field) {
    const auto where = loaded_.where_of.find(field.name);
    if (where == loaded_.where_of.end() || !field.judge) return;
    const auto objection = field.judge();
    if (!objection) return;
    const bool in_file = loaded_.source_of[field.name] == Source::file;
    std::string line = where->second + ": ";
    if (in_file) line += name_of_.at(field.name) + ": ";
    line += objection->what;
    lines_for(objection->weight).push_back(std::move(line));
  }

  std::vector<std::string>& lines_for(Weight weight) {
    switch (weight) {
      case Weight::odd: return loaded_.hints;
      case Weight::useless: return loaded_.useless;
      default: return faults_;
    }
  }

  // Where a source that names no version uses a name that the newest version spells otherwise.
  bool speaks_old(const Layer& layer) const {
    const Version& newest = versions_.newest();
    if (layer.version == newest.number) return false;
    for (const Assignment& assignment : layer.assignments) {
      if (newest.find(assignment.name) == nullptr) return true;
    }
    return false;
  }

  std::string hint(const Layer& layer) const {
    const std::string number = std::to_string(layer.version);
    const std::string newest = std::to_string(versions_.newest().number);
    switch (layer.source) {
      case Source::file:
        return layer.name + " names no version and is read as version " + number +
               "; `millrace settings upgrade " + layer.name + "` rewrites it in version " + newest;
      case Source::environment:
        return "the environment names no version and is read as version " + number +
               "; with MILLRACE_SETTINGS_VERSION=" + newest + " it is read as the newest";
      default:
        return "the flags name no version and are read as version " + number +
               "; with --settings-version " + newest + " they are read as the newest";
    }
  }

  const Fields& fields_;
  const Versions& versions_;
  Loaded loaded_;
  std::vector<std::string> faults_;
  std::map<std::string, std::string> name_of_;  // by field: as its source spells it
};

}  // namespace

statekit::Result<Loaded> load(const Fields& fields, const Sources& sources,
                              const Versions& versions) {
  Loading loading(fields, versions);
  const Reading reading{versions, fields};
  loading.lay_over(read_file(reading, sources.file, sources.file_required));
  loading.lay_over(read_environment(reading, sources.environment));
  loading.lay_over(read_arguments(reading, sources.arguments));
  return std::move(loading).result();
}

statekit::Result<Loaded> load(const Fields& fields, const Sources& sources) {
  return load(fields, sources, Versions::plain(fields));
}

}  // namespace millrace::settings
