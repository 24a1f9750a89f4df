// FollowerCore<State, Codec>: the client's side of the feed without I/O, thread or clock. It takes
// messages, checks order and digests (promise G3), applies them to a Projection, keeps the cache on
// disk, and says what to acknowledge. Any trouble at all has one answer: drop the stream, wait,
// reconnect with hello(). Driven by one thread (statekit/io/follower.hpp or a simulation); status()
// and position() from any.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "statekit/commit_codec.hpp"
#include "statekit/feed.hpp"
#include "statekit/follower_cache.hpp"
#include "statekit/follower_parts.hpp"
#include "statekit/projection.hpp"
#include "statekit/snapshot.hpp"
#include "statekit/state.hpp"

namespace millrace::statekit {

template <FollowerState State, class Codec>
class FollowerCore final : public FeedFollower {
 public:
  // `projection` outlives the core; `cache` may be null.
  FollowerCore(FollowerIdentity identity, Projection<State>& projection,
               std::unique_ptr<FollowerCache> cache = nullptr, FollowerLimits limits = {})
      : FeedFollower(with_level(std::move(identity)), limits),
        projection_(projection),
        cache_(std::move(cache)) {}

  // From the cache on disk, before the first connection. An error says why there was nothing to
  // start from (NotFound: no cache); a bad cache was thrown away.
  Status load_cache() {
    if (cache_ == nullptr) return fail(Code::not_found, "no cache is kept");
    Result<CachedFeed> cached = cache_->load();
    if (!cached) return fail(std::move(cached.error()));
    Status loaded = restore(std::move(cached->snapshot));
    for (const FeedCommit& commit : cached->commits) {
      if (!loaded) break;
      loaded = apply(commit);
    }
    if (!loaded) {
      cache_->discard();
      forget_position();
    }
    return loaded;
  }

  using FeedFollower::hello;

 protected:
  // Once the last part is here.
  Status take_snapshot(std::vector<Bytes> parts) override {
    std::vector<Bytes> stored;
    if (cache_) stored = parts;
    if (Status restored = restore(std::move(parts)); !restored) return restored;
    if (cache_) note_cache(cache_->replace(stored));
    return {};
  }

  Status take_commit(const FeedCommit& commit) override {
    if (Status applied = apply(commit); !applied) return applied;
    if (cache_ == nullptr) return {};
    note_cache(cache_->append(commit));
    if (cache_->outgrown()) shorten_cache();
    return {};
  }

  std::uint64_t state_digest() const override { return projection_.read()->digest(); }

 private:
  static FollowerIdentity with_level(FollowerIdentity identity) {
    if constexpr (requires { Codec::feature_level; }) identity.feature_level = Codec::feature_level;
    return identity;
  }

  Status restore(std::vector<Bytes> parts) {
    auto decoded = decode_snapshot_parts<Codec>(std::move(parts));
    if (!decoded) return fail(std::move(decoded.error()));
    if (Status forward = check_forward(decoded->header.position); !forward) return forward;
    projection_.restore(decoded->snapshot);
    check(projection_.revision() == decoded->header.position.revision,
          "a restored state stands at its snapshot's revision");
    time_ms_ = decoded->header.time_ms;
    set_position(decoded->header.position);
    return {};
  }

  Status apply(const FeedCommit& commit) {
    Result<Envelope> envelope = check_next(commit);
    if (!envelope) return fail(std::move(envelope.error()));
    Result<Commit<typename State::Event>> decoded =
        from_envelope<Codec>(commit.revision, *envelope);
    if (!decoded) return fail(std::move(decoded.error()));
    projection_.apply(*decoded);
    time_ms_ = decoded->meta.time_ms;
    set_position({position()->incarnation, commit.revision, commit.digest});
    return {};
  }

  // A state that can be written down makes its own snapshot; any other asks for a new one.
  void shorten_cache() {
    if constexpr (MachineState<State>) {
      const SnapshotParts parts = encode_snapshot_parts<Codec>({position().value(), time_ms_},
                                                               projection_.read()->snapshot());
      std::vector<Bytes> stored;
      for (const auto& part : parts.parts) stored.push_back(*part);
      note_cache(cache_->replace(stored));
    } else {
      want_snapshot();
    }
  }

  Projection<State>& projection_;
  const std::unique_ptr<FollowerCache> cache_;
  WallMs time_ms_ = 0;
};

}  // namespace millrace::statekit
