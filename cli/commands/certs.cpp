// certs init, issue and show: a private authority for a cluster of one's own.
#include <ctime>
#include <memory>
#include <ostream>
#include <set>

#include "cli/certificates.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"

namespace millrace::cli {
namespace {

constexpr std::int64_t days_max = 36'500;

using Made = statekit::Result<std::vector<std::string>>;

int print(Session& session, const Made& made, const std::string& then) {
  if (!made) return session.report(made.error());
  if (session.json()) {
    *session.out << files_json(*made) << '\n';
    return done;
  }
  for (const std::string& path : *made) *session.out << printable(path) << '\n';
  *session.out << then;
  return done;
}

int init(Session& session, CertificatesOrder& order) {
  order.now_s = std::time(nullptr);
  const std::string folder = printable(order.folder);
  return print(session, init_certificates(order),
               "\nKeep " + folder +
                   "/ca.key away from the machines that serve: who has it is believed by all.\n"
                   "Each service is given its own files:\n"
                   "  MILLRACE_SETTINGS_VERSION=2 MILLRACE_TLS_CA=" +
                   folder + "/ca.pem MILLRACE_TLS_CERTIFICATE=" + folder +
                   "/schema.pem MILLRACE_TLS_KEY=" + folder +
                   "/schema.key millrace-schema\n"
                   "and the command line:\n"
                   "  export MILLRACE_CLI_CA=" +
                   folder + "/ca.pem MILLRACE_CLI_CERTIFICATE=" + folder +
                   "/cli.pem MILLRACE_CLI_KEY=" + folder + "/cli.key\n");
}

int issue(Session& session, CertificatesOrder& order) {
  order.now_s = std::time(nullptr);
  return print(session, issue_certificates(order), "");
}

std::string lifetime(const tls::Certificate& certificate, std::int64_t now_s) {
  const std::string until = tls::date_text(certificate.valid_until_s);
  if (now_s > certificate.valid_until_s) return until + " (expired)";
  if (now_s < certificate.valid_from_s)
    return until + " (from " + tls::date_text(certificate.valid_from_s) + ")";
  return until + " (" + age((certificate.valid_until_s - now_s) * 1'000) + ")";
}

// Once for each key, however many certificates are in the file beside it.
void warn_of_keys(const Session& session, const std::vector<CertificateFile>& files) {
  std::set<std::string> said;
  for (const CertificateFile& each : files)
    if (!each.key_warning.empty() && said.insert(each.key_warning).second)
      *session.err << "warning: " << printable(each.key_warning) << '\n';
}

int show(Session& session, const std::string& path) {
  const auto files = read_certificates(path);
  if (!files) return session.report(files.error());
  warn_of_keys(session, *files);
  const auto now_s = static_cast<std::int64_t>(std::time(nullptr));
  bool valid = true;
  for (const CertificateFile& each : *files)
    valid = valid && now_s <= each.certificate.valid_until_s;
  if (session.json()) {
    *session.out << to_json(*files) << '\n';
    return valid ? done : refused;
  }
  Table table({"FILE", "NAME", "HOSTS", "SIGNED BY", "UNTIL"});
  for (const CertificateFile& each : *files) {
    std::vector<std::string> hosts = each.certificate.dns;
    hosts.insert(hosts.end(), each.certificate.ips.begin(), each.certificate.ips.end());
    table.row({each.path, each.certificate.name, commas(hosts),
               each.certificate.authority ? "itself" : each.certificate.issuer,
               lifetime(each.certificate, now_s)});
  }
  *session.out << table.text(session.colours);
  return valid ? done : refused;
}

}  // namespace

std::vector<Command> certs_commands(Session& session) {
  const auto first = std::make_shared<CertificatesOrder>();
  Command init_command("certs init", "Make a private authority and a cluster's certificates.");
  init_command.keep(first)
      .text("--dir", "DIR", first->folder, "where to; nothing there is written over")
      .list("--host", "[NAME=]HOST", first->hosts,
            "a further host or address that all, or NAME, are reached by; may be repeated")
      .list("--also", "NAME", first->names, "a further certificate, such as of a person")
      .number("--days", first->days, 1, days_max, "how long certificates are valid")
      .number("--authority-days", first->authority_days, 1, days_max,
              "how long the authority is valid")
      .prints_data(session)
      .examples(
          "  millrace certs init\n"
          "  millrace certs init --dir certs --host ingress=shop.example --also ada\n"
          "\nFor schema, routing, ingress, console, timeline, cli and module; each is also for "
          "localhost.\n")
      .action([&session, first] { return init(session, *first); });
  const auto more = std::make_shared<CertificatesOrder>();
  Command issue_command("certs issue", "Make further certificates, or new ones in time.");
  issue_command.keep(more)
      .arguments("NAME", more->names, "whose")
      .text("--dir", "DIR", more->folder, "where ca.pem and ca.key are")
      .list("--host", "[NAME=]HOST", more->hosts, "a further host or address; may be repeated")
      .number("--days", more->days, 1, days_max, "how long they are valid")
      .flag("--renew", more->renew, "in place of those that are there, for the same hosts")
      .prints_data(session)
      .examples(
          "  millrace certs issue ada\n"
          "  millrace certs issue schema routing --renew\n"
          "\nServices that run take new files within seconds; no connection is cut off.\n")
      .action([&session, more] { return issue(session, *more); });
  const auto path = std::make_shared<std::string>("certs");
  Command show_command("certs show", "Print for whom certificates are and until when.");
  show_command.keep(path)
      .argument("FILE|DIR", *path, "a PEM file, or a folder of them", false)
      .prints_data(session)
      .examples(
          "  millrace certs show\n  millrace certs show /etc/millrace/schema.pem\n"
          "\nExit code 1: one has expired.\n")
      .action([&session, path] { return show(session, *path); });
  return {std::move(init_command), std::move(issue_command), std::move(show_command)};
}

}  // namespace millrace::cli
