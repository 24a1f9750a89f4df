#include "feed_wire.hpp"

#include <utility>

namespace millrace::statekit {
namespace {

constexpr std::size_t draining_max = 10'000;  // deployments in one acknowledgement

void position_to_wire(const Position& position, v2alpha1::Position& wire) {
  wire.set_incarnation(position.incarnation);
  wire.set_revision(position.revision);
  wire.set_digest(to_bytes(position.digest));
}

Result<Position> position_from_wire(const v2alpha1::Position& wire) {
  Position position{wire.incarnation(), wire.revision(), {}};
  if (!from_bytes(wire.digest(), position.digest))
    return fail(Code::invalid_argument, "a position's digest is not 32 octets");
  return position;
}

struct Writer {
  v2alpha1::SubscribeResponse& wire;

  void operator()(const SnapshotPart& part) const {
    v2alpha1::FeedSnapshotPart& out = *wire.mutable_snapshot();
    position_to_wire(part.position, *out.mutable_position());
    out.set_index(part.index);
    out.set_last(part.last);
    out.set_data(*part.data);
  }
  void operator()(const Commits& commits) const {
    v2alpha1::FeedCommits& out = *wire.mutable_commits();
    out.set_first_revision(commits.commits.front().revision);
    out.set_digest(to_bytes(commits.commits.back().digest));
    for (const FeedCommit& commit : commits.commits) out.add_commits(*commit.bytes);
  }
  void operator()(const Heartbeat& heartbeat) const {
    position_to_wire(heartbeat.head, *wire.mutable_heartbeat()->mutable_head());
  }
};

Result<FeedMessage> read_part(v2alpha1::FeedSnapshotPart& wire) {
  Result<Position> position = position_from_wire(wire.position());
  if (!position) return fail(std::move(position.error()));
  auto data = std::make_shared<const Bytes>(std::move(*wire.mutable_data()));
  return FeedMessage(
      SnapshotPart{std::move(*position), wire.index(), wire.last(), std::move(data)});
}

// Only the last commit's digest travels: the follower computes the others on the way.
Result<FeedMessage> read_commits(v2alpha1::FeedCommits& wire) {
  Commits commits;
  Revision revision = wire.first_revision();
  for (Bytes& bytes : *wire.mutable_commits())
    commits.commits.push_back({revision++, std::make_shared<const Bytes>(std::move(bytes)), {}});
  if (commits.commits.empty() || !from_bytes(wire.digest(), commits.commits.back().digest))
    return fail(Code::data_loss, "the feed sent commits without a digest");
  return FeedMessage(std::move(commits));
}

}  // namespace

void to_wire(const FeedMessage& message, v2alpha1::SubscribeResponse& wire) {
  wire.Clear();
  std::visit(Writer{wire}, message);
}

Result<FeedMessage> from_wire(v2alpha1::SubscribeResponse& wire) {
  switch (wire.message_case()) {
    case v2alpha1::SubscribeResponse::kSnapshot: return read_part(*wire.mutable_snapshot());
    case v2alpha1::SubscribeResponse::kCommits: return read_commits(*wire.mutable_commits());
    case v2alpha1::SubscribeResponse::kHeartbeat: {
      Result<Position> head = position_from_wire(wire.heartbeat().head());
      if (!head) return fail(std::move(head.error()));
      return FeedMessage(Heartbeat{std::move(*head)});
    }
    case v2alpha1::SubscribeResponse::MESSAGE_NOT_SET: break;
  }
  return fail(Code::unimplemented, "the feed sent a message that this version does not know");
}

v2alpha1::SubscribeRequest to_wire(const Hello& hello) {
  v2alpha1::SubscribeRequest wire;
  v2alpha1::FeedHello& out = *wire.mutable_hello();
  out.set_kind(hello.kind);
  out.set_instance(hello.instance);
  out.set_format(hello.format);
  out.set_feature_level(hello.feature_level);
  if (hello.position) position_to_wire(*hello.position, *out.mutable_position());
  if (hello.snapshot_from) position_to_wire(*hello.snapshot_from, *out.mutable_snapshot_from());
  return wire;
}

v2alpha1::SubscribeRequest to_wire(const Ack& ack) {
  v2alpha1::SubscribeRequest wire;
  v2alpha1::FeedAck& out = *wire.mutable_ack();
  out.set_revision(ack.revision);
  out.set_journal_digest(to_bytes(ack.journal_digest));
  if (ack.state_digest) out.set_state_digest(*ack.state_digest);
  if (ack.draining && ack.draining->size() <= draining_max)
    out.mutable_draining()->mutable_in_flight()->insert(ack.draining->begin(), ack.draining->end());
  return wire;
}

Result<Hello> from_wire(const v2alpha1::FeedHello& wire) {
  Hello hello{wire.kind(), wire.instance(), wire.format(), {}, wire.feature_level()};
  if (!wire.has_position() && !wire.has_snapshot_from()) return hello;
  Result<Position> position =
      position_from_wire(wire.has_position() ? wire.position() : wire.snapshot_from());
  if (!position) return fail(std::move(position.error()));
  (wire.has_position() ? hello.position : hello.snapshot_from) = std::move(*position);
  return hello;
}

Result<Ack> from_wire(const v2alpha1::FeedAck& wire) {
  Ack ack{wire.revision(), {}, {}};
  if (!from_bytes(wire.journal_digest(), ack.journal_digest))
    return fail(Code::invalid_argument, "an acknowledgement's digest is not 32 octets");
  if (wire.has_state_digest()) ack.state_digest = wire.state_digest();
  if (!wire.has_draining()) return ack;
  const auto& in_flight = wire.draining().in_flight();
  if (in_flight.size() > draining_max)
    return fail(Code::invalid_argument, "an acknowledgement names at most " +
                                            std::to_string(draining_max) +
                                            " deployments that drain");
  ack.draining = DrainingCalls(in_flight.begin(), in_flight.end());
  return ack;
}

}  // namespace millrace::statekit
