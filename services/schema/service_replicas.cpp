// What the schema service tells the other replicas, and what it makes of what they tell.
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
  facts.feature_level = machine_.read()->feature_level();
  facts.endpoints = conductor_.held();
  facts.followers = hub_.followers(clock_.mono_ms());
  facts.votes = hub_.votes();
  return facts;
}

// G7: followers of one kind are compared wherever they are.
void Service::weigh_votes_of_others() {
  std::vector<statekit::StateVote> votes;
  for (const ReplicaFacts& each : replicas_.others())
    votes.insert(votes.end(), each.votes.begin(), each.votes.end());
  hub_.weigh(votes);
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
