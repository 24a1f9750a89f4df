// A file is cut into pieces, one for each setting with the comments before and behind it; the
// pieces are renamed and sorted into the tables of the newest version. What was written is then
// read again and must set the same.
#include "settings/upgrade.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include "file.hpp"
#include "toml.hpp"

namespace millrace::settings {
namespace {

using statekit::Code;
using statekit::Result;
using Lines = std::vector<std::string>;

struct Piece {
  Lines before;  // comments and empty lines
  TomlItem item;
};

struct Cut {
  Lines heading;  // comments at the top, before the first empty line
  std::vector<Piece> pieces;
  Lines tail;
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The comment behind a table's header, or behind a table in braces with nothing in it, as a line of
// its own.
void take_header(const std::string& line, Lines& pending) {
  const auto comment = line.find('#');
  if (comment != std::string::npos) pending.push_back(trimmed(line.substr(comment)));
}

void take_heading(Lines& pending, Lines& heading) {
  const auto blank = std::find_if(pending.begin(), pending.end(),
                                  [](const std::string& line) { return trimmed(line).empty(); });
  if (blank == pending.end() || blank == pending.begin()) return;
  heading.assign(pending.begin(), blank);
  pending.erase(pending.begin(), blank + 1);
}

Cut cut(const std::string& text, std::vector<TomlItem> items) {
  std::stable_sort(items.begin(), items.end(),
                   [](const TomlItem& a, const TomlItem& b) { return a.line < b.line; });
  const Lines lines = lines_of(text);
  Cut cut;
  Lines pending;
  auto item = items.begin();
  bool first = true;
  for (int number = 1; number <= static_cast<int>(lines.size()); ++number) {
    const std::string line = trimmed(lines[static_cast<std::size_t>(number - 1)]);
    const bool is_item = item != items.end() && item->line == number;
    if (first && (is_item || line.starts_with("["))) {
      take_heading(pending, cut.heading);
      first = false;
    }
    if (is_item) {
      int last = number;
      for (; item != items.end() && item->line <= last; ++item) {
        last = std::max(last, item->last_line);
        cut.pieces.push_back({std::exchange(pending, {}), *item});
      }
      number = last;
    } else if (line.empty() || line.starts_with("#")) {
      pending.push_back(line);
    } else {
      take_header(line, pending);
    }
  }
  cut.tail = std::move(pending);
  return cut;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// A value that a conversion made, as TOML of the kind.
std::string printed(const std::string& kind, const std::string& text) {
  if (kind == "integer" || kind == "boolean") return text;
  if (kind != "list") return quoted(text);
  std::string list;
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, ',');)
    list += (list.empty() ? "" : ", ") + quoted(item);
  return "[" + list + "]";
}

class Writing {
 public:
  Writing(const Versions& versions, int from) : versions_(versions), from_(from) {}

  Result<std::string> write(const Cut& cut) {
    add(top_, cut.heading);
    if (!cut.heading.empty()) top_ += "\n";
    std::string after;
    for (const Piece& piece : cut.pieces) {
      if (piece.item.name != "version") continue;
      add(top_, piece.before);
      after = comment_behind(piece.item);
    }
    top_ += "version = " + std::to_string(versions_.newest().number) + after + "\n";
    for (const Piece& piece : cut.pieces) {
      if (piece.item.name == "version") continue;
      if (const auto placed = place(piece); !placed) return fail(placed.error());
    }
    std::string text = top_;
    for (const std::string& table : order_) text += "\n[" + table + "]\n" + tables_[table];
    if (!cut.tail.empty()) text += "\n";
    add(text, cut.tail);
    return text;
  }

  std::vector<std::string> deprecated;

 private:
  static void add(std::string& text, const Lines& lines) {
    for (const std::string& line : lines) text += line + "\n";
  }

  statekit::Status place(const Piece& piece) {
    const TomlItem& item = piece.item;
    const int newest = versions_.newest().number;
    const auto converted = convert(versions_, from_, item.name, item.text, newest);
    if (!converted) return fail(converted.error());
    if (converted->field.empty()) {
      deprecated.push_back(item.name + ": " + converted->instead);
      text_of(section(item.name), piece.before) +=
          "# " + leaf(item.name) + " = " + flat(item.raw) + comment_behind(item) +
          "  # lost its meaning: " + converted->instead + "\n";
      return {};
    }
    const std::string& name = converted->field;
    const std::string value = converted->text == item.text
                                  ? item.raw
                                  : printed(versions_.newest().find(name)->kind, converted->text);
    text_of(section(name), piece.before) +=
        leaf(name) + " = " + value + comment_behind(item) + "\n";
    return {};
  }

