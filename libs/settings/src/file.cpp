// A settings file as a layer. A value of the wrong TOML type is a fault here, where the line is
// known; what it means is the field's affair.
#include <algorithm>

#include "file.hpp"
#include "layer.hpp"
#include "settings/nearest.hpp"
#include "toml.hpp"

namespace millrace::settings {
namespace {

constexpr std::string_view version_key = "version";

using Type = TomlItem::Type;

std::string wanted(const std::string& kind) {
  if (kind == "integer") return "wanted an integer, without quotes";
  if (kind == "boolean") return "wanted true or false, without quotes";
  if (kind == "duration") return "wanted a duration in quotes, such as \"10s\"";
  if (kind == "list")
    return "wanted a list of strings without commas in them, such as [\"a\", \"b\"]";
  if (kind == "address") return "wanted host:port in quotes, such as \"127.0.0.1:8080\"";
  return "wanted a string in quotes";
}

bool fits(const std::string& kind, Type type) {
  if (kind == "integer") return type == Type::integer;
  if (kind == "boolean") return type == Type::boolean;
  if (kind == "list") return type == Type::list || type == Type::string;
  return type == Type::string;
}

class Reader {
 public:
  Reader(const Reading& reading, Layer& layer) : reading_(reading), layer_(layer) {}

  void read(const std::vector<TomlItem>& items) {
    for (const TomlItem& item : items) {
      if (item.name == version_key) read_version(item);
    }
    version_ = reading_.versions.find(layer_.version);
    for (const TomlItem& item : items) {
      if (item.name != version_key) read_item(item);
    }
  }

 private:
  std::string place(const TomlItem& item) const {
    return layer_.name + ":" + std::to_string(item.line);
  }

  void fault(const TomlItem& item, const std::string& what) {
    layer_.faults.push_back(place(item) + ": " + item.name + ": " + what);
  }

  void read_version(const TomlItem& item) {
    const std::string newest = std::to_string(reading_.versions.newest().number);
    if (item.type == Type::integer) {
      reading_.version(item.text, place(item), layer_);
    } else {
      fault(item, "wanted a number without quotes, such as " + newest);
    }
  }

  void read_item(const TomlItem& item) {
    if (const OuterField* field = version_->find(item.name)) {
      if (!fits(field->kind, item.type)) return fault(item, wanted(field->kind));
      layer_.assignments.push_back({item.name, item.text, place(item)});
    } else if (is_section(*version_, item.name)) {
      fault(item, how_to_write_section(item.name));
    } else if (!reading_.fields.is_foreign(item.name)) {
      fault(item, "no such setting" + suggestion(item));
    }
  }

  // Of one that was written as something else, such as [[schema]] or schema = "x".
  std::string how_to_write_section(const std::string& name) const {
    const auto within = std::find_if(
        version_->fields.begin(), version_->fields.end(), [&](const OuterField& field) {
          return field.name.starts_with(name + ".") &&
                 field.name.find('.', name.size() + 1) == std::string::npos;
        });
    const std::string like =
        within == version_->fields.end()
            ? "its settings"
            : "lines such as " + within->name.substr(name.size() + 1) + " = ...";
    return "is a section, not a setting: write [" + name + "], and below it " + like;
  }

  std::string suggestion(const TomlItem& item) const {
    if (item.type != Type::table) return reading_.suggestion(*version_, item.name, "version = ");
    std::vector<std::string> sections;
    for (const std::string& name : version_->names()) {
      if (const auto dot = name.rfind('.'); dot != std::string::npos)
        sections.push_back(name.substr(0, dot));
    }
    return did_you_mean(item.name, sections);
  }

  const Reading& reading_;
  Layer& layer_;
  const Version* version_ = nullptr;
};

}  // namespace

bool is_section(const Version& version, const std::string& table) {
  return std::any_of(version.fields.begin(), version.fields.end(),
                     [&](const OuterField& field) { return field.name.starts_with(table + "."); });
}

bool is_section(const Versions& versions, const std::string& table) {
  return std::any_of(versions.all.begin(), versions.all.end(),
                     [&](const Version& version) { return is_section(version, table); });
}

Layer read_text(const Reading& reading, const std::string& name, const std::string& text) {
  Layer layer;
  layer.source = Source::file;
  layer.name = name;
  const auto items = toml_items(
      text, [&](const std::string& table) { return is_section(reading.versions, table); });
  if (items) {
    Reader(reading, layer).read(*items);
  } else {
    layer.faults.push_back(name + ":" + items.error().message);
  }
  return layer;
}

Layer read_file(const Reading& reading, const std::string& path, bool required) {
  Layer layer;
  layer.source = Source::file;
  layer.name = path;
  if (path.empty()) return layer;
  const auto text = read_whole(path);
  if (text) return read_text(reading, path, *text);
  if (required || text.error().code != statekit::Code::not_found)
    layer.faults.push_back(text.error().message);
  return layer;
}

}  // namespace millrace::settings
