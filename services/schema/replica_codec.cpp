#include <algorithm>
#include <utility>

#include "services/schema/codec.hpp"
#include "services/schema/replicas.hpp"
#include "v2alpha1/schema.pb.h"

namespace millrace::schema_service {

using statekit::Code;
using statekit::fail;
using statekit::FollowerRecord;
using statekit::MonoMs;
using statekit::Result;

namespace {

// What etcd takes in one value, with room to spare; more is cut, and noticed by `status`.
constexpr std::size_t endpoints_said_max = 20'000;
constexpr std::size_t followers_said_max = 4'096;
constexpr std::size_t draining_said_max = 10'000;  // deployments, of all routers
constexpr std::size_t votes_said_max = 256;        // the newest
constexpr std::size_t reasons_said_max = 8;

FollowerRecord follower_from(const v2alpha1::FollowerStatus& message, MonoMs now) {
  FollowerRecord record;
  record.kind = message.kind();
  record.instance = message.instance();
  record.revision = message.revision();
  record.lag = message.lag();
  record.seen_ms = now - message.seen_ms_ago();
  record.connected = record.live = message.live();
  statekit::from_bytes(message.journal_digest(), record.journal_digest);
  record.diverged = message.diverged();
  record.feature_level = message.feature_level();
  record.state_digest_at = message.state_digest_at();
  record.state_digest = message.state_digest();
  if (message.has_draining()) {
    const auto& in_flight = message.draining().in_flight();
    record.draining = statekit::DrainingCalls(in_flight.begin(), in_flight.end());
  }
  return record;
}

// A router whose calls do not fit counts as one that does not tell, which is slower and safe.
void say_draining(const FollowerRecord& record, std::size_t& room,
                  v2alpha1::FollowerStatus& message) {
  if (!record.draining || record.draining->size() > room) return;
  room -= record.draining->size();
  message.mutable_draining()->mutable_in_flight()->insert(record.draining->begin(),
                                                          record.draining->end());
}

void say_votes(std::vector<statekit::StateVote> votes, v2alpha1::ReplicaMember& message) {
  const auto newest = [](const auto& a, const auto& b) { return a.revision > b.revision; };
  std::stable_sort(votes.begin(), votes.end(), newest);
  votes.resize(std::min(votes.size(), votes_said_max));
  for (const statekit::StateVote& each : votes) {
    v2alpha1::StateVote& vote = *message.add_votes();
    vote.set_kind(each.kind);
    vote.set_format(each.format);
    vote.set_revision(each.revision);
    vote.set_digest(each.digest);
    vote.set_followers(static_cast<std::uint32_t>(each.followers));
    vote.set_wrong(static_cast<std::uint32_t>(each.wrong));
  }
}

}  // namespace

statekit::Bytes encode(const ReplicaFacts& facts, MonoMs now) {
  v2alpha1::ReplicaMember message;
  message.set_address(facts.address);
  message.set_revision(facts.revision);
  message.set_feature_level(facts.feature_level);
  for (std::size_t i = 0; i < std::min(facts.endpoints.size(), endpoints_said_max); ++i)
    message.add_endpoints(facts.endpoints[i]);
  std::size_t draining_room = draining_said_max;
  for (std::size_t i = 0; i < std::min(facts.followers.size(), followers_said_max); ++i) {
    *message.add_followers() = to_proto(facts.followers[i], now);
    say_draining(facts.followers[i], draining_room, *message.mutable_followers()->rbegin());
  }
  say_votes(facts.votes, message);
  message.set_since_ms(facts.since_ms);
  if (facts.ready) message.set_ready(*facts.ready);
  for (std::size_t i = 0; i < std::min(facts.reasons.size(), reasons_said_max); ++i)
    message.add_reasons(facts.reasons[i]);
  return message.SerializeAsString();
}

Result<ReplicaFacts> decode_replica(const statekit::Member& member, MonoMs now) {
  v2alpha1::ReplicaMember message;
  if (!message.ParseFromString(member.about))
    return fail(Code::invalid_argument, "replica " + member.id + " says what cannot be read");
  ReplicaFacts facts;
  facts.id = member.id;
  facts.address = message.address();
  facts.revision = message.revision();
  facts.feature_level = message.feature_level();
  facts.endpoints.assign(message.endpoints().begin(), message.endpoints().end());
  for (const auto& each : message.followers()) facts.followers.push_back(follower_from(each, now));
  for (const auto& each : message.votes())
    facts.votes.push_back({each.kind(), each.format(), each.revision(), each.digest(),
                           each.followers(), each.wrong()});
  facts.since_ms = message.since_ms();
  if (message.has_ready()) facts.ready = message.ready();
  facts.reasons.assign(message.reasons().begin(), message.reasons().end());
  return facts;
}

}  // namespace millrace::schema_service
