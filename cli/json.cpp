#include "cli/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/table.hpp"

namespace millrace::cli {
namespace {

using Json = nlohmann::ordered_json;

// Text from elsewhere may hold octets that are no UTF-8: they are replaced, never thrown about.
std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Json json_of(const statekit::Position& position) {
  return {{"incarnation", position.incarnation}, {"revision", position.revision}};
}

Json json_of(const FollowerReport& follower) {
  return {{"kind", follower.kind},
          {"instance", follower.instance},
          {"revision", follower.revision},
          {"lag", follower.lag},
          {"seen_ms_ago", follower.seen_ms_ago},
          {"live", follower.live},
          {"diverged", follower.diverged}};
}

Json json_of(const std::vector<FollowerReport>& followers) {
  Json list = Json::array();
  for (const FollowerReport& follower : followers) list.push_back(json_of(follower));
  return list;
}

Json json_of(const schema::Endpoint& endpoint) {
  return {{"id", endpoint.id},
          {"address", endpoint.address},
          {"instance", endpoint.instance},
          {"leased", endpoint.leased},
          {"healthy", endpoint.healthy}};
}

Json json_of(const std::vector<PlannedChange>& changes) {
  Json list = Json::array();
  for (const PlannedChange& change : changes) {
    Json hits = Json::array();
    for (const PlannedChange::Hit& hit : change.hits) {
      hits.push_back(
          {{"kind", hit.kind}, {"caller", hit.caller}, {"used", hit.used}, {"breaks", hit.breaks}});
    }
    list.push_back({{"place", change.place},
                    {"kind", change.kind},
                    {"direction", change.direction},
                    {"breaking", change.breaking},
                    {"rule", change.rule},
                    {"before", change.before},
                    {"after", change.after},
                    {"what", change.what},
                    {"why", change.why},
                    {"hits", std::move(hits)}});
  }
  return list;
}

Json json_of(const schema::Changeset& changeset) {
  return {{"key", changeset.key},
          {"phase", schema::name_of(changeset.phase)},
          {"deployments", changeset.deployments},
          {"removed_modules", changeset.removed_modules},
          {"replaced", changeset.replaced},
          {"hold", changeset.hold},
          {"canary_percent", changeset.canary_percent},
          {"deadline_ms", changeset.deadline_ms},
          {"drain_ms_max", changeset.drain_ms_max},
          {"allow_breaking", changeset.allow_breaking},
          {"accepted_breaks", changeset.accepted_breaks},
          {"author", changeset.author},
          {"reason", changeset.reason},
          {"failure", changeset.failure},
          {"created_time", rfc3339(changeset.created_ms)},
          {"created_revision", changeset.created_revision},
          {"phase_revision", changeset.phase_revision}};
}

Json json_of(const schema::Deployment& deployment, const DeploymentsReport& report) {
  Json endpoints = Json::array();
  for (const schema::Endpoint& endpoint : report.endpoints) {
    if (endpoint.deployment == deployment.key) endpoints.push_back(json_of(endpoint));
  }
  return {{"key", deployment.key},
          {"module", deployment.module()},
          {"phase", schema::name_of(deployment.phase)},
          {"build", deployment.build},
          {"replicas", deployment.replicas},
          {"changeset", deployment.changeset},
          {"fixed_endpoint", deployment.fixed_endpoint},
          {"created_revision", deployment.created_revision},
          {"endpoints", std::move(endpoints)}};
}

Json json_of(const std::vector<ReplicaReport>& replicas) {
  Json list = Json::array();
  for (const ReplicaReport& each : replicas)
    list.push_back({{"id", each.id},
                    {"address", each.address},
                    {"revision", each.revision},
                    {"writer", each.writer},
                    {"asked", each.asked},
                    {"endpoints", each.endpoints},
                    {"followers", each.followers},
                    {"since", each.since_ms > 0 ? rfc3339(each.since_ms) : ""},
                    {"state", each.state},
                    {"reasons", each.reasons}});
  return list;
}

}  // namespace

std::string to_json(const std::vector<ServicePing>& services) {
  Json list = Json::array();
  bool all_ready = true;
  for (const ServicePing& service : services) {
    all_ready = all_ready && service.ready;
    list.push_back({{"service", service.service},
                    {"address", service.address},
                    {"reachable", service.reachable},
                    {"ready", service.ready},
                    {"version", service.version},
                    {"reasons", service.reasons}});
  }
  return text_of({{"ready", all_ready}, {"services", std::move(list)}});
}

std::string to_json(const StatusReport& report) {
  return text_of({{"ready", report.ready},
                  {"reasons", report.reasons},
                  {"version", report.version},
                  {"feature_level", report.feature_level},
                  {"storage", report.storage},
                  {"head",
                   {{"incarnation", report.head.incarnation},
                    {"revision", report.head.revision},
                    {"digest", statekit::hex(report.head.digest)}}},
                  {"snapshot_revision", report.snapshot_revision},
                  {"oldest_revision", report.oldest_revision},
                  {"followers", json_of(report.followers)},
                  {"warnings", report.warnings},
                  {"replicas", json_of(report.replicas)}});
}

std::string to_json(const DeploymentsReport& report) {
  Json list = Json::array();
  for (const auto& deployment : report.deployments) list.push_back(json_of(deployment, report));
  return text_of({{"deployments", std::move(list)}, {"position", json_of(report.position)}});
}

std::string to_json(const HistoryReport& report) {
  Json list = Json::array();
  for (const HistoryEntry& entry : report.entries) {
    list.push_back({{"revision", entry.revision},
                    {"time", rfc3339(entry.time_ms)},
                    {"author", entry.author},
                    {"reason", entry.reason},
                    {"modules", entry.modules},
                    {"changes", entry.changes}});
  }
  return text_of({{"entries", std::move(list)},
                  {"position", json_of(report.position)},
                  {"next_before", report.next_before},
                  {"oldest_revision", report.oldest}});
}

std::string to_json(const schema::Changeset& changeset) { return text_of(json_of(changeset)); }

std::string to_json(const ChangesetReport& report) {
  return text_of({{"changeset", json_of(report.changeset)},
                  {"followers", json_of(report.followers)},
                  {"position", json_of(report.position)}});
}

std::string to_json(const ChangesetList& list) {
  Json changesets = Json::array();
  for (const auto& changeset : list.changesets) changesets.push_back(json_of(changeset));
  return text_of({{"changesets", std::move(changesets)}, {"position", json_of(list.position)}});
}

std::string to_json(const DeployAnswer& answer, const std::string& phase) {
  Json deployments = Json::array();
  for (const auto& each : answer.deployments) {
    deployments.push_back(
        {{"module", each.module}, {"deployment", each.deployment}, {"joined", each.joined}});
  }
  return text_of({{"changeset", answer.changeset},
                  {"phase", phase},
                  {"deployments", std::move(deployments)},
                  {"plan", answer.plan},
                  {"changes", json_of(answer.changes)},
                  {"breaks", answer.breaks},
                  {"position", json_of(answer.position)}});
}

std::string to_json(const std::vector<PlannedChange>& changes) {
  const bool breaking = std::any_of(changes.begin(), changes.end(),
                                    [](const PlannedChange& change) { return change.breaking; });
  return text_of({{"breaking", breaking}, {"changes", json_of(changes)}});
}

std::string to_json(const CallAnswer& answer) {
  const auto parsed = [](const std::string& text) {
    Json value = Json::parse(text, nullptr, false);
    return value.is_discarded() ? Json(text) : value;
  };
  if (!answer.failed) return text_of({{"body", parsed(answer.body)}});
  Json error{{"code", answer.code}, {"message", answer.message}};
  if (!answer.details.empty()) error["details"] = parsed(answer.details);
  return text_of({{"error", std::move(error)}});
}

std::string to_json(const std::vector<schema::Diagnostic>& diagnostics) {
  Json list = Json::array();
  for (const schema::Diagnostic& each : diagnostics) {
    list.push_back({{"file", each.place.file},
                    {"line", each.place.line},
                    {"column", each.place.column},
                    {"rule", each.rule},
                    {"message", each.message},
                    {"severity", schema::name_of(each.severity)}});
  }
  return text_of({{"diagnostics", std::move(list)}});
}

namespace {

Json json_of(const ConfigEntry& entry) {
  Json json = {{"module", entry.module}, {"name", entry.name}, {"type", entry.type}};
  json["value"] = entry.json ? Json::parse(*entry.json, nullptr, false) : Json();
  json["set"] = entry.json.has_value();
  json["from_global"] = entry.from_global;
  json["problem"] = entry.problem;
  json["revision"] = entry.revision;
  json["author"] = entry.author;
  json["time"] = entry.json ? rfc3339(entry.time_ms) : "";
  json["used_by"] = entry.used_by;
  return json;
}

}  // namespace

std::string to_json(const ConfigReport& report) {
  Json list = Json::array();
  for (const ConfigEntry& entry : report.entries) list.push_back(json_of(entry));
  return text_of({{"config", std::move(list)}, {"position", json_of(report.position)}});
}

std::string to_json(const ConfigEntry& entry) { return text_of(json_of(entry)); }

std::string to_json(const SecretReport& report) {
  Json list = Json::array();
  for (const SecretEntry& entry : report.entries)
    list.push_back({{"module", entry.module},
                    {"name", entry.name},
                    {"type", entry.type},
                    {"set", entry.set},
                    {"from_global", entry.from_global},
                    {"version", entry.version},
                    {"fingerprint", entry.fingerprint},
                    {"key", entry.key_id},
                    {"author", entry.author},
                    {"time", entry.set ? rfc3339(entry.time_ms) : ""},
                    {"used_by", entry.used_by}});
  return text_of({{"secrets", std::move(list)}, {"position", json_of(report.position)}});
}

std::string to_json(const SeenSecret& secret) {
  return text_of({{"module", secret.module},
                  {"name", secret.name},
                  {"value", Json::parse(secret.json.view(), nullptr, false)},
                  {"version", secret.version},
                  {"from_global", secret.from_global}});
}

std::optional<seal::ClearText> plain_text(std::string_view json) {
  Json value = Json::parse(json, nullptr, false);
  if (!value.is_string()) return std::nullopt;
  return seal::ClearText(std::move(value.get_ref<std::string&>()));
}

std::string to_json(const RotateReport& report) {
  return text_of({{"active_key", report.active_key},
                  {"rewrapped", report.rewrapped},
                  {"needed", report.needed},
                  {"forgotten", report.forgotten},
                  {"failures", report.failures},
                  {"position", json_of(report.position)}});
}

std::string to_json(const access::Token& token, const std::string& text,
                    const statekit::Position& position) {
  Json json = {{"id", token.id},
               {"principal", token.principal},
               {"expires", token.expires_ms == 0 ? "" : rfc3339(token.expires_ms)}};
  if (!text.empty()) json["token"] = text;
  json["position"] = json_of(position);
  return text_of(json);
}

std::string to_json(const AccessReport& report) {
  Json tokens = Json::array();
  for (const access::Token& token : report.tokens)
    tokens.push_back({{"id", token.id},
                      {"principal", token.principal},
                      {"note", token.note},
                      {"expires", token.expires_ms == 0 ? "" : rfc3339(token.expires_ms)},
                      {"author", token.author},
                      {"time", rfc3339(token.time_ms)},
                      {"revision", token.revision}});
  Json grants = Json::array();
  for (const access::Grant& grant : report.grants) {
    Json roles = Json::array();
    for (const access::RoleBinding& role : grant.roles)
      roles.push_back({{"role", access::name_of(role.role)}, {"modules", role.modules}});
    grants.push_back({{"principal", grant.principal},
                      {"roles", std::move(roles)},
                      {"author", grant.author},
                      {"time", rfc3339(grant.time_ms)},
                      {"revision", grant.revision}});
  }
  return text_of({{"tokens", std::move(tokens)},
                  {"grants", std::move(grants)},
                  {"position", json_of(report.position)}});
}

std::string to_json(const statekit::Position& position) {
  return text_of({{"position", json_of(position)}});
}

std::string to_json(const ConfigAnswer& answer) {
  return text_of({{"plan", answer.plan}, {"position", json_of(answer.position)}});
}

std::string to_json(const TimelinePage& page) {
  Json events = Json::array();
  for (const TimelineEvent& event : page.events) {
    events.push_back(Json::parse(event.json, nullptr, false));
  }
  return text_of(
      {{"events", std::move(events)}, {"oldest_id", page.oldest_id}, {"dropped", page.dropped}});
}

std::string json_line(const TimelineEvent& event) {
  return Json::parse(event.json, nullptr, false)
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string settings_json(const std::vector<SettingReport>& rows,
                          const std::vector<std::string>& deprecated,
                          const std::vector<std::string>& hints,
                          const std::vector<std::string>* warnings) {
  Json settings = Json::array();
  for (const SettingReport& row : rows)
    settings.push_back(
        {{"name", row.name}, {"value", row.value}, {"from", row.from}, {"help", row.help}});
  Json json = {{"settings", settings}, {"deprecated", deprecated}, {"hints", hints}};
  if (warnings != nullptr) json["warnings"] = *warnings;
  return text_of(json);
}

std::string to_json(const Facts& facts) {
  Json json = Json::object();
  for (const auto& [name, fact] : facts)
    std::visit([&json, &key = name](const auto& value) { json[key] = value; }, fact);
  return text_of(json);
}

std::string version_json(std::string_view version) { return text_of({{"version", version}}); }

}  // namespace millrace::cli
