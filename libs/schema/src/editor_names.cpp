// Where names stand, and what they declare.
#include <algorithm>
#include <tuple>

#include "schema/editor.hpp"
#include "schema/text.hpp"
#include "walk.hpp"

namespace millrace::schema {

namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class Lines {
 public:
  explicit Lines(std::string_view text) {
    while (true) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      lines_.push_back(text.substr(0, end));
      if (end == text.size()) return;
      text.remove_prefix(end + 1);
    }
  }

  // From that place to the end of its line; columns count characters.
  std::string_view rest(const Spot& spot) const {
    if (spot.line == 0 || spot.line > lines_.size()) return {};
    std::string_view line = lines_[spot.line - 1];
    for (std::uint32_t column = 1; column < spot.column && !line.empty(); ++column) {
      std::size_t bytes = 1;
      while (bytes < line.size() && (static_cast<unsigned char>(line[bytes]) & 0xc0) == 0x80) {
        ++bytes;
      }
      line.remove_prefix(bytes);
    }
    return line;
  }

 private:
  std::vector<std::string_view> lines_;
};

std::size_t word_length(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_word) -
                                  text.begin());
}

class Names {
 public:
  Names(const Module& module, std::string_view text) : module_(module), lines_(text) {}

  std::vector<Occurrence> run() {
    add(module_.spot, {module_.name, {}, {}}, true);
    for_each_decl(module_, [this](const auto& decl) {
      add(decl.spot, {module_.name, decl.name, {}}, true);
      walk_types(decl, [this](const Type& type) {
        walk_type_refs(type, [this](const Type& inner) { reference(inner.ref); });
      });
      walk_metadata(decl, [this](const Metadata& entry) {
        walk_metadata_refs(entry.value, [this](const Ref& ref, Wanted) { reference(ref); });
      });
    });
    std::sort(found_.begin(), found_.end(), [](const Occurrence& a, const Occurrence& b) {
      return std::tie(a.spot.line, a.spot.column) < std::tie(b.spot.line, b.spot.column);
    });
    return std::move(found_);
  }

 private:
  void add(const Spot& spot, Ref target, bool declaration) {
    const std::size_t length = word_length(lines_.rest(spot));
    if (length == 0) return;
    found_.push_back({spot, static_cast<std::uint32_t>(length), std::move(target), declaration});
  }

  // `name` or `module.name`, blanks around the dot allowed.
  void reference(const Ref& ref) {
    if (ref.module.empty()) return;  // a type parameter, or a name that leads nowhere
    const std::string_view rest = lines_.rest(ref.spot);
    std::size_t at = word_length(rest);
    const std::size_t dot = rest.find_first_not_of(" \t", at);
    if (dot == std::string_view::npos || rest[dot] != '.') return add(ref.spot, ref, false);
    add(ref.spot, {ref.module, {}, {}}, false);
    at = std::min(rest.find_first_not_of(" \t", dot + 1), rest.size());
    add({ref.spot.line, ref.spot.column + static_cast<std::uint32_t>(at)}, ref, false);
  }

  const Module& module_;
  const Lines lines_;
  std::vector<Occurrence> found_;
};

void put(Module& module, Config decl) { module.configs.push_back(std::move(decl)); }
void put(Module& module, Secret decl) { module.secrets.push_back(std::move(decl)); }
void put(Module& module, Database decl) { module.databases.push_back(std::move(decl)); }
void put(Module& module, Topic decl) { module.topics.push_back(std::move(decl)); }
void put(Module& module, TypeAlias decl) { module.type_aliases.push_back(std::move(decl)); }
void put(Module& module, Enum decl) { module.enums.push_back(std::move(decl)); }
void put(Module& module, Data decl) { module.datas.push_back(std::move(decl)); }
void put(Module& module, Verb decl) { module.verbs.push_back(std::move(decl)); }

// The lines between the first and the last, two columns to the left.
std::string inside(const std::string& printed) {
  std::string out;
  std::size_t at = printed.find('\n') + 1;
  while (at < printed.size()) {
    const std::size_t end = std::min(printed.find('\n', at), printed.size());
    const std::string_view line = std::string_view(printed).substr(at, end - at);
    if (line == "}") break;
    out += std::string(line.substr(std::min<std::size_t>(2, line.size()))) + "\n";
    at = end + 1;
  }
  while (!out.empty() && out.front() == '\n') out.erase(0, 1);
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

}  // namespace

std::vector<Occurrence> occurrences(const Module& module, std::string_view text) {
  return Names(module, text).run();
}

std::string declaration_text(const Index& index, const Ref& ref) {
  if (ref.name.empty()) {
    return index.module(ref.module) == nullptr ? std::string() : "module " + ref.module;
  }
  return std::visit(
      [](const auto& decl) -> std::string {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(decl)>, std::monostate>) {
          return {};
        } else {
          auto copy = *decl;
          copy.comments.before.clear();
          Module module;  // of that one declaration, to be printed
          module.name = "m";
          put(module, std::move(copy));
          return inside(print(module));
        }
      },
      index.find(ref));
}

std::string declaration_comments(const Index& index, const Ref& ref) {
  const auto joined = [](const Comments& comments) {
    std::string out;
    for (const std::string& line : comments.before) out += (out.empty() ? "" : "\n") + line;
    return out;
  };
  if (ref.name.empty()) {
    const Module* module = index.module(ref.module);
    return module == nullptr ? std::string() : joined(module->comments);
  }
  return std::visit(
      [&](const auto& decl) -> std::string {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(decl)>, std::monostate>) {
          return {};
        } else {
          return joined(decl->comments);
        }
      },
      index.find(ref));
}

}  // namespace millrace::schema
