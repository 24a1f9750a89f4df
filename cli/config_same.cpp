#include "cli/config_same.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

namespace millrace::cli {

namespace {

bool begins_number(char letter) { return letter == '-' || (letter >= '0' && letter <= '9'); }

// A number with a point or an exponent as what it means; an integer as it stands, since a double
// does not hold each of them.
std::string number_text(const std::string& literal) {
  if (literal.find_first_of(".eE") == std::string::npos) return literal;
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", std::strtod(literal.c_str(), nullptr));
  return std::string(text) + "f";
}

// The same JSON with each number as a text that begins with n, and each text with s before it: so
// that a parser, which would make doubles of large numbers, loses nothing.
class Marked {
 public:
  explicit Marked(const std::string& json) : json_(json) {}

  std::string text() && {
    while (at_ < json_.size()) {
      if (json_[at_] == '"')
        take_text();
      else if (begins_number(json_[at_]))
        take_number();
      else
        out_ += json_[at_++];
    }
    return std::move(out_);
  }

 private:
  void take_text() {
    out_ += "\"s";
    for (++at_; at_ < json_.size() && json_[at_] != '"'; ++at_) {
      if (json_[at_] == '\\') out_ += json_[at_++];
      if (at_ < json_.size()) out_ += json_[at_];
    }
    out_ += '"';
    ++at_;
  }
  void take_number() {
    const auto end = std::min(json_.find_first_not_of("+-.0123456789eE", at_), json_.size());
    out_ += "\"n" + number_text(json_.substr(at_, end - at_)) + "\"";
    at_ = end;
  }

  const std::string& json_;
  std::string out_;
  std::size_t at_ = 0;
};

}  // namespace

bool same_json(const std::string& one, const std::string& other) {
  if (one == other) return true;
  const auto a = nlohmann::json::parse(Marked(one).text(), nullptr, false);
  const auto b = nlohmann::json::parse(Marked(other).text(), nullptr, false);
  return !a.is_discarded() && a == b;
}

std::vector<ConfigChange> without_same(std::vector<ConfigChange> changes,
                                       const std::map<ConfigKey, std::string>& now) {
  std::erase_if(changes, [&](const ConfigChange& change) {
    const auto found = now.find({change.module, change.name});
    if (found == now.end()) return !change.json;
    return change.json && same_json(*change.json, found->second);
  });
  return changes;
}

void unset_others(const std::map<ConfigKey, std::string>& now, std::vector<ConfigChange>& changes) {
  std::set<ConfigKey> kept;
  for (const ConfigChange& each : changes) kept.insert({each.module, each.name});
  for (const auto& [key, json] : now)
    if (!kept.contains(key)) changes.push_back({key.first, key.second, {}});
}

}  // namespace millrace::cli
