#include "cli/command.hpp"

#include <utility>

#include "cli/revision.hpp"
#include "settings/settings.hpp"

namespace millrace::cli {

using statekit::Status;

namespace {

// The one field that `describe` adds, as an option: reading and printing values is the settings
// library's business.
template <class Describe>
Option from_field(std::string names, std::string value, std::string help, Describe describe) {
  settings::Fields fields;
  describe(fields);
  const settings::Field field = fields.all().front();
  return Option{std::move(names),
                std::move(value),
                std::move(help),
                field.fallback,
                {},
                false,
                [field](const std::string& text) { return field.set(text); }};
}

}  // namespace

std::string Option::long_name() const {
  const auto comma = names.find(',');
  return comma == std::string::npos ? names : names.substr(comma + 1);
}

Command& Command::add(Option option) {
  options_.push_back(std::move(option));
  return *this;
}

Command& Command::flag(std::string names, bool& target, std::string help) {
  return add({std::move(names),
              "",
              std::move(help),
              "",
              {},
              false,
              [&target](const std::string&) -> Status {
                target = true;
                return {};
              }});
}

Command& Command::text(std::string names, std::string value, std::string& target,
                       std::string help) {
  return add({std::move(names),
              std::move(value),
              std::move(help),
              target,
              {},
              false,
              [&target](const std::string& text) -> Status {
                target = text;
                return {};
              }});
}

Command& Command::choice(std::string names, std::vector<std::string> choices, std::string& target,
                         std::string help) {
  std::string value;
  for (const std::string& each : choices) value += (value.empty() ? "" : "|") + each;
  return add({std::move(names), value, std::move(help), target, choices, false,
              [&target, choices, value](const std::string& text) -> Status {
                for (const std::string& each : choices) {
                  if (each == text) return target = text, Status();
                }
                return statekit::fail(statekit::Code::invalid_argument,
                                      "wanted " + value + ", got \"" + text + '"');
              }});
}

Command& Command::list(std::string names, std::string value, std::vector<std::string>& target,
                       std::string help) {
  return add({std::move(names),
              std::move(value),
              std::move(help),
              "",
              {},
              true,
              [&target](const std::string& text) -> Status {
                target.push_back(text);
                return {};
              }});
}

Command& Command::number(std::string names, std::int64_t& target, std::int64_t min,
                         std::int64_t max, std::string help) {
  return add(from_field(std::move(names), "N", std::move(help), [&](settings::Fields& fields) {
    fields.integer("n", target, min, max, "");
  }));
}

Command& Command::revision(std::string names, statekit::Revision& target, std::string help) {
  return add({std::move(names),
              "REV",
              std::move(help),
              "",
              {},
              false,
              [&target](const std::string& word) -> Status {
                const auto read = read_revision(word);
                if (!read) return statekit::fail(read.error());
                target = *read;
                return {};
              }});
}

Command& Command::duration(std::string names, std::int64_t& target_ms, std::int64_t max_ms,
                           std::string help) {
  return add(from_field(
      std::move(names), "DURATION", std::move(help),
      [&](settings::Fields& fields) { fields.duration("d", target_ms, 0, max_ms, ""); }));
}

Command& Command::address(std::string names, std::string& target, std::string help) {
  return add(from_field(std::move(names), "ADDRESS", std::move(help),
                        [&](settings::Fields& fields) { fields.address("a", target, ""); }));
}

Command& Command::addresses(std::string names, std::string& target, std::string help) {
  return add(from_field(std::move(names), "ADDRESS", std::move(help),
                        [&](settings::Fields& fields) { fields.addresses("a", target, ""); }));
}

Command& Command::argument(std::string name, std::string& target, std::string help, bool required) {
  arguments_.push_back({std::move(name), std::move(help), required, false, false, false,
                        [&target](const std::string& word) { target = word; }});
  return *this;
}

Command& Command::arguments(std::string name, std::vector<std::string>& target, std::string help) {
  arguments_.push_back({std::move(name), std::move(help), true, true, false, false,
                        [&target](const std::string& word) { target.push_back(word); }});
  return *this;
}

Command& Command::file(std::string name, std::string& target, std::string help) {
  argument(std::move(name), target, std::move(help));
  arguments_.back().is_file = true;
  return *this;
}

Command& Command::files(std::string name, std::vector<std::string>& target, std::string help) {
  arguments(std::move(name), target, std::move(help));
  arguments_.back().is_file = true;
  return *this;
}

Command& Command::optional_arguments() {
  arguments_.back().required = false;
  return *this;
}

Command& Command::after_dashes(std::string name, std::vector<std::string>& target,
                               std::string help) {
  arguments(std::move(name), target, std::move(help));
  arguments_.back().after_dashes = true;
  return *this;
}

Command& Command::prints_data(Session& session) {
  return choice("--output", {"text", "json"}, session.output, "how to print");
}

// Once, however many services the command talks to.
Command& Command::uses_tls(Session& session) {
  if (std::exchange(connects_, true)) return *this;
  tls::Files& files = session.addresses.tls;
  return text("--ca", "FILE", files.ca, "over TLS: the authorities that are believed (PEM)")
      .text("--cert", "FILE", files.certificate, "over TLS: the certificate that we show (PEM)")
      .text("--key", "FILE", files.key, "over TLS: its key (PEM)")
      .text("--token-file", "FILE", session.token_file,
            "the token that is shown to services; else MILLRACE_TOKEN_FILE")
      .flag("--insecure", session.addresses.insecure,
            "show it in clear to other machines too, where the network itself is closed");
}

Command& Command::uses_schema(Session& session) {
  services_.push_back(&session.addresses.schema);
  return uses_tls(session).addresses("--schema", session.addresses.schema,
                                     "the schema service; several replicas with commas between");
}

Command& Command::reads_schema(Session& session) {
  return uses_schema(session).flag(
      "--linearizable", session.linearizable,
      "not older than any change that was acknowledged before, at whatever replica");
}

Command& Command::uses_routing(Session& session) {
  services_.push_back(&session.addresses.routing);
  return uses_tls(session).addresses("--routing", session.addresses.routing,
                                     "the routing service; several with commas between");
}

Command& Command::uses_timeline(Session& session) {
  services_.push_back(&session.addresses.timeline);
  return uses_tls(session).address("--timeline", session.addresses.timeline,
                                   "the timeline service");
}

Command& Command::examples(std::string text) {
  examples_ = std::move(text);
  return *this;
}

Command& Command::keep(std::shared_ptr<void> options) {
  kept_.push_back(std::move(options));
  return *this;
}

Command& Command::action(std::function<int()> run) {
  run_ = std::move(run);
  return *this;
}

}  // namespace millrace::cli
