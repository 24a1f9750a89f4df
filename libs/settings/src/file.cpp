// The one file that knows TOML. A table's keys become section.field; each value becomes the text
// that its field reads, and a value of the wrong TOML type is a fault here, where the line is
// known.
#include <fstream>
#include <sstream>

#include <toml++/toml.h>

#include "layer.hpp"
#include "settings/nearest.hpp"

namespace millrace::settings {
namespace {

constexpr std::size_t file_bytes_max = 1 << 20;

class Reader {
 public:
  Reader(const Fields& fields, std::string path, Layer& layer)
      : fields_(fields), path_(std::move(path)), layer_(layer) {}

  void table(const toml::table& table, const std::string& section) {
    for (const auto& [key, node] : table) {
      const std::string name = section + std::string(key.str());
      const Field* field = fields_.find(name);
      if (field != nullptr) {
        value(*field, node);
      } else if (fields_.is_foreign(name)) {
        continue;
      } else if (const auto* inner = node.as_table(); inner != nullptr && !is_unknown(name)) {
        this->table(*inner, name + ".");
      } else {
        fault(key.source(), name, "no such setting" + suggestion(name, node.is_table()));
      }
    }
  }

 private:
  std::string place(const toml::source_region& at) const {
    return path_ + ":" + std::to_string(at.begin.line);
  }

  void fault(const toml::source_region& at, const std::string& name, const std::string& what) {
    layer_.faults.push_back(place(at) + ": " + name + ": " + what);
  }

  bool is_unknown(const std::string& section) const {
    for (const Field& field : fields_.all()) {
      if (field.name.starts_with(section + ".")) return false;
    }
    return true;
  }

  std::string suggestion(const std::string& name, bool is_section) const {
    if (!is_section) return did_you_mean(name, names(fields_));
    std::vector<std::string> sections;
    for (const Field& field : fields_.all()) {
      if (const auto dot = field.name.find('.'); dot != std::string::npos) {
        sections.push_back(field.name.substr(0, dot));
      }
    }
    return did_you_mean(name, sections);
  }

  void value(const Field& field, const toml::node& node) {
    if (const auto text = as_text(field, node)) {
      layer_.assignments.push_back({field.name, *text, place(node.source())});
    } else {
      fault(node.source(), field.name, wanted(field));
    }
  }

  static std::string wanted(const Field& field) {
    if (field.kind == "integer") return "wanted an integer, without quotes";
    if (field.kind == "boolean") return "wanted true or false, without quotes";
    if (field.kind == "duration") return "wanted a duration in quotes, such as \"10s\"";
    if (field.kind == "list") return "wanted a list of strings, such as [\"a\", \"b\"]";
    if (field.kind == "address") return "wanted host:port in quotes, such as \"127.0.0.1:8080\"";
    return "wanted a string in quotes";
  }

  static std::optional<std::string> as_text(const Field& field, const toml::node& node) {
    if (field.kind == "integer") {
      const auto* number = node.as_integer();
      return number ? std::optional(std::to_string(number->get())) : std::nullopt;
    }
    if (field.kind == "boolean") {
      const auto* truth = node.as_boolean();
      return truth ? std::optional<std::string>(truth->get() ? "true" : "false") : std::nullopt;
    }
    if (const auto* array = node.as_array(); array && field.kind == "list") return joined(*array);
    const auto* text = node.as_string();
    return text ? std::optional(text->get()) : std::nullopt;
  }

  static std::optional<std::string> joined(const toml::array& array) {
    std::string text;
    for (const auto& item : array) {
      const auto* string = item.as_string();
      if (!string || string->get().find(',') != std::string::npos) return std::nullopt;
      text += (text.empty() ? "" : ",") + string->get();
    }
    return text;
  }

  const Fields& fields_;
  std::string path_;
  Layer& layer_;
};

void parse(const Fields& fields, const std::string& path, const std::string& text, Layer& layer) {
  try {
    const toml::table table = toml::parse(text, path);
    Reader(fields, path, layer).table(table, "");
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    layer.faults.push_back(path + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) +
                           ": " + std::string(error.description()));
  }
}

}  // namespace

Layer read_file(const Fields& fields, const std::string& path, bool required) {
  Layer layer{Source::file, {}, {}};
  if (path.empty()) return layer;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (required) layer.faults.push_back(path + ": cannot be opened; is it there and readable?");
    return layer;
  }
  std::string text(file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.gcount() == 0 && !file.eof())) {
    layer.faults.push_back(path + ": cannot be read; is it a file?");
    return layer;
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > file_bytes_max) {
    layer.faults.push_back(path + ": larger than 1 MiB, which no settings file should be");
    return layer;
  }
  parse(fields, path, text, layer);
  return layer;
}

}  // namespace millrace::settings
