// What --output json prints: snake_case keys, times in RFC 3339, revisions as numbers. These
// formats are frozen: a key, once printed, keeps its name and meaning (tests/cli/fixtures). The
// JSON library stays in json.cpp. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/certificates.hpp"
#include "cli/client/reports.hpp"
#include "cli/storage/storage.hpp"
#include "schema/place.hpp"

namespace millrace::cli {

struct ServicePing {
  std::string service;
  std::string address;
  bool reachable = false;
  bool ready = false;
  std::string version;
  std::vector<std::string> reasons;  // why it is not ready, or not reachable
};

struct SettingReport {
  std::string name;   // in the newest version
  std::string value;  // as text; a secret is masked
  std::string from;   // "default", "millrace.toml:3", "MILLRACE_LOG_LEVEL", "--log.level"
  std::string help;
};

// Each is one document without a line end at its end.
std::string to_json(const std::vector<ServicePing>& services);
std::string to_json(const StatusReport& report);
std::string to_json(const DeploymentsReport& report);
std::string to_json(const HistoryReport& report);
std::string to_json(const schema::Changeset& changeset);
std::string to_json(const ChangesetReport& report);
std::string to_json(const ChangesetList& list);
std::string to_json(const DeployAnswer& answer, const std::string& phase);
std::string to_json(const std::vector<PlannedChange>& changes);
std::string to_json(const CallAnswer& answer);
std::string to_json(const ConfigReport& report);
std::string to_json(const ConfigEntry& entry);
std::string to_json(const ConfigAnswer& answer);
std::string to_json(const SecretReport& report);
std::string to_json(const SeenSecret& secret);
// What a JSON text says, without its quotes; none: it is no text.
std::optional<seal::ClearText> plain_text(std::string_view json);
std::string to_json(const RotateReport& report);
std::string to_json(const statekit::Position& position);
// `text` of the token itself, this once; empty where it was written to a file.
std::string to_json(const access::Token& token, const std::string& text,
                    const statekit::Position& position);
std::string to_json(const AccessReport& report);
std::string to_json(const AuditReport& report);
std::string to_json(const std::vector<schema::Diagnostic>& diagnostics);
std::string to_json(const TimelinePage& page);
std::string json_line(const TimelineEvent& event);  // on one line, so that a stream can be read
std::string settings_json(const std::vector<SettingReport>& rows,
                          const std::vector<std::string>& deprecated,
                          const std::vector<std::string>& hints,
                          const std::vector<std::string>* warnings = nullptr);
std::string to_json(const std::vector<CertificateFile>& files);
std::string files_json(const std::vector<std::string>& paths);
std::string to_json(const Facts& facts);
std::string version_json(std::string_view version);

}  // namespace millrace::cli
