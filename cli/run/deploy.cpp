#include "cli/run/deploy.hpp"

#include <chrono>

namespace millrace::cli {

using statekit::Code;
using statekit::Error;
using statekit::Result;

namespace {

constexpr std::int64_t retry_ms = 250;

bool is_unknown_ref(const std::string& line) {
  return line.find("[unknown-ref]") != std::string::npos;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

}  // namespace

// Lines without a rule are remarks, such as which changeset would bring what is missing.
std::string waits_for(const Error& error) {
  // One whose outcome is not known is asked for again with the same token.
  if (error.code == Code::unavailable || error.code == Code::aborted || error.code == Code::unknown)
    return error.message;
  if (error.code != Code::invalid_argument) return {};
  std::vector<std::string> missing;
  for (const std::string& line : error.details) {
    if (line.find("error[") == std::string::npos) continue;
    if (!is_unknown_ref(line)) return {};
    missing.push_back(line);
  }
  return missing.empty() ? "" : "what it refers to: " + joined(missing);
}

Result<DeployAnswer> deploy_patiently(const SchemaClient& client, const DeployOrder& order,
                                      std::int64_t wait_ms, const Signals& signals,
                                      const Say& say) {
  const auto begun = std::chrono::steady_clock::now();
  std::string said;
  while (true) {
    auto answer = client.create_changeset(order);
    if (answer) return answer;
    const std::string whom = waits_for(answer.error());
    const auto passed = std::chrono::steady_clock::now() - begun;
    if (whom.empty() || passed > std::chrono::milliseconds(wait_ms)) return answer;
    if (whom != said) say("waiting for " + whom);
    said = whom;
    if (signals.wait(retry_ms) != 0) return statekit::fail(Code::cancelled, "stopped by a signal");
  }
}

}  // namespace millrace::cli
