#include "cli/config_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include <toml++/toml.h>

#include "schema/json.hpp"
#include "schema/suggest.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::Error;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

using Json = nlohmann::ordered_json;

Error wrong(const std::string& file, const std::string& what) {
  return {Code::invalid_argument, file + ": " + what, {}};
}

Error wrong_table(const std::string& file, const std::string& name) {
  return wrong(file, "`" + name + "` is not known here" +
                         schema::did_you_mean(name, {"global", "modules"}) +
                         "; values stand in `global` and in `modules`, under their module");
}

// The members of a JSON object, or what is wrong with it.
Result<std::vector<schema::JsonMember>> members(std::string_view json, const std::string& file,
                                                const std::string& at, bool hide) {
  auto found = schema::json_members(json);
  if (found) return *std::move(found);
  const schema::JsonFault& fault = found.error().front();
  return fail(wrong(file, (at.empty() ? "" : at + ": ") +
                              (hide ? "is no JSON object, or one that is cut or repeats a name"
                                    : to_string(fault))));
}

Result<std::vector<ConfigChange>> parse_json(const std::string& text, const std::string& file,
                                             bool hide) {
  std::vector<ConfigChange> values;
  const auto add_all = [&](std::string_view json, const std::string& module) -> Status {
    const auto found = members(json, file, module.empty() ? "global" : "modules." + module, hide);
    if (!found) return fail(found.error());
    for (const schema::JsonMember& each : *found)
      values.push_back({module, each.key, std::string(each.value)});
    return {};
  };
  const auto top = members(text, file, "", hide);
  if (!top) return fail(top.error());
  for (const schema::JsonMember& table : *top) {
    if (table.key == "global") {
      if (Status added = add_all(table.value, ""); !added) return fail(added.error());
      continue;
    }
    if (table.key != "modules") return fail(wrong_table(file, table.key));
    const auto modules = members(table.value, file, "modules", hide);
    if (!modules) return fail(modules.error());
    for (const schema::JsonMember& module : *modules)
      if (Status added = add_all(module.value, module.key); !added) return fail(added.error());
  }
  return values;
}

std::string place_of(const toml::node& node, const std::string& file) {
  return file + ":" + std::to_string(node.source().begin.line);
}

// Dates and times become texts, as a Time is written in JSON.
template <class Value>
std::string time_text(const Value& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

Result<Json> json_of(const toml::node& node, const std::string& file) {
  if (const auto* table = node.as_table()) {
    Json out = Json::object();
    for (const auto& [key, value] : *table) {
      auto inner = json_of(value, file);
      if (!inner) return inner;
      out[std::string(key.str())] = *std::move(inner);
    }
    return out;
  }
  if (const auto* array = node.as_array()) {
    Json out = Json::array();
    for (const toml::node& value : *array) {
      auto inner = json_of(value, file);
      if (!inner) return inner;
      out.push_back(*std::move(inner));
    }
    return out;
  }
  if (const auto* text = node.as_string()) return Json(text->get());
  if (const auto* number = node.as_integer()) return Json(number->get());
  if (const auto* truth = node.as_boolean()) return Json(truth->get());
  if (const auto* number = node.as_floating_point()) {
    if (std::isfinite(number->get())) return Json(number->get());
    return fail(wrong(place_of(node, file), "inf and nan are no values of a config"));
  }
  if (const auto* time = node.as_date_time()) return Json(time_text(time->get()));
  if (const auto* time = node.as_date()) return Json(time_text(time->get()));
  if (const auto* time = node.as_time()) return Json(time_text(time->get()));
  return fail(wrong(place_of(node, file), "no value of a config"));
}

Status add_table(const toml::node& node, const std::string& module, const std::string& file,
                 std::vector<ConfigChange>& values) {
  const auto* table = node.as_table();
  if (table == nullptr)
    return fail(wrong(place_of(node, file), "must be a table, [modules.MODULE] or [global]"));
  // In the order of the file, which the table does not keep.
  std::map<std::uint32_t, std::vector<std::pair<std::string, const toml::node*>>> lines;
  for (const auto& [key, value] : *table)
    lines[value.source().begin.line].emplace_back(std::string(key.str()), &value);
  for (const auto& [line, entries] : lines) {
    for (const auto& [key, value] : entries) {
      const auto json = json_of(*value, file);
      if (!json) return fail(json.error());
      values.push_back({module, key, json->dump()});
    }
  }
  return {};
}

Result<std::vector<ConfigChange>> read_tables(const toml::table& top, const std::string& file) {
  std::vector<ConfigChange> values;
  for (const auto& [key, node] : top) {
    const std::string name(key.str());
    if (name == "global") {
      if (Status added = add_table(node, "", file, values); !added) return fail(added.error());
      continue;
    }
    if (name != "modules") return fail(wrong_table(place_of(node, file), name));
    const auto* modules = node.as_table();
    if (modules == nullptr) return fail(wrong(place_of(node, file), "`modules` must be a table"));
    for (const auto& [module, table] : *modules)
      if (Status added = add_table(table, std::string(module.str()), file, values); !added)
        return fail(added.error());
  }
  return values;
}

Result<std::vector<ConfigChange>> parse_toml(const std::string& text, const std::string& file,
                                             bool hide) {
  try {
    return read_tables(toml::parse(text), file);
  } catch (const toml::parse_error& error) {
    return fail(wrong(file + ":" + std::to_string(error.source().begin.line),
                      hide ? "is no TOML here" : std::string(error.description())));
  } catch (const Json::exception& error) {
    return fail(wrong(file, hide ? "holds text that is no UTF-8" : error.what()));
  }
}

std::string toml_text(const std::string& text) {
  std::string out = Json(text).dump();
  for (std::size_t at = out.find('\x7f'); at != std::string::npos; at = out.find('\x7f', at))
    out.replace(at, 1, "\\u007F");
  return out;
}

// The digits of a number that count, and the power of ten behind them, however it is written.
std::pair<std::string, long> exactly(const std::string& number) {
  const auto e = number.find_first_of("eE");
  std::string digits = number.substr(0, e);
  long power = e == std::string::npos ? 0 : std::strtol(number.c_str() + e + 1, nullptr, 10);
  const bool minus = digits.starts_with('-');
  if (minus) digits.erase(0, 1);
  if (const auto dot = digits.find('.'); dot != std::string::npos) {
    power -= static_cast<long>(digits.size() - dot - 1);
    digits.erase(dot, 1);
  }
  digits.erase(0, digits.find_first_not_of('0'));
  while (digits.ends_with('0')) {
    digits.pop_back();
    ++power;
  }
  if (digits.empty()) return {"0", 0};
  return {(minus ? "-" : "") + digits, power};
}

// A number in a JSON text that TOML's readers, which have 64 bits for it, would round; else empty.
std::string rounded_number(const std::string& json) {
  bool inside_text = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    if (inside_text && json[at] == '\\')
      ++at;
    else if (json[at] == '"')
      inside_text = !inside_text;
    if (inside_text || (json[at] != '-' && (json[at] < '0' || json[at] > '9'))) continue;
    const auto end = std::min(json.find_first_not_of("0123456789.eE+-", at), json.size());
    const std::string number = json.substr(at, end - at);
    if (exactly(Json::parse(number, nullptr, false).dump()) != exactly(number)) return number;
    at = end - 1;
  }
  return {};
}

