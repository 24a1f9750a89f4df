// A state small enough to see through: named counters. With its codec and the commands that a
// Machine decides, it stands in for a service's state in statekit's tests and the simulation.
#pragma once

#include <charconv>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "statekit/machine_core.hpp"
#include "statekit/state.hpp"

namespace millrace::test {

struct ToyEvent {
  std::string name;
  std::int64_t value = 0;  // the outcome, not the difference
  bool operator==(const ToyEvent&) const = default;
};

struct ToySnapshot {
  statekit::Revision revision = 0;
  std::map<std::string, std::int64_t> counters;
  std::map<std::string, statekit::Revision> tokens;
  bool operator==(const ToySnapshot&) const = default;
};

class ToyState {
 public:
  using Event = ToyEvent;
  using Snapshot = ToySnapshot;

  void apply(const statekit::Commit<ToyEvent>& commit) {
    held_.revision = commit.meta.revision;
    for (const ToyEvent& event : commit.events) {
      if (event.name.starts_with("token:"))
        held_.tokens[event.name] = commit.meta.revision;
      else
        set(event.name, event.value);
    }
  }
  void restore(const ToySnapshot& snapshot) {
    held_ = snapshot;
    digest_ = 0;
    for (const auto& [name, value] : held_.counters) digest_ += hash(name, value);
  }
  ToySnapshot snapshot() const { return held_; }
  statekit::Revision revision() const { return held_.revision; }
  std::uint64_t digest() const { return digest_; }
  std::int64_t value(const std::string& name) const {
    const auto it = held_.counters.find(name);
    return it == held_.counters.end() ? 0 : it->second;
  }
  const std::map<std::string, std::int64_t>& counters() const { return held_.counters; }
  const std::map<std::string, statekit::Revision>& tokens() const { return held_.tokens; }
  bool operator==(const ToyState&) const = default;

 private:
  static std::uint64_t hash(const std::string& name, std::int64_t value) {
    std::uint64_t mixed = std::hash<std::string>{}(name + "=" + std::to_string(value));
    return mixed * 0x9e3779b97f4a7c15;
  }
  void set(const std::string& name, std::int64_t value) {
    const auto [it, fresh] = held_.counters.try_emplace(name, value);
    if (!fresh) digest_ -= hash(name, it->second);
    it->second = value;
    digest_ += hash(name, value);
  }

  ToySnapshot held_;
  std::uint64_t digest_ = 0;
};

// "name=value"; numbers in text. An event named "new-kind" is one that this binary does not know.
struct ToyCodec {
  using Event = ToyEvent;
  using Snapshot = ToySnapshot;

  static bool split(statekit::BytesView text, std::string& name, std::int64_t& value) {
    const std::size_t at = text.rfind('=');
    if (at == statekit::BytesView::npos) return false;
    name = text.substr(0, at);
    const char* end = text.data() + text.size();
    return std::from_chars(text.data() + at + 1, end, value).ptr == end;
  }
  static statekit::Bytes encode(const ToyEvent& event) {
    return event.name + "=" + std::to_string(event.value);
  }
  static statekit::Result<ToyEvent> decode_event(statekit::BytesView bytes) {
    ToyEvent event;
    if (bytes.starts_with("new-kind"))
      return statekit::fail(statekit::Code::unimplemented, "an event of an unknown kind");
    if (!split(bytes, event.name, event.value))
      return statekit::fail(statekit::Code::data_loss, "no toy event");
    return event;
  }
  static statekit::Bytes encode_header(const statekit::CommitMeta& meta) {
    return std::to_string(meta.revision) + "\n" + std::to_string(meta.time_ms) + "\n" +
           meta.author + "\n" + meta.reason;
  }
  static statekit::Result<statekit::CommitMeta> decode_header(statekit::BytesView bytes) {
    std::vector<std::string> lines(1);
    for (const char c : bytes) {
      if (c == '\n' && lines.size() < 4)
        lines.emplace_back();
      else
        lines.back() += c;
    }
    statekit::CommitMeta meta;
    if (lines.size() != 4) return statekit::fail(statekit::Code::data_loss, "no toy header");
    std::from_chars(lines[0].data(), lines[0].data() + lines[0].size(), meta.revision);
    std::from_chars(lines[1].data(), lines[1].data() + lines[1].size(), meta.time_ms);
    meta.author = lines[2];
    meta.reason = lines[3];
    return meta;
  }
  // The revision in the first part, then a part for each counter and each token.
  static std::vector<statekit::Bytes> encode_snapshot(const ToySnapshot& snapshot) {
    std::vector<statekit::Bytes> parts = {std::to_string(snapshot.revision)};
    for (const auto& [name, value] : snapshot.counters) parts.push_back(encode({name, value}));
    for (const auto& [name, revision] : snapshot.tokens)
      parts.push_back(encode({name, static_cast<std::int64_t>(revision)}));
    return parts;
  }
  static statekit::Result<ToySnapshot> decode_snapshot(const std::vector<statekit::Bytes>& parts) {
    ToySnapshot snapshot;
    if (parts.empty()) return statekit::fail(statekit::Code::data_loss, "no toy snapshot");
    const statekit::Bytes& first = parts.front();
    std::from_chars(first.data(), first.data() + first.size(), snapshot.revision);
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const auto event = decode_event(parts[i]);
      if (!event) return statekit::fail(event.error());
      if (event->name.starts_with("token:"))
        snapshot.tokens[event->name] = static_cast<statekit::Revision>(event->value);
      else
        snapshot.counters[event->name] = event->value;
    }
    return snapshot;
  }
};

// Adds to a counter, which may not become negative. Adding 0 decides nothing.
struct ToyCommand {
  std::string name;
  std::int64_t add = 0;
  std::size_t times = 1;  // how many events say so
};

struct ToyModel {
  using State = ToyState;
  using Command = ToyCommand;
  using Codec = ToyCodec;

  static statekit::Result<statekit::Decision<ToyEvent>> decide(const ToyState& state,
                                                               const statekit::CommandMeta& meta,
                                                               const ToyCommand& command) {
    statekit::Decision<ToyEvent> decision;
    const std::string token = "token:" + meta.token;
    if (!meta.token.empty() && state.tokens().contains(token)) {
      decision.earlier = state.tokens().at(token);
      return decision;
    }
    const std::int64_t value = state.value(command.name) + command.add;
    if (value < 0)
      return statekit::fail(statekit::Code::failed_precondition,
                            command.name + " would be negative");
    if (command.add == 0) return decision;
    for (std::size_t i = 0; i < command.times; ++i)
      decision.events.push_back({command.name, value});
    if (!meta.token.empty()) decision.events.push_back({token, 0});
    return decision;
  }
};

}  // namespace millrace::test
