#include "services/schema/workspace/json.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include <nlohmann/json.hpp>

namespace millrace::workspace {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using Json = nlohmann::ordered_json;

namespace {

std::string time_text(WallMs ms) {
  const std::time_t seconds = static_cast<std::time_t>(ms / 1'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char day[32];
  char text[48];
  if (std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts) == 0) return {};
  std::snprintf(text, sizeof text, "%s.%03dZ", day, static_cast<int>(ms % 1'000));
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i]) return false;
  return true;
}

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

bool is_day(int year, int month, int day) {
  constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12) return false;
  const bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day >= 1 && day <= days[static_cast<std::size_t>(month) - 1] + (leap ? 1 : 0);
}

// RFC 3339, as strictly as the parser of those clients that would understand no refusal at all
// otherwise: 2006-01-02T15:04:05, a fraction or none, a zone.
bool is_time(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (!has_shape(text.substr(0, shape.size()), shape)) return false;
  const int year = two_digits(text, 0) * 100 + two_digits(text, 2);
  if (!is_day(year, two_digits(text, 5), two_digits(text, 8)) || two_digits(text, 11) > 23 ||
      two_digits(text, 14) > 59 || two_digits(text, 17) > 59)
    return false;
  text.remove_prefix(shape.size());
  if (text.substr(0, 1) == ".") {
    std::size_t end = 1;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == 1) return false;
    text.remove_prefix(end);
  }
  if (text == "Z") return true;
  const bool zone = has_shape(text, "+00:00") || has_shape(text, "-00:00");
  return zone && two_digits(text, 1) < 24 && two_digits(text, 4) < 60;
}

struct Field {
  const char* name;
  std::string LockInfo::*place;
};
constexpr Field fields[] = {{"ID", &LockInfo::id},           {"Operation", &LockInfo::operation},
                            {"Info", &LockInfo::info},       {"Who", &LockInfo::who},
                            {"Version", &LockInfo::version}, {"Created", &LockInfo::created},
                            {"Path", &LockInfo::path}};

Json json_of(const Lock& lock) {
  Json out;
  for (const Field& field : fields) out[field.name] = lock.info.*field.place;
  if (!is_time(lock.info.created)) out["Created"] = time_text(lock.taken_ms);
  return out;
}

Json json_of(const View& view, const Version& version) {
  Json out;
  out["version"] = version.number;
  out["etag"] = etag_text(view.id, version.number);
  out["removed"] = version.removed;
  out["octets"] = version.octets;
  out["sha256"] = version.removed ? std::string() : statekit::hex(version.sha256);
  out["written"] = time_text(version.written_ms);
  out["author"] = version.author;
  out["lock"] = version.lock_id;
  out["restored_from"] = version.restored_from;
  return out;
}

Json json_of(const HeldLock& held) {
  Json out;
  out["workspace"] = held.workspace;
  out["lock"] = json_of(held.lock);
  out["taken"] = time_text(held.lock.taken_ms);
  out["ttl_ms"] = held.lock.ttl_ms;
  out["left_ms"] =
      held.lock.ttl_ms == 0 ? 0 : std::max<std::int64_t>(0, held.lock.ttl_ms - held.seen_ms);
  return out;
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<LockInfo> parse_lock_info(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail(Code::invalid_argument, "the LockInfo is no JSON");
  if (!json.is_object()) return fail(Code::invalid_argument, "the LockInfo is no JSON object");
  LockInfo info;
  for (const Field& field : fields) {
    const auto found = json.find(field.name);
    if (found == json.end() || found->is_null()) continue;
    const std::string what = std::string("the LockInfo's ") + field.name;
    if (!found->is_string()) return fail(Code::invalid_argument, what + " is no text");
    info.*field.place = found->get<std::string>();
    if ((info.*field.place).size() > lock_field_bytes_max)
      return fail(Code::invalid_argument,
                  what + " is over " + std::to_string(lock_field_bytes_max) + " bytes");
  }
  if (info.id.empty()) return fail(Code::invalid_argument, "the LockInfo has no ID");
  return info;
}

std::string lock_info_json(const Lock& lock) { return text_of(json_of(lock)); }

std::string etag_text(Revision workspace, std::uint64_t number) {
  return std::to_string(workspace) + "-" + std::to_string(number);
}

std::string names_json(const std::map<std::string, CatalogueEntry>& names) {
  Json out;
  out["workspaces"] = Json::array();
  for (const auto& [name, entry] : names) {
    Json each;
    each["name"] = name;
    each["id"] = entry.id;
    each["created"] = time_text(entry.entered_ms);
    out["workspaces"].push_back(std::move(each));
  }
  return text_of(out);
}

std::string workspace_json(const std::string& name, const View& view) {
  Json out;
  out["name"] = name;
  out["id"] = view.id;
  const Version* current = view.current();
  out["state"] = current == nullptr ? Json() : json_of(view, *current);
  out["locked"] = view.state.lock.has_value();
  std::uint64_t octets = 0;
  for (const Version& each : view.state.versions) octets += each.octets;
  out["versions"] = view.state.versions.size();
  out["octets"] = octets;
  return text_of(out);
}

std::string versions_json(const View& view) {
  Json out;
  out["versions"] = Json::array();
  for (const Version& each : view.state.versions) out["versions"].push_back(json_of(view, each));
  return text_of(out);
}

std::string version_json(const View& view, const Version& version) {
  return text_of(json_of(view, version));
}

std::string audit_json(const View& view) {
  Json out;
  out["audit"] = Json::array();
  for (const AuditLine& line : view.state.audit) {
    Json each;
    each["revision"] = line.revision;
    each["time"] = time_text(line.time_ms);
    each["author"] = line.author;
    each["action"] = line.action;
    each["detail"] = line.detail;
    out["audit"].push_back(std::move(each));
  }
  return text_of(out);
}

std::string locks_json(const std::vector<HeldLock>& locks) {
  Json out;
  out["locks"] = Json::array();
  for (const HeldLock& each : locks) out["locks"].push_back(json_of(each));
  return text_of(out);
}

}  // namespace millrace::workspace
