// A workspace on the bench: commands in, the state's own words out. Each event passes through its
// stored form on the way. One thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "services/schema/workspace/codec.hpp"
#include "services/schema/workspace/decide.hpp"
#include "services/schema/workspace/refusal.hpp"
#include "support/catch.hpp"

namespace millrace::test {

inline workspace::LockInfo lock_of(const std::string& id, const std::string& who = "ada") {
  workspace::LockInfo info;
  info.id = id;
  info.operation = "OperationTypeApply";
  info.who = who;
  return info;
}

inline workspace::Write write_of(const std::string& body, workspace::Guard guard = {}) {
  return {std::move(guard), {}, body, body.size(), statekit::sha256(body)};
}

inline workspace::Guard shown(const std::string& lock_id) {
  workspace::Guard guard;
  guard.lock_id = lock_id;
  return guard;
}

struct Bench {
  workspace::WorkspaceState state;
  workspace::Rules rules;
  statekit::Revision lapsed = 0;
  std::vector<statekit::Commit<workspace::Event>> commits;

  // "ok", "nothing" where nothing was to be done, or the refusal's number as a word.
  std::string does(workspace::Act act) {
    const workspace::Command command{std::move(act), lapsed, 7, rules};
    statekit::CommandMeta meta;
    meta.principal = "ada";
    auto decided = workspace::decide(state, meta, command);
    if (!decided) {
      message = decided.error().message;
      return word(workspace::refusal_of(decided.error()));
    }
    if (decided->events.empty()) return "nothing";
    const auto revision = state.revision() + 1;
    statekit::Commit<workspace::Event> commit{
        {revision, static_cast<statekit::WallMs>(1'000 * revision), "ada", {}}, {}};
    for (const workspace::Event& event : decided->events) {
      auto again =
          workspace::WorkspaceCodec::decode_event(workspace::WorkspaceCodec::encode(event));
      REQUIRE(again);
      REQUIRE(*again == event);
      commit.events.push_back(std::move(*again));
    }
    state.apply(commit);
    commits.push_back(std::move(commit));
    return "ok";
  }

  static std::string word(workspace::Refusal refusal) {
    switch (refusal) {
      case workspace::Refusal::none: return "error";
      case workspace::Refusal::locked: return "locked";
      case workspace::Refusal::other_lock: return "other lock";
      case workspace::Refusal::stale: return "stale";
      case workspace::Refusal::no_version: return "no version";
      case workspace::Refusal::not_empty: return "not empty";
      case workspace::Refusal::quota: return "quota";
      case workspace::Refusal::lost_parts: return "lost parts";
      case workspace::Refusal::sealed: return "sealed";
      case workspace::Refusal::full: return "full";
    }
    return "?";
  }

  // "lock a, versions 1 2 x3": x is one without a state.
  std::string dump() const {
    std::string text = state.sealed() ? "sealed" : "";
    if (state.lock()) text += "lock " + state.lock()->info.id;
    for (const auto& version : state.versions())
      text += (text.empty() ? "" : " ") + std::string(version.removed ? "x" : "v") +
              std::to_string(version.number);
    return text;
  }

  std::string message;
};

}  // namespace millrace::test
