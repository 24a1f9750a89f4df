#include "settings/versions.hpp"

#include <algorithm>

#include "versions/tables.hpp"

namespace millrace::settings {

using statekit::Result;

const OuterField* Version::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const OuterField& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

std::vector<std::string> Version::names() const {
  std::vector<std::string> all;
  for (const OuterField& field : fields) all.push_back(field.name);
  return all;
}

const Version* Versions::find(int number) const {
  for (const Version& version : all) {
    if (version.number == number) return &version;
  }
  return nullptr;
}

Versions Versions::plain(const Fields& fields) {
  Version version;
  for (const Field& field : fields.all())
    version.fields.push_back({field.name, field.kind, field.name, {}, {}});
  return {{std::move(version)}};
}

const Versions& released() {
  static const Versions versions{{version_1(), version_2()}};
  return versions;
}

std::string newest_name(const Versions& versions, std::string_view field) {
  for (const OuterField& outer : versions.newest().fields) {
    if (outer.to == field) return outer.name;
  }
  return std::string(field);
}

Result<Converted> convert(const Versions& versions, int number, const std::string& name,
                          const std::string& text, int up_to) {
  Converted converted{name, text, {}};
  for (const Version& version : versions.all) {
    if (version.number < number || version.number == up_to) continue;
    if (up_to != 0 && version.number > up_to) break;
    const OuterField* field = version.find(converted.field);
    statekit::check(field != nullptr, "a conversion leads to a name of the next version");
    if (field->to.empty()) return Converted{{}, {}, field->instead};
    if (field->convert) {
      Result<std::string> next = field->convert(converted.text);
      if (!next) return fail(next.error());
      converted.text = std::move(*next);
    }
    converted.field = field->to;
  }
  return converted;
}

}  // namespace millrace::settings
