#include "toml.hpp"

#include <algorithm>
#include <sstream>

#include <toml++/toml.h>

namespace millrace::settings {
namespace {

using Items = std::vector<TomlItem>;

// A list of strings without commas, as text with commas between; else not a list that we know.
bool read_list(const toml::array& array, std::string& text) {
  for (const auto& item : array) {
    const auto* string = item.as_string();
    if (!string || string->get().find(',') != std::string::npos) return false;
    text += (text.empty() ? "" : ",") + string->get();
  }
  return true;
}

void read_value(const toml::node& node, TomlItem& item) {
  using Type = TomlItem::Type;
  if (const auto* number = node.as_integer()) {
    item.type = Type::integer;
    item.text = std::to_string(number->get());
  } else if (const auto* truth = node.as_boolean()) {
    item.type = Type::boolean;
    item.text = truth->get() ? "true" : "false";
  } else if (const auto* string = node.as_string()) {
    item.type = Type::string;
    item.text = string->get();
  } else if (const auto* array = node.as_array(); array && read_list(*array, item.text)) {
    item.type = Type::list;
  } else if (node.is_table()) {
    item.type = Type::table;
  }
}

class Flattening {
 public:
  Flattening(const std::string& text, const std::function<bool(const std::string&)>& is_section)
      : is_section_(is_section) {
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines_.push_back(line);
  }

  void table(const toml::table& table, const std::string& section) {
    for (const auto& [key, node] : table) {
      const std::string name = section + std::string(key.str());
      if (const auto* inner = node.as_table(); inner != nullptr && is_section_(name)) {
        descend(*inner, name + ".");
      } else {
        add(key, node, name);
      }
    }
  }

  Items items;

 private:
  // What follows an inline table on its line follows the last value in it.
  void descend(const toml::table& table, const std::string& section) {
    const bool outermost = table.is_inline() && !inside_inline_;
    const std::size_t before = items.size();
    inside_inline_ = inside_inline_ || outermost;
    this->table(table, section);
    if (!outermost) return;
    inside_inline_ = false;
    if (items.size() > before) items.back().after = rest(table.source().end);
  }

  void add(const toml::key& key, const toml::node& node, const std::string& name) {
    TomlItem item;
    item.name = name;
    item.line = static_cast<int>(key.source().begin.line);
    item.last_line = std::max(item.line, static_cast<int>(node.source().end.line));
    read_value(node, item);
    item.raw = raw(node.source());
    if (!inside_inline_) item.after = rest(node.source().end);
    items.push_back(std::move(item));
  }

  std::string rest(const toml::source_position& end) const {
    if (end.line == 0 || end.line > lines_.size()) return {};
    const std::string& line = lines_[end.line - 1];
    return line.substr(octet(line, end.column));
  }

  // Columns count code points; a value that begins after others on its line is found all the same.
  std::string raw(const toml::source_region& at) const {
    std::string text;
    for (auto line = at.begin.line; line <= at.end.line && line <= lines_.size(); ++line) {
      const std::string& whole = lines_[line - 1];
      const std::size_t from = line == at.begin.line ? octet(whole, at.begin.column) : 0;
      const std::size_t to = line == at.end.line ? octet(whole, at.end.column) : whole.size();
      text += (line == at.begin.line ? "" : "\n") + whole.substr(from, to - from);
    }
    return text;
  }

  static std::size_t octet(const std::string& line, std::size_t column) {
    std::size_t at = 0;
    for (std::size_t seen = 1; at < line.size() && seen < column; ++seen) {
      ++at;
      while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U) ++at;
    }
    return at;
  }

  const std::function<bool(const std::string&)>& is_section_;
  std::vector<std::string> lines_;
  bool inside_inline_ = false;
};

}  // namespace

statekit::Result<Items> toml_items(const std::string& text,
                                   const std::function<bool(const std::string&)>& is_section) {
  try {
    const toml::table table = toml::parse(text);
    Flattening flattening(text, is_section);
    flattening.table(table, "");
    return std::move(flattening.items);
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    return statekit::fail(statekit::Code::invalid_argument, std::to_string(at.line) + ":" +
                                                                std::to_string(at.column) + ": " +
                                                                std::string(error.description()));
  }
}

}  // namespace millrace::settings
