#include "json_document.hpp"

#include <algorithm>

#include "json_scalar.hpp"
#include "json_text.hpp"

namespace millrace::schema {

Json Json::object() {
  Json out;
  out.kind_ = Kind::object;
  return out;
}

Json Json::array() {
  Json out;
  out.kind_ = Kind::array;
  return out;
}

Json Json::text(std::string_view value) {
  Json out;
  append_quoted(out.scalar_, value);
  return out;
}

Json Json::texts(const std::vector<std::string>& values) {
  Json out = array();
  for (const std::string& value : values) out.add(text(value));
  return out;
}

Json Json::number(std::int64_t value) {
  Json out;
  out.scalar_ = std::to_string(value);
  return out;
}

Json Json::number(double value) {
  Json out;
  out.scalar_ = floating_text(value);
  return out;
}

Json Json::boolean(bool value) {
  Json out;
  out.scalar_ = value ? "true" : "false";
  return out;
}

Json& Json::set(std::string_view key, Json value) {
  members_.emplace_back(std::string(key), std::move(value));
  return *this;
}

Json& Json::set_first(std::string_view key, Json value) {
  members_.emplace(members_.begin(), std::string(key), std::move(value));
  return *this;
}

Json& Json::add(Json value) {
  members_.emplace_back(std::string(), std::move(value));
  return *this;
}

Json* Json::find(std::string_view key) {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const auto& member) { return member.first == key; });
  return found == members_.end() ? nullptr : &found->second;
}

bool Json::has(std::string_view key) const {
  return std::any_of(members_.begin(), members_.end(),
                     [&](const auto& member) { return member.first == key; });
}

std::string Json::print() const {
  std::string out;
  print(out, 0);
  return out + "\n";
}

void Json::print(std::string& out, std::size_t indent) const {
  if (kind_ == Kind::scalar) {
    out += scalar_;
    return;
  }
  const bool is_object = kind_ == Kind::object;
  out += is_object ? '{' : '[';
  for (std::size_t i = 0; i < members_.size(); ++i) {
    out += i == 0 ? "\n" : ",\n";
    out.append(indent + 2, ' ');
    if (is_object) {
      append_quoted(out, members_[i].first);
      out += ": ";
    }
    members_[i].second.print(out, indent + 2);
  }
  if (!members_.empty()) {
    out += '\n';
    out.append(indent, ' ');
  }
  out += is_object ? '}' : ']';
}

}  // namespace millrace::schema
