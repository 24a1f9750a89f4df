// What journals of workspaces and of their catalogue hold, as it was written when it was released,
// read for ever. Each field of each sample has a value that no other field has.
#include <set>

#include "services/schema/workspace/codec.hpp"
#include "support/catch.hpp"
#include "support/frozen.hpp"
#include "support/frozen_fields.hpp"
#include "v2alpha1/workspace.pb.h"

using namespace millrace;
using namespace millrace::workspace;

namespace {

LockInfo info() { return {"lock-1", "apply", "a word", "ada@host", "1.9", "2026-11-28", "a/path"}; }

struct Sample {
  std::string name;
  Event event;
};

std::vector<Sample> samples() {
  return {
      {"locked", Locked{info(), 61'000}},
      {"lock-renewed", LockRenewed{"lock-2", 62'000}},
      {"lock-released", LockReleased{"lock-3", true}},
      {"lock-lapsed", LockLapsed{"lock-4"}},
      {"part-stored", PartStored{"upload-1", 7, "a piece"}},
      {"written", Written{8, 3, "upload-2", "a body", 9, statekit::sha256("a body"), "lock-5", 4}},
      {"removed", Removed{10, 5, "lock-6"}},
      {"sealed", Sealed{}}};
}

WorkspaceSnapshot snapshot() {
  WorkspaceSnapshot value;
  value.revision = 21;
  value.lock = Lock{info(), 22, 1'700'000'000'023, 63'000};
  value.versions = {{24,
                     true,
                     25,
                     statekit::sha256("a body"),
                     {{26, 27}},
                     1'700'000'000'028,
                     "ada",
                     "lock-7",
                     29}};
  value.uploads = {{"upload-3", {{30, 31}}}};
  value.audit = {{32, 1'700'000'000'033, "bob", "write", "a detail"}};
  value.sealed = true;
  return value;
}

std::vector<std::pair<std::string, CatalogueEvent>> catalogue_samples() {
  return {{"name-entered", NameEntered{"prod"}}, {"name-dropped", NameDropped{"test", 41}}};
}

CatalogueSnapshot catalogue() {
  CatalogueSnapshot value;
  value.revision = 42;
  value.names["prod"] = {43, 1'700'000'000'044};
  return value;
}

test::Frozen frozen() { return test::Frozen(FIXTURES "/workspace.txt"); }

// REQUIRES that there are bytes of this name.
std::string bytes_of(const std::string& name, const statekit::Bytes& now) {
  test::Frozen bytes = frozen();
  const auto found = bytes.of(name, now);
  INFO(bytes.advice(name));
  REQUIRE(found);
  return *found;
}

}  // namespace

TEST_CASE("G9: events of workspaces and their catalogue that were written before are read") {
  const test::ReleasedProtos released(RELEASED_PROTOS);
  std::set<std::size_t> kinds;
  std::vector<std::string> all;
  for (const Sample& sample : samples()) {
    kinds.insert(sample.event.index());
    all.push_back(bytes_of(sample.name, WorkspaceCodec::encode(sample.event)));
    const auto read = WorkspaceCodec::decode_event(all.back());
    REQUIRE(read);
    CHECK(*read == sample.event);
  }
  CHECK(kinds.size() == std::variant_size_v<Event>);
  CHECK(released.fields("WorkspaceEvent").size() > 30);
  CHECK(test::left_out<v2alpha1::WorkspaceEvent>(released, all) == test::FieldNames{});
  all.clear();
  kinds.clear();
  for (const auto& [name, event] : catalogue_samples()) {
    kinds.insert(event.index());
    all.push_back(bytes_of(name, CatalogueCodec::encode(event)));
    CHECK(CatalogueCodec::decode_event(all.back()).value() == event);
  }
  CHECK(kinds.size() == std::variant_size_v<CatalogueEvent>);
  CHECK(released.fields("CatalogueEvent").size() == 5);
  CHECK(test::left_out<v2alpha1::CatalogueEvent>(released, all) == test::FieldNames{});
}

TEST_CASE("G9: snapshots of workspaces and their catalogue that were written before are read") {
  const test::ReleasedProtos released(RELEASED_PROTOS);
  const std::string one = bytes_of("snapshot", WorkspaceCodec::encode_snapshot(snapshot()).at(0));
  CHECK(WorkspaceCodec::decode_snapshot({one}).value() == snapshot());
  CHECK(released.fields("WorkspaceSnapshot").size() > 30);
  CHECK(test::left_out<v2alpha1::WorkspaceSnapshot>(released, {one}) == test::FieldNames{});
  const std::string names = bytes_of("catalogue", CatalogueCodec::encode_snapshot(catalogue())[0]);
  CHECK(CatalogueCodec::decode_snapshot({names}).value() == catalogue());
  CHECK(released.fields("CatalogueSnapshot").size() == 7);
  CHECK(test::left_out<v2alpha1::CatalogueSnapshot>(released, {names}) == test::FieldNames{});
}