  static std::string comment_behind(const TomlItem& item) {
    const std::string after = trimmed(item.after);
    return after.starts_with("#") ? "  " + after : "";
  }

  static std::string section(const std::string& name) {
    const auto dot = name.rfind('.');
    return dot == std::string::npos ? std::string() : name.substr(0, dot);
  }

  static std::string leaf(const std::string& name) {
    const auto dot = name.rfind('.');
    return dot == std::string::npos ? name : name.substr(dot + 1);
  }

  static std::string flat(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }

  // The text of a table, with the lines before a setting added; empty lines at its top are left
  // out.
  std::string& text_of(const std::string& table, const Lines& before) {
    std::string* text = &top_;
    if (!table.empty()) {
      if (!tables_.contains(table)) order_.push_back(table);
      text = &tables_[table];
    }
    auto line = before.begin();
    if (text->empty())
      line = std::find_if(line, before.end(), [](const std::string& l) { return !l.empty(); });
    add(*text, Lines(line, before.end()));
    return *text;
  }

  const Versions& versions_;
  int from_;
  std::string top_;
  std::vector<std::string> order_;
  std::map<std::string, std::string> tables_;
};

// What a layer sets, in the words of the newest version.
std::map<std::string, std::string> meaning(const Versions& versions, const Layer& layer) {
  std::map<std::string, std::string> set;
  for (const Assignment& assignment : layer.assignments) {
    const auto converted = convert(versions, layer.version, assignment.name, assignment.text);
    if (converted && !converted->field.empty()) set[converted->field] = converted->text;
  }
  return set;
}

// What cannot be read at all, and what no field takes.
statekit::Status check_faults(const Versions& versions, const Fields& fields, const Layer& layer) {
  Lines faults = layer.faults;
  for (const Assignment& assignment : layer.assignments) {
    const auto converted = convert(versions, layer.version, assignment.name, assignment.text);
    const Field* field = converted ? fields.find(converted->field) : nullptr;
    statekit::Status taken;
    if (!converted) taken = fail(converted.error());
    if (field != nullptr) taken = field->set(converted->text);
    if (!taken)
      faults.push_back(assignment.where + ": " + assignment.name + ": " + taken.error().message);
  }
  if (faults.empty()) return {};
  return statekit::fail(Code::invalid_argument, layer.name + " cannot be upgraded as it is",
                        std::move(faults));
}

// An editor's mark at the beginning of a text, which says nothing.
std::string without_mark(const std::string& text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool found = text.substr(at).starts_with(from);
    out += found ? to : text.substr(at, 1);
    at += found ? from.size() : 1;
  }
  return out;
}

// As on Windows: where every line does, every line of what is written does.
bool ends_lines_with_returns(const std::string& text) {
  const auto lines = std::count(text.begin(), text.end(), '\n');
  return lines > 0 && std::count(text.begin(), text.end(), '\r') == lines &&
         replaced(text, "\r\n", "").find('\r') == std::string::npos;
}

}  // namespace

Result<Upgraded> upgrade(const Versions& versions, const Fields& fields, const std::string& name,
                         const std::string& whole) {
  const bool returns = ends_lines_with_returns(whole);
  const std::string text = without_mark(returns ? replaced(whole, "\r\n", "\n") : whole);
  const Fields none;
  const Reading reading{versions, none};
  const Layer before = read_text(reading, name, text);
  if (auto checked = check_faults(versions, fields, before); !checked) return fail(checked.error());
  auto items = toml_items(text, [&](const std::string& t) { return is_section(versions, t); });
  if (!items) return fail(items.error());
  Writing writing(versions, before.version);
  auto written = writing.write(cut(text, std::move(*items)));
  if (!written) return fail(written.error());
  const Layer after = read_text(reading, name, *written);
  if (!after.faults.empty() || meaning(versions, after) != meaning(versions, before))
    return statekit::fail(Code::internal, name +
                                              " would mean something else when upgraded; "
                                              "nothing was written: please report this file");
  if (returns) *written = replaced(*written, "\n", "\r\n");
  return Upgraded{std::move(*written), before.version, std::move(writing.deprecated)};
}

Result<std::string> read_settings_file(const std::string& path) { return read_whole(path); }

}  // namespace millrace::settings