Result<std::string> toml_of(const Json& value, const std::string& name) {
  if (value.is_null() || (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX))
    return fail(Code::invalid_argument,
                name + ": " + value.dump() + " has no form in TOML: export as JSON");
  if (value.is_string()) return toml_text(value.get<std::string>());
  if (!value.is_structured()) return value.dump();
  std::string inner;
  for (const auto& [key, each] : value.items()) {
    const auto text = toml_of(each, name);
    if (!text) return text;
    inner += inner.empty() ? "" : ", ";
    inner += value.is_object() ? toml_text(key) + " = " + *text : *text;
  }
  return value.is_object() ? "{" + inner + "}" : "[" + inner + "]";
}

using Tables = std::map<std::string, std::vector<const ConfigChange*>>;  // by module

Result<std::string> print_toml(const Tables& tables) {
  std::string out;
  for (const auto& [module, values] : tables) {
    out += out.empty() ? "" : "\n";
    out += module.empty() ? "[global]\n" : "[modules." + module + "]\n";
    for (const ConfigChange* each : values) {
      const std::string name = schema::config_name(module, each->name);
      if (const std::string number = rounded_number(*each->json); !number.empty())
        return fail(Code::invalid_argument,
                    name + ": " + number + " would be rounded in TOML: export as JSON");
      const auto text = toml_of(Json::parse(*each->json, nullptr, false), name);
      if (!text) return text;
      out += each->name + " = " + *text + "\n";
    }
  }
  return out;
}

// By hand, so that each value stays as it is, digit for digit.
std::string print_table(const std::vector<const ConfigChange*>& values, const std::string& indent) {
  std::string out = "{";
  for (const ConfigChange* each : values)
    out += (out.size() > 1 ? "," : "") + std::string("\n") + indent + "  " +
           schema::json_string(each->name) + ": " + *each->json;
  return out + (values.empty() ? "}" : "\n" + indent + "}");
}

std::string print_json(const Tables& tables) {
  const auto global = tables.find("");
  std::string out = "{\n  \"global\": ";
  out += global == tables.end() ? "{}" : print_table(global->second, "  ");
  out += ",\n  \"modules\": {";
  bool first = true;
  for (const auto& [module, values] : tables) {
    if (module.empty()) continue;
    out += std::string(first ? "" : ",") + "\n    " + schema::json_string(module) + ": " +
           print_table(values, "    ");
    first = false;
  }
  return out + (first ? "}\n}\n" : "\n  }\n}\n");
}

}  // namespace

Result<ConfigFormat> config_format_of(const std::string& file) {
  if (file.ends_with(".json")) return ConfigFormat::json;
  if (file.ends_with(".toml")) return ConfigFormat::toml;
  return fail(Code::invalid_argument, file + ": ends in neither .json nor .toml: say --format");
}

Result<std::vector<ConfigChange>> parse_config(const std::string& whole, ConfigFormat format,
                                               const std::string& file, bool hide) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";  // some editors begin a text with it
  const std::string text = whole.starts_with(mark) ? whole.substr(mark.size()) : whole;
  return format == ConfigFormat::json ? parse_json(text, file, hide) : parse_toml(text, file, hide);
}

Result<std::string> print_config(const std::vector<ConfigChange>& values, ConfigFormat format) {
  Tables tables;
  for (const ConfigChange& each : values)
    if (each.json) tables[each.module].push_back(&each);
  if (format == ConfigFormat::json) return print_json(tables);
  return print_toml(tables);
}

}  // namespace millrace::cli
