// The JSON of `millrace audit`.
#include <nlohmann/json.hpp>

#include <tuple>

#include "cli/json.hpp"
#include "cli/table.hpp"

namespace millrace::cli {

using Json = nlohmann::ordered_json;

namespace {

// What is not in the list though it happened, or soon may not be.
Json missing_of(const AuditReport& report) {
  Json missing = {{"more", report.more}, {"kept_apart", report.kept.has_value()}};
  if (report.cut != 0) missing["history_begins"] = report.cut;
  if (!report.kept) return missing;
  const AuditKept& kept = *report.kept;
  for (const auto& [name, events, newest_ms] :
       {std::tuple{"done", kept.done_gone, kept.done_gone_ms},
        {"denied", kept.denied_gone, kept.denied_gone_ms}})
    if (events != 0) missing[name] = {{"events", events}, {"newest", rfc3339(newest_ms)}};
  if (!kept.memory_only.empty()) missing["memory_only"] = kept.memory_only;
  return missing;
}

}  // namespace

std::string to_json(const AuditReport& report) {
  Json list = Json::array();
  for (const AuditEntry& entry : report.entries) {
    Json each = {{"time", rfc3339(entry.time_ms)},
                 {"denied", entry.revision == 0 && !entry.done},
                 {"who", entry.who},
                 {"what", entry.what},
                 {"from", entry.from},
                 {"why", entry.why}};
    if (entry.revision != 0) each["revision"] = entry.revision;
    if (!entry.left_out.empty()) each["left_out"] = entry.left_out;
    if (!entry.lost_before.empty()) each["lost_before"] = entry.lost_before;
    if (!entry.event.empty()) each["event"] = entry.event;
    if (!entry.modules.empty()) each["modules"] = entry.modules;
    list.push_back(std::move(each));
  }
  return Json{{"audit", std::move(list)}, {"missing", missing_of(report)}}.dump(
      2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace millrace::cli
