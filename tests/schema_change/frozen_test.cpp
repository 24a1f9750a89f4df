// The journal's messages as they were written when they were released, read for ever. Each field of
// each sample has a value that no other field has, so that none is taken for another.
#include <set>

#include "schema/change_codec.hpp"
#include "support/catch.hpp"
#include "support/changes.hpp"
#include "support/frozen.hpp"
#include "support/frozen_fields.hpp"
#include "v2alpha1/journal.pb.h"

using namespace millrace;
using namespace millrace::schema;
using statekit::Bytes;

namespace {

Deployment deployment() {
  Deployment value = test::deployment_of(test::module_with("shop"), "1");
  value.replicas = 3;
  value.phase = DeploymentPhase::retired;
  value.fixed_endpoint = "10.0.0.1:7001";
  value.created_revision = 11;
  return value;
}

Endpoint endpoint() { return {"ept-1", "dpl-shop-1", "10.0.0.2:7002", "host-1", true, true, 12}; }

Changeset changeset() {
  Changeset value;
  value.key = "chs-1";
  value.phase = ChangesetPhase::rolling_back;
  value.deployments = {"dpl-shop-1", "dpl-cart-1"};
  value.removed_modules = {"old"};
  value.replaced = {"dpl-shop-0"};
  value.hold = true;
  value.canary_percent = 5;
  value.deadline_ms = 61'000;
  value.drain_ms_max = 31'000;
  value.allow_breaking = true;
  value.accepted_breaks = {"cart calls shop.get"};
  value.author = "ada";
  value.reason = "because";
  value.failure = "it failed";
  value.created_revision = 21;
  value.phase_revision = 22;
  value.created_ms = 1'700'000'000'023;
  return value;
}

ConfigValue config() { return {"shop", "currency", "\"EUR\"", 31, "ada", 1'700'000'000'032}; }

SecretValue secret() {
  return {
      "shop", "api_key", "sixteen octets..", "the box", "the wrapped key", "key-1", "fingerprint",
      41,     "ada",     1'700'000'000'042};
}

access::Token token() {
  return {
      "tttttttttt",     statekit::sha256("a token"), "ada", "a note", 1'700'000'000'051, 52, "bob",
      1'700'000'000'053};
}

access::Grant grant() {
  return {"ada",
          {{access::Role::viewer, {"a*"}},
           {access::Role::deployer, {"b*"}},
           {access::Role::operator_, {"c*"}},
           {access::Role::secret_reader, {"d*"}},
           {access::Role::service, {"e*"}},
           {access::Role::admin, {"workspace:f*"}}},
          61,
          "bob",
          1'700'000'000'062};
}

struct Sample {
  std::string name;
  Event event;
};

std::vector<Sample> samples() {
  return {{"changeset-created", ChangesetCreated{changeset(), {deployment()}}},
          {"changeset-prepared", ChangesetPrepared{"chs-2"}},
          {"changeset-committed", ChangesetCommitted{"chs-3", {"dpl-shop-0", "dpl-cart-0"}}},
          {"changeset-drained", ChangesetDrained{"chs-4"}},
          {"changeset-finalized", ChangesetFinalized{"chs-5"}},
          {"changeset-rolling-back", ChangesetRollingBack{"chs-6", "too late"}},
          {"changeset-failed", ChangesetFailed{"chs-7", "too slow"}},
          {"deployments-removed", DeploymentsRemoved{{"dpl-shop-0", "dpl-cart-0"}}},
          {"endpoint-registered", EndpointRegistered{endpoint()}},
          {"endpoint-health-changed", EndpointHealthChanged{"ept-2", true}},
          {"endpoint-removed", EndpointRemoved{"ept-3", "left"}},
          {"request-remembered", RequestRemembered{"ada", "once", statekit::sha256("a request")}},
          {"feature-level-raised", FeatureLevelRaised{2}},
          {"config-set", ConfigSet{config()}},
          {"config-unset", ConfigUnset{"shop", "currency"}},
          {"secret-set", SecretSet{secret()}},
          {"secret-unset", SecretUnset{"shop", "api_key"}},
          {"secret-rewrapped",
           SecretRewrapped{"shop", "api_key", "sixteen octets..", "wrapped anew", "key-2"}},
          {"token-created", TokenCreated{token()}},
          {"token-revoked", TokenRevoked{"tttttttttt", "ada"}},
          {"roles-set", RolesSet{grant()}},
          {"roles-unset", RolesUnset{"ada"}}};
}

Snapshot snapshot() {
  Snapshot value;
  value.revision = 71;
  value.time_ms = 1'700'000'000'072;
  value.feature_level = 2;
  value.deployments = {deployment()};
  value.endpoints = {endpoint()};
  value.changesets = {changeset()};
  value.requests = {{"ada", "once", statekit::sha256("a request"), 73}};
  value.superseded = {{"shop", statekit::sha256("a schema"), "build-0", 74}};
  value.config = {config()};
  value.config_unset_revision = 75;
  value.secrets = {secret()};
  value.tokens = {token()};
  value.grants = {grant()};
  value.secret_unset_revision = 76;
  return value;
}

test::Frozen frozen() { return test::Frozen(FIXTURES "/journal.txt"); }

}  // namespace

TEST_CASE("G9: events of every kind that were written before are read") {
  test::Frozen bytes = frozen();
  for (const Sample& sample : samples()) {
    const auto before = bytes.of(sample.name, ChangeCodec::encode(sample.event));
    INFO(bytes.advice(sample.name));
    REQUIRE(before);
    const auto read = ChangeCodec::decode_event(*before);
    REQUIRE(read);
    CHECK(*read == sample.event);
  }
}

TEST_CASE("G9: no kind of event is without frozen bytes, and none leaves out a released field") {
  std::set<std::size_t> kinds;
  std::vector<std::string> all;
  test::Frozen bytes = frozen();
  for (const Sample& sample : samples()) {
    kinds.insert(sample.event.index());
    all.push_back(bytes.of(sample.name, ChangeCodec::encode(sample.event)).value_or(""));
  }
  INFO("a new kind of event wants a line in samples()");
  CHECK(kinds.size() == std::variant_size_v<Event>);
  const test::ReleasedProtos released(RELEASED_PROTOS);
  CHECK(released.fields("Event", "Module").size() > 100);
  CHECK(test::left_out<v2alpha1::Event>(released, all, "Module") == test::FieldNames{});
}

TEST_CASE("G9: a snapshot with every section that was written before is read") {
  test::Frozen bytes = frozen();
  const auto parts = ChangeCodec::encode_snapshot(snapshot());
  REQUIRE(parts.size() == 1);
  const auto before = bytes.of("snapshot", parts[0]);
  INFO(bytes.advice("snapshot"));
  REQUIRE(before);
  const auto read = ChangeCodec::decode_snapshot({*before});
  REQUIRE(read);
  CHECK(*read == snapshot());
  const test::ReleasedProtos released(RELEASED_PROTOS);
  CHECK(released.fields("SnapshotChunk", "Module").size() > 60);
  CHECK(test::left_out<v2alpha1::SnapshotChunk>(released, {*before}, "Module") ==
        test::FieldNames{});
}

TEST_CASE("G9: a commit's header that was written before is read") {
  test::Frozen bytes = frozen();
  const statekit::CommitMeta meta{81, 1'700'000'000'082, "ada", "because"};
  const auto before = bytes.of("commit-header", ChangeCodec::encode_header(meta));
  INFO(bytes.advice("commit-header"));
  REQUIRE(before);
  CHECK(ChangeCodec::decode_header(*before).value() == meta);
}
