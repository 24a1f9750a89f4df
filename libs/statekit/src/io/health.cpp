#include "statekit/io/health.hpp"

#include <utility>

namespace millrace::statekit {

void Health::set(const std::string& part, bool ready, std::string reason) {
  watch(part, [now = Readiness{ready, std::move(reason)}] { return now; });
}

void Health::watch(const std::string& part, std::function<Readiness()> ask) {
  std::lock_guard lock(mutex_);
  parts_[part] = std::move(ask);
}

void Health::remove(const std::string& part) {
  std::lock_guard lock(mutex_);
  parts_.erase(part);
}

std::map<std::string, Readiness> Health::parts() const {
  std::lock_guard lock(mutex_);
  std::map<std::string, Readiness> all;
  for (const auto& [name, ask] : parts_) all.emplace(name, ask());
  return all;
}

bool Health::ready() const {
  for (const auto& [name, part] : parts())
    if (!part.ready) return false;
  return true;
}

std::vector<std::string> Health::reasons() const {
  std::vector<std::string> lines;
  for (const auto& [name, part] : parts()) {
    if (part.ready && part.reason.empty()) continue;
    lines.push_back(name + ": " + (part.reason.empty() ? "not ready" : part.reason));
  }
  return lines;
}

}  // namespace millrace::statekit
