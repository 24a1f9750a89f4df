#include "services/schema/workspace/decide.hpp"

#include <algorithm>
#include <utility>

#include "services/schema/workspace/refusal.hpp"

namespace millrace::workspace {

using statekit::Decision;
using statekit::Result;
using statekit::Status;

namespace {

using Decided = Result<Decision<Event>>;

std::string quoted(const std::string& text) { return "'" + text + "'"; }

std::string holder_of(const Lock& lock) {
  std::string text = "the lock " + quoted(lock.info.id);
  if (!lock.info.who.empty()) text += " of " + lock.info.who;
  return text;
}

struct Judge {
  const WorkspaceState& state;
  const Command& command;
  std::vector<Event> events = {};

  // The lock as it counts for this command: one whose time is over is not held.
  const Lock* held() const { return state.lock() && !lapses() ? &*state.lock() : nullptr; }
  bool lapses() const {
    return state.lock() && state.lock()->ttl_ms > 0 && state.lock()->revision == command.lapsed;
  }
  void let_lapse() {
    if (lapses()) events.push_back(LockLapsed{state.lock()->info.id});
  }
  Decided decided() { return Decision<Event>{std::move(events), {}}; }

  // Whoever shows the id of a lock that lapsed, and that nobody took, still holds it.
  Status lock_allows(const std::string& shown) const {
    if (state.lock() && state.lock()->info.id == shown) return {};
    const Lock* lock = held();
    if (lock == nullptr && shown.empty()) return {};
    if (lock == nullptr)
      return refuse(Refusal::other_lock, "the lock " + quoted(shown) +
                                             " is not held any more: lock again and look at the "
                                             "state before you write");
    if (shown.empty())
      return refuse(Refusal::locked, holder_of(*lock) + " is held: wait, or write with ?ID=");
    return refuse(Refusal::other_lock,
                  "the lock " + quoted(shown) + " is not held: " + holder_of(*lock) + " is");
  }

  Status matches(const Guard& guard) const {
    const Version* current = state.current();
    const std::string now = current == nullptr
                                ? "there is no state"
                                : "the newest is version " + std::to_string(current->number);
    if (guard.absent_only && current != nullptr)
      return refuse(Refusal::stale, "If-None-Match: *, but " + now);
    if (guard.match_any && current == nullptr)
      return refuse(Refusal::stale, "If-Match: *, but " + now);
    const auto is_among = [&](const std::vector<Etag>& etags) {
      return current != nullptr &&
             std::find(etags.begin(), etags.end(), Etag{command.workspace, current->number}) !=
                 etags.end();
    };
    if (is_among(guard.not_match)) return refuse(Refusal::stale, "If-None-Match, but " + now);
    if (guard.match && !is_among(*guard.match))
      return refuse(Refusal::stale,
                    "the state has changed since that ETag: " + now + "; read it and try again");
    return {};
  }

  Status fits(std::uint64_t octets) const {
    if (octets <= command.rules.quota_bytes_max) return {};
    return refuse(Refusal::quota, "a state of " + std::to_string(octets) +
                                      " bytes is over the quota of its workspace, " +
                                      std::to_string(command.rules.quota_bytes_max) +
                                      " (schema.state.quota_bytes_max)");
  }

  std::uint64_t next_number() const {
    return state.newest() == nullptr ? 1 : state.newest()->number + 1;
  }
  // The oldest versions make room for the newest, by number and by bytes.
  std::uint64_t oldest_kept(std::uint64_t octets) const {
    const auto& all = state.versions();
    std::uint64_t sum = octets;
    std::size_t kept = 1;
    std::uint64_t oldest = next_number();
    for (auto each = all.rbegin(); each != all.rend(); ++each) {
      sum += each->octets;
      if (++kept > command.rules.versions_max || sum > command.rules.quota_bytes_max) break;
      oldest = each->number;
    }
    return oldest;
  }

  Decided operator()(const TakeLock& act) {
    const std::int64_t ttl = act.ttl_ms.value_or(0);
    if (state.lock() && state.lock()->info.id == act.info.id) {
      const std::int64_t renewed = act.ttl_ms.value_or(state.lock()->ttl_ms);
      if (renewed > 0 || renewed != state.lock()->ttl_ms)
        events.push_back(LockRenewed{act.info.id, renewed});
      return decided();
    }
    if (const Lock* lock = held()) return refuse(Refusal::locked, holder_of(*lock) + " is held");
    let_lapse();
    events.push_back(Locked{act.info, ttl});
    return decided();
  }

