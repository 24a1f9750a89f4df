#include "cli/session.hpp"

#include <ostream>

#include "settings/settings.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::Result;

Result<Addresses> addresses(const std::map<std::string, std::string>& environment) {
  Addresses all;
  const auto run = [&](const char* name, std::string& target) {
    const auto found = environment.find(name);
    if (found != environment.end() && !found->second.empty()) target = found->second;
  };
  run("MILLRACE_RUN_SCHEMA", all.schema);
  run("MILLRACE_RUN_ROUTING", all.routing);
  run("MILLRACE_RUN_TIMELINE", all.timeline);
  run("MILLRACE_RUN_CA", all.tls.ca);
  run("MILLRACE_RUN_CERTIFICATE", all.tls.certificate);
  run("MILLRACE_RUN_KEY", all.tls.key);
  std::string insecure;
  run("MILLRACE_RUN_INSECURE", insecure);
  all.insecure = insecure == "true";

  settings::Fields fields;
  fields.addresses("cli.schema", all.schema,
                   "the schema service; several replicas with commas between");
  fields.addresses("cli.routing", all.routing, "the routing service; several with commas between");
  fields.address("cli.timeline", all.timeline, "the timeline service");
  fields.address("cli.ingress_health", all.ingress_health, "the health page of ingress");
  fields.address("cli.console_health", all.console_health, "the health page of the console");
  fields.text("cli.ca", all.tls.ca, "PEM file with the authorities that are believed");
  fields.text("cli.certificate", all.tls.certificate, "PEM file with our certificate");
  fields.text("cli.key", all.tls.key, "PEM file with its key");
  fields.boolean("cli.insecure", all.insecure, "a token goes to other machines in clear as well");
  settings::Sources sources;
  for (const auto& [name, value] : environment) {
    if (name.starts_with("MILLRACE_CLI_")) sources.environment.emplace(name, value);
  }
  const auto loaded = settings::load(fields, sources);
  if (!loaded) return statekit::fail(loaded.error());
  return all;
}

int Session::report(const statekit::Error& error) const {
  *err << (error_colours ? "\033[31merror:\033[0m " : "error: ") << printable(error.message)
       << '\n';
  for (const std::string& line : error.details) *err << "  " << printable(line) << '\n';
  return exit_code_of(error.code);
}

int Session::finish(int exit_code) const {
  if (out->flush()) return exit_code;
  *err << "error: the output could not be written: is its disk full, or its reader gone?\n";
  return unable;
}

int exit_code_of(Code code) {
  switch (code) {
    case Code::ok: return done;
    case Code::invalid_argument:
    case Code::not_found:
    case Code::already_exists:
    case Code::permission_denied:
    case Code::failed_precondition:
    case Code::aborted:
    case Code::out_of_range:
    case Code::unauthenticated: return refused;
    case Code::cancelled:
    case Code::unknown:
    case Code::deadline_exceeded:
    case Code::resource_exhausted:
    case Code::unimplemented:
    case Code::internal:
    case Code::unavailable:
    case Code::data_loss: return unable;
  }
  return unable;
}

bool colours_wanted(bool terminal, const std::map<std::string, std::string>& environment) {
  const auto set = [&environment](const char* name) {
    const auto found = environment.find(name);
    return found != environment.end() && !found->second.empty();
  };
  if (set("NO_COLOR")) return false;
  const auto term = environment.find("TERM");
  return set("FORCE_COLOR") || (terminal && !(term != environment.end() && term->second == "dumb"));
}

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '\t') {
      safe += ' ';
    } else {
      safe += octet < 0x20 || octet == 0x7f ? '?' : c;
    }
  }
  return safe;
}

}  // namespace millrace::cli
