// ping, status and ps: is it up, does everybody follow, and what is deployed.
#include <algorithm>
#include <ostream>

#include "cli/client/connect.hpp"
#include "cli/client/routing_client.hpp"
#include "cli/client/schema_client.hpp"
#include "cli/client/timeline_client.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"
#include "httpkit/client.hpp"

namespace millrace::cli {
namespace {

constexpr std::int64_t ping_ms_max = 2'000;

ServicePing ping_of(const std::string& service, const std::string& address,
                    const statekit::Result<Pong>& pong) {
  if (!pong) return {service, address, false, false, "", {pong.error().message}};
  return {service, address, true, pong->ready, pong->version, pong->reasons};
}

ServicePing ping_page(const std::string& service, const std::string& url) {
  const auto page = httpkit::fetch("GET", url, "", {}, ping_ms_max, credentials());
  if (!page) return {service, url, false, false, "", {page.error().message}};
  ServicePing ping{service, url, true, page->status == 200, "", {}};
  if (ping.ready) return ping;
  const std::string says = page->body.substr(0, page->body.find_last_not_of("\r\n") + 1);
  ping.reasons.push_back(says.empty() ? "HTTP status " + std::to_string(page->status) : says);
  return ping;
}

std::string scheme() { return credentials() ? "https://" : "http://"; }

// Ingress and console speak HTTP to their users: their health page answers for them.
ServicePing ping_ready(const std::string& service, const std::string& address) {
  ServicePing ping = ping_page(service, scheme() + address + "/readyz");
  ping.address = address;
  return ping;
}

std::vector<ServicePing> ping_all(const Addresses& at) {
  return {ping_of("schema", at.schema, SchemaClient(at.schema, ping_ms_max).ping()),
          ping_of("routing", at.routing, ping_routing(at.routing, ping_ms_max)),
          ping_of("timeline", at.timeline, ping_timeline(at.timeline, ping_ms_max)),
          ping_ready("ingress", at.ingress_health), ping_ready("console", at.console_health)};
}

// A URL without a path means its /readyz. Without a scheme it is the one that this command line
// speaks to services, so that a container's check is the same in clear and over TLS.
std::string health_url(const std::string& given) {
  const bool whole = given.find("://") != std::string::npos;
  const std::string url = whole ? given : scheme() + given;
  const bool bare = url.find('/', url.find("://") + 3) == std::string::npos;
  return bare ? url + "/readyz" : url;
}

int ping(Session& session, const std::string& health) {
  const std::vector<ServicePing> services =
      health.empty() ? ping_all(session.addresses)
                     : std::vector{ping_page("page", health_url(health))};
  if (session.json()) {
    *session.out << to_json(services) << '\n';
  } else {
    Table table({"SERVICE", "ADDRESS", "STATE", "VERSION", "WHY"});
    for (const ServicePing& each : services) {
      const std::string state = each.ready ? "ready" : each.reachable ? "not ready" : "unreachable";
      table.row({each.service, each.address, state, each.version, commas(each.reasons)});
    }
    *session.out << table.text(session.colours);
  }
  const auto ready = [](const ServicePing& each) { return each.ready; };
  return std::all_of(services.begin(), services.end(), ready) ? done : unable;
}

Table replicas_of(const StatusReport& report) {
  Table table({"REPLICA", "ADDRESS", "SINCE", "REVISION", "ENDPOINTS", "FOLLOWERS", "STATE", ""});
  for (const ReplicaReport& each : report.replicas) {
    std::string remark = each.writer ? "preferred writer" : "";
    if (each.asked) remark += remark.empty() ? "answers here" : ", answers here";
    for (const std::string& reason : each.reasons)
      remark += (remark.empty() ? "" : ", ") + printable(reason);
    table.row({each.id, each.address, each.since_ms > 0 ? rfc3339(each.since_ms) : "",
               std::to_string(each.revision), std::to_string(each.endpoints),
               std::to_string(each.followers), each.state, remark});
  }
  return table;
}

void print_status(const Session& session, const StatusReport& report) {
  std::ostream& out = *session.out;
  out << "head       revision " << report.head.revision << " of "
      << printable(report.head.incarnation) << '\n'
      << "storage    " << printable(report.storage) << '\n';
  if (report.oldest_revision > 0)  // else the journal could not be asked
    out << "kept from  revision " << report.oldest_revision << ", newest snapshot at "
        << report.snapshot_revision << '\n';
  out << "service    " << (report.ready ? "ready" : "not ready") << ", version "
      << printable(report.version) << '\n';
  for (const std::string& reason : report.reasons)
    out << "           " << printable(reason) << '\n';
  for (const std::string& warning : report.warnings)
    out << "warning    " << printable(warning) << '\n';
  if (report.replicas.size() > 1) out << '\n' << replicas_of(report).text(session.colours);
  Table table({"FOLLOWER", "INSTANCE", "REVISION", "LAG", "SEEN", "STATE"});
  for (const FollowerReport& each : report.followers) {
    const std::string state = each.diverged ? "diverged" : each.live ? "live" : "gone";
    table.row({each.kind, each.instance, std::to_string(each.revision), std::to_string(each.lag),
               age(each.seen_ms_ago) + " ago", state});
  }
  out << '\n' << table.text(session.colours);
}

int status(Session& session) {
  const auto report =
      SchemaClient(session.addresses.schema, schema_ms_max, session.linearizable).status();
  if (!report) return session.report(report.error());
  if (session.json()) {
    *session.out << to_json(*report) << '\n';
  } else {
    print_status(session, *report);
  }
  const auto diverged = [](const FollowerReport& each) { return each.diverged; };
  const bool all_agree = std::none_of(report->followers.begin(), report->followers.end(), diverged);
  return report->ready && all_agree ? done : refused;
}

bool is_past(schema::DeploymentPhase phase) {
  return phase == schema::DeploymentPhase::retired || phase == schema::DeploymentPhase::failed;
}

void print_deployments(const Session& session, const DeploymentsReport& report) {
  Table table({"MODULE", "DEPLOYMENT", "STATE", "BUILD", "ENDPOINTS"});
  for (const schema::Deployment& each : report.deployments) {
    std::vector<std::string> endpoints;
    for (const schema::Endpoint& endpoint : report.endpoints) {
      if (endpoint.deployment != each.key) continue;
      endpoints.push_back(endpoint.address + (endpoint.healthy ? "" : " (unhealthy)"));
    }
    table.row({each.module(), each.key, std::string(schema::name_of(each.phase)), each.build,
               commas(endpoints)});
  }
  *session.out << table.text(session.colours);
}

struct PsOptions {
  std::string module;
  bool all = false;
};

int ps(Session& session, const PsOptions& options) {
  auto report = SchemaClient(session.addresses.schema, schema_ms_max, session.linearizable)
                    .deployments(options.module);
  if (!report) return session.report(report.error());
  if (!options.all) {
    std::erase_if(report->deployments, [](const auto& each) { return is_past(each.phase); });
  }
  if (session.json()) {
    *session.out << to_json(*report) << '\n';
  } else {
    print_deployments(session, *report);
  }
  return done;
}

}  // namespace

Command ping_command(Session& session) {
  const auto health = std::make_shared<std::string>();
  Command command("ping", "Ask each service whether it is there and ready.");
  command.keep(health)
      .text("--health", "URL", *health,
            "ask this health page only, as a container's check does; HOST:PORT will do")
      .prints_data(session)
      .uses_schema(session)
      .uses_routing(session)
      .uses_timeline(session)
      .address("--ingress-health", session.addresses.ingress_health, "the health page of ingress")
      .address("--console-health", session.addresses.console_health,
               "the health page of the console")
      .examples(
          "  millrace ping && echo all five are ready\n"
          "  millrace ping --health http://127.0.0.1:9893\n"
          "  millrace ping --health 127.0.0.1:9893     over TLS where an authority is named\n")
      .action([&session, health] { return ping(session, *health); });
  return command;
}

Command status_command(Session& session) {
  Command command("status", "Print the journal's head and how far each follower is.");
  command.prints_data(session)
      .reads_schema(session)
      .examples("  millrace status\n  millrace status --output json | jq .head.revision\n")
      .action([&session] { return status(session); });
  return command;
}

Command ps_command(Session& session) {
  const auto options = std::make_shared<PsOptions>();
  Command command("ps", "List deployments with their endpoints.");
  command.keep(options)
      .argument("MODULE", options->module, "only this module", false)
      .flag("-a,--all", options->all, "those that are over, too")
      .prints_data(session)
      .reads_schema(session)
      .examples("  millrace ps\n  millrace ps echo --all\n")
      .action([&session, options] { return ps(session, *options); });
  return command;
}

}  // namespace millrace::cli