  Decided operator()(const ReleaseLock& act) {
    if (!state.lock()) return decided();
    if (act.id && *act.id != state.lock()->info.id) {
      if (lapses()) return decided();
      return refuse(Refusal::other_lock, "the lock " + quoted(*act.id) +
                                             " is not held: " + holder_of(*state.lock()) + " is");
    }
    events.push_back(LockReleased{state.lock()->info.id, act.forced});
    return decided();
  }

  Decided operator()(const StorePart& act) {
    const Upload* upload = state.upload(act.upload);
    if ((upload == nullptr ? 0 : upload->parts.size()) != act.index)
      return refuse(Refusal::lost_parts, "other uploads took the place of this one: try again");
    events.push_back(PartStored{act.upload, act.index, act.body});
    return decided();
  }

  Decided operator()(const Write& act) {
    if (Status allowed = lock_allows(act.guard.lock_id); !allowed) return fail(allowed.error());
    if (is_current(state, act.octets, act.sha256)) return decided();
    if (Status same = matches(act.guard); !same) return fail(same.error());
    if (Status room = fits(act.octets); !room) return fail(room.error());
    if (!act.upload.empty()) {
      const Upload* upload = state.upload(act.upload);
      std::uint64_t sum = 0;
      if (upload != nullptr)
        for (const Part& part : upload->parts) sum += part.octets;
      if (sum != act.octets)
        return refuse(Refusal::lost_parts, "other uploads took the place of this one: try again");
    }
    if (act.guard.lock_id.empty()) let_lapse();
    events.push_back(Written{next_number(), oldest_kept(act.octets), act.upload, act.body,
                             act.octets, act.sha256, act.guard.lock_id, 0});
    return decided();
  }

  Decided operator()(const Restore& act) {
    if (Status allowed = lock_allows(act.guard.lock_id); !allowed) return fail(allowed.error());
    const Version* old = state.version(act.number);
    if (old == nullptr || old->removed)
      return refuse(Refusal::no_version,
                    "version " + std::to_string(act.number) + " is not kept, or has no state");
    if (is_current(state, old->octets, old->sha256)) return decided();
    if (Status same = matches(act.guard); !same) return fail(same.error());
    if (act.guard.lock_id.empty()) let_lapse();
    events.push_back(Written{next_number(),
                             oldest_kept(old->octets),
                             {},
                             {},
                             old->octets,
                             old->sha256,
                             act.guard.lock_id,
                             old->number});
    return decided();
  }

  Decided operator()(const Remove& act) {
    if (Status allowed = lock_allows(act.guard.lock_id); !allowed) return fail(allowed.error());
    if (state.current() == nullptr) return decided();
    if (Status same = matches(act.guard); !same) return fail(same.error());
    if (act.guard.lock_id.empty()) let_lapse();
    events.push_back(Removed{next_number(), oldest_kept(0), act.guard.lock_id});
    return decided();
  }

  Decided operator()(const Seal& act) {
    if (state.sealed()) return decided();
    if (const Lock* lock = held(); lock != nullptr && !act.force)
      return refuse(Refusal::not_empty,
                    holder_of(*lock) + " is held: delete the workspace with ?force=true");
    if (state.current() != nullptr && !act.force)
      return refuse(Refusal::not_empty,
                    "the workspace has a state: delete the workspace with ?force=true");
    events.push_back(Sealed{});
    return decided();
  }
};

}  // namespace

Result<Decision<Event>> decide(const WorkspaceState& state, const statekit::CommandMeta&,
                               const Command& command) {
  if (state.sealed() && !std::holds_alternative<Seal>(command.act))
    return refuse(Refusal::sealed, "the workspace was deleted");
  Judge judge{state, command};
  return std::visit(judge, command.act);
}

Status admits(const WorkspaceState& state, const Command& command, const Write& write) {
  if (state.sealed()) return refuse(Refusal::sealed, "the workspace was deleted");
  const Judge judge{state, command};
  if (Status allowed = judge.lock_allows(write.guard.lock_id); !allowed) return allowed;
  if (is_current(state, write.octets, write.sha256)) return {};
  if (Status same = judge.matches(write.guard); !same) return same;
  return judge.fits(write.octets);
}

bool is_current(const WorkspaceState& state, std::uint64_t octets, const Digest& sha256) {
  const Version* current = state.current();
  return current != nullptr && current->octets == octets && current->sha256 == sha256;
}

}  // namespace millrace::workspace
