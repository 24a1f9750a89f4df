#include "cli/conformance/conformance.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "httpkit/client.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

// The workspaces that a case may make.
constexpr const char* suffixes[] = {"", "-b"};

void clean_up(const Probe& probe, const Fetch& fetch) {
  for (const char* suffix : suffixes)
    static_cast<void>(fetch("DELETE", probe.workspace(suffix) + "?force=true", {}, {}));
}

std::vector<ConformanceCase> all_state_cases() {
  std::vector<ConformanceCase> all = state_cases();
  for (auto more : {lock_cases(), workspace_cases()})
    std::move(more.begin(), more.end(), std::back_inserter(all));
  return all;
}

Result<ConformanceReport> check(const ConformanceOrder& order, std::vector<ConformanceCase> cases,
                                const Fetch& fetch, const OnCase& on_case) {
  std::erase_if(cases,
                [&](const ConformanceCase& each) { return !each.name.starts_with(order.only); });
  if (cases.empty())
    return fail(Code::invalid_argument, "no case begins with '" + order.only + "'");
  const auto answer = fetch("GET", "/v1/workspaces", {}, {});
  if (!answer)
    return fail(Code::unavailable, "asking " + order.url + ": " + answer.error().message);
  if (answer->status == 401 || answer->status == 403)
    return fail(answer->status == 401 ? Code::unauthenticated : Code::permission_denied,
                "asking " + order.url + ": it answers " + std::to_string(answer->status) +
                    ": name a token of an operator with --token-file");
  ConformanceReport report{order.url, {}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (on_case) on_case(cases[i]);
    Probe probe(fetch, "conformance-" + order.run + "-" + std::to_string(i));
    cases[i].run(probe);
    clean_up(probe, fetch);
    report.cases.push_back(
        {cases[i].name, cases[i].about, !probe.failed(), probe.expected(), probe.got()});
  }
  return report;
}

// By HTTP to the server at the order's address.
Result<Fetch> fetch_from(const ConformanceOrder& order) {
  // Also from the address of a state or a journal there, as it stands in other tools' files.
  std::string root = order.url.substr(0, order.url.find('?'));
  while (root.ends_with("/")) root.pop_back();
  const std::size_t path = root.find('/', root.find("//") + 2);
  if (path < root.size()) root.resize(std::min((root + "/").find("/v1/", path), root.size()));
  if (!root.starts_with("http://") && !root.starts_with("https://"))
    return fail(Code::invalid_argument,
                "'" + order.url + "' is no address of a server, such as http://127.0.0.1:8896");
  return Fetch([root, order](const std::string& method, const std::string& target,
                             const std::string& body, std::vector<httpkit::Header> headers) {
    if (!order.token.empty()) headers.push_back({"authorization", "Bearer " + order.token});
    return httpkit::fetch(method, root + target, body, headers, order.timeout_ms,
                          order.credentials);
  });
}

}  // namespace

std::size_t ConformanceReport::failed() const {
  return static_cast<std::size_t>(std::count_if(
      cases.begin(), cases.end(), [](const CaseReport& each) { return !each.passed; }));
}

Result<ConformanceReport> check_states(const ConformanceOrder& order, const OnCase& on_case) {
  const auto fetch = fetch_from(order);
  if (!fetch) return fail(fetch.error());
  return check_states(order, *fetch, on_case);
}

Result<ConformanceReport> check_states(const ConformanceOrder& order, const Fetch& fetch,
                                       const OnCase& on_case) {
  return check(order, all_state_cases(), fetch, on_case);
}

Result<ConformanceReport> check_journals(const ConformanceOrder& order, const OnCase& on_case) {
  const auto fetch = fetch_from(order);
  if (!fetch) return fail(fetch.error());
  return check(order, journal_cases(), *fetch, on_case);
}

std::string to_json(const ConformanceReport& report) {
  nlohmann::ordered_json out;
  out["url"] = report.url;
  out["passed"] = report.cases.size() - report.failed();
  out["failed"] = report.failed();
  out["cases"] = nlohmann::ordered_json::array();
  for (const CaseReport& each : report.cases) {
    nlohmann::ordered_json entry;
    entry["name"] = each.name;
    entry["rule"] = each.about;
    entry["passed"] = each.passed;
    entry["expected"] = each.expected;
    entry["got"] = each.got;
    out["cases"].push_back(std::move(entry));
  }
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace millrace::cli
