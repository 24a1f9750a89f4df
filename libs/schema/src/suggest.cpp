#include "schema/suggest.hpp"

#include <algorithm>
#include <cstddef>

namespace millrace::schema {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Insertions, deletions, changes and swaps of neighbours, each counting one.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

struct Words {
  std::string_view here;
  std::vector<std::string_view> elsewhere;  // in small letters
};

std::string called_here(std::string_view word, const std::vector<Words>& table) {
  std::string small(word);
  std::transform(small.begin(), small.end(), small.begin(), lower);
  for (const Words& words : table) {
    if (std::find(words.elsewhere.begin(), words.elsewhere.end(), small) != words.elsewhere.end())
      return "; here it is `" + std::string(words.here) + "`";
  }
  return {};
}

}  // namespace

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
  static constexpr std::size_t length_max = 64;
  if (name.size() > length_max) return {};
  std::size_t best = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > length_max || candidate.empty() || candidate == name) continue;
    const std::size_t apart = distance(name, candidate);
    if (apart < best && apart < std::max(name.size(), candidate.size())) {
      best = apart;
      found = candidate;
    }
  }
  return found.empty() ? std::string() : "; did you mean `" + std::string(found) + "`?";
}

std::string type_called_here(std::string_view word) {
  static const std::vector<Words> table = {
      {"Int", {"integer", "int32", "int64", "uint32", "uint64", "long", "short", "bigint"}},
      {"Float", {"double", "float32", "float64", "number", "decimal", "real"}},
      {"String", {"str", "text", "char", "uuid"}},
      {"Bytes", {"byte", "blob", "binary", "bytea"}},
      {"Bool", {"boolean"}},
      {"Time", {"date", "datetime", "timestamp", "instant"}},
      {"Any", {"object", "json", "unknown", "dynamic"}},
      {"Unit", {"void", "none", "null", "nil", "nothing"}},
      {"[T]", {"list", "array", "vector", "set", "repeated", "slice"}},
      {"{K: V}", {"map", "dict", "dictionary", "record", "hash"}},
      {"T?", {"optional", "option", "maybe", "nullable"}}};
  return called_here(word, table);
}

std::string declaration_called_here(std::string_view word) {
  static const std::vector<Words> table = {
      {"data", {"struct", "class", "message", "interface", "record", "object", "model", "table"}},
      {"verb", {"func", "function", "fn", "fun", "def", "rpc", "method", "service", "endpoint"}},
      {"typealias", {"type", "alias", "typedef"}},
      {"enum", {"union", "oneof", "variant"}},
      {"config", {"const", "let", "var", "val", "setting", "env"}},
      {"topic", {"event", "queue", "stream", "channel"}},
      {"module.Name", {"import", "use", "using", "include", "require"}},
      {"export", {"public", "pub"}}};
  return called_here(word, table);
}

}  // namespace millrace::schema
