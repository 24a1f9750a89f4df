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
  return record;
}

}  // namespace

statekit::Bytes encode(const ReplicaFacts& facts, MonoMs now) {
  v2alpha1::ReplicaMember message;
  message.set_address(facts.address);
  message.set_revision(facts.revision);
  message.set_feature_level(facts.feature_level);
  for (std::size_t i = 0; i < std::min(facts.endpoints.size(), endpoints_said_max); ++i)
    message.add_endpoints(facts.endpoints[i]);
  for (std::size_t i = 0; i < std::min(facts.followers.size(), followers_said_max); ++i)
    *message.add_followers() = to_proto(facts.followers[i], now);
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
  return facts;
}

}  // namespace millrace::schema_service
