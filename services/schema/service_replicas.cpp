// What the schema service tells the other replicas, and what it makes of what they tell.
#include <algorithm>

#include "services/schema/service.hpp"

namespace millrace::schema_service {

using statekit::FollowerRecord;

std::vector<FollowerRecord> Service::followers() const {
  return merge_followers(hub_.followers(clock_.mono_ms()), replicas_.others());
}

// What the others need to know of this replica.
ReplicaFacts Service::facts() {
  ReplicaFacts facts;
  facts.id = replicas_.id();
  facts.revision = machine_.position().revision;
  facts.feature_level = schema::feature_level_newest;
  facts.endpoints = conductor_.held();
  facts.followers = hub_.followers(clock_.mono_ms());
  facts.votes = hub_.votes();
  facts.since_ms = created_ms_;
  const statekit::Status able = health();
  facts.ready = able.has_value();
  if (!able) facts.reasons = {able.error().message};
  return facts;
}

// G7: followers of one kind are compared wherever they are.
void Service::weigh_votes_of_others() {
  std::vector<statekit::StateVote> votes;
  for (const ReplicaFacts& each : replicas_.others())
    votes.insert(votes.end(), each.votes.begin(), each.votes.end());
  hub_.weigh(votes);
}

// What all who are connected can read; who cannot read more is named in `laggards`.
std::uint32_t Service::readers_level(std::vector<std::string>* laggards) const {
  std::uint32_t level = schema::feature_level_newest;
  const auto weigh = [&](std::uint32_t can, const std::string& who) {
    can = std::max<std::uint32_t>(can, 1);  // one that does not tell is of the first release
    if (can < schema::feature_level_newest && laggards != nullptr)
      laggards->push_back(who + " reads level " + std::to_string(can));
    level = std::min(level, can);
  };
  for (const ReplicaFacts& each : replicas_.others())
    weigh(each.feature_level, "replica " + each.address);
  for (const FollowerRecord& each : followers())
    if (each.live) weigh(each.feature_level, each.kind + " " + each.instance);
  return level;
}

statekit::Status Service::check_readers(std::uint32_t wanted) const {
  if (wanted <= machine_.read()->feature_level()) return {};
  std::vector<std::string> laggards;
  if (readers_level(&laggards) >= wanted) return {};
  return statekit::fail(statekit::Code::failed_precondition,
                        "this needs feature level " + std::to_string(wanted) +
                            ", which not everyone can read yet, so nothing was done: upgrade them "
                            "and try again",
                        std::move(laggards));
}

Conductor::Others Service::others() const {
  Conductor::Others others;
  others.writer = replicas_.is_writer();
  for (ReplicaFacts& each : replicas_.others())
    others.held.insert(others.held.end(), each.endpoints.begin(), each.endpoints.end());
  return others;
}

std::vector<FollowerFact> Service::follower_facts() const {
  // The clockwork waits for routers only; it asks often, and there may be many others.
  std::vector<FollowerFact> facts;
  for (const FollowerRecord& record :
       merge_followers(hub_.followers(clock_.mono_ms(), "routing"), replicas_.others()))
    facts.push_back({record.kind, record.live, record.revision, record.draining});
  return facts;
}

}  // namespace millrace::schema_service
