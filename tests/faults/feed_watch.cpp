#include "tests/faults/feed_watch.hpp"

#include <grpcpp/grpcpp.h>

#include <random>

#include "statekit/io/channel.hpp"
#include "v2alpha1/journal.pb.h"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::test {

using v2alpha1::FeedCommits;
using v2alpha1::SubscribeRequest;
using v2alpha1::SubscribeResponse;

void Seen::commit(std::uint64_t revision, const std::string& octets, const std::string& who) {
  const std::lock_guard lock(mutex_);
  const auto [at, fresh] = commits_.emplace(revision, octets);
  if (!fresh && at->second != octets)
    faults_.push_back(who + ": revision " + std::to_string(revision) + " has other bytes here");
}

void Seen::digest(std::uint64_t revision, const std::string& digest, const std::string& who) {
  const std::lock_guard lock(mutex_);
  const auto [at, fresh] = digests_.emplace(revision, digest);
  if (!fresh && at->second != digest)
    faults_.push_back(who + ": revision " + std::to_string(revision) + " has another digest here");
}

void Seen::fault(const std::string& what) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(what);
}

std::vector<std::string> Seen::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

std::map<std::uint64_t, std::string> Seen::commits() const {
  const std::lock_guard lock(mutex_);
  return commits_;
}

struct FeedWatch::Stream {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<SubscribeRequest, SubscribeResponse>> calls;
  SubscribeResponse message;
  bool resuming = false;  // asked to go on from a position
  bool begun = false;
};

FeedWatch::FeedWatch(std::vector<std::string> addresses, std::string name, std::uint32_t seed,
                     Seen& seen)
    : addresses_(std::move(addresses)), name_(std::move(name)), seen_(seen) {
  thread_ = std::thread([this, seed] { run(seed); });
}

FeedWatch::~FeedWatch() { stop(); }

void FeedWatch::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void FeedWatch::run(std::uint32_t seed) {
  std::mt19937 random(seed);
  while (!stop_) follow(addresses_[random() % addresses_.size()]);
}

// One stream, of a few seconds at most, so that followers move about.
void FeedWatch::follow(const std::string& address) {
  Stream stream;
  stream.context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(6));
  const auto stub = v2alpha1::SchemaService::NewStub(statekit::connect(address).grpc());
  stream.calls = stub->Subscribe(&stream.context);
  SubscribeRequest hello;
  hello.mutable_hello()->set_kind("watch");
  hello.mutable_hello()->set_instance(name_);
  hello.mutable_hello()->set_format(1);
  if (revision_ > 0) {
    auto* position = hello.mutable_hello()->mutable_position();
    position->set_incarnation(incarnation_);
    position->set_revision(revision_);
    position->set_digest(digest_);
    stream.resuming = true;
  }
  stream.calls->Write(hello);
  while (!stop_ && stream.calls->Read(&stream.message) && take(stream)) continue;
  stream.context.TryCancel();
  while (stream.calls->Read(&stream.message)) continue;
  stream.calls->Finish();
}

namespace {

// The commits of one message, each the next revision; the last revision, or 0 after a fault.
std::uint64_t take_commits(const FeedCommits& commits, std::uint64_t last, const std::string& who,
                           Seen& seen) {
  std::uint64_t revision = commits.first_revision();
  if (revision != last + 1) {
    seen.fault(who + ": after revision " + std::to_string(last) + " came " +
               std::to_string(revision));
    return 0;
  }
  for (const std::string& octets : commits.commits()) {
    v2alpha1::Commit commit;
    v2alpha1::CommitHeader header;
    const bool whole = commit.ParseFromString(octets) && header.ParseFromString(commit.header());
    if (!whole || header.revision() != revision) {
      seen.fault(who + ": a commit said to be revision " + std::to_string(revision) + " is " +
                 (whole ? std::to_string(header.revision()) : "broken"));
      return 0;
    }
    seen.commit(revision++, octets, who);
  }
  return revision - 1;
}

}  // namespace

bool FeedWatch::take(Stream& stream) {
  const SubscribeResponse& message = stream.message;
  if (message.has_snapshot()) {
    const auto& position = message.snapshot().position();
    if (position.incarnation() == incarnation_ && position.revision() < revision_) {
      seen_.fault(name_ + ": was at revision " + std::to_string(revision_) +
                  " and was sent a snapshot of " + std::to_string(position.revision()));
      return false;
    }
    if (!message.snapshot().last()) return true;
    ++snapshots_;
    stream.begun = true;
    if (!incarnation_.empty() && incarnation_ != position.incarnation())
      seen_.fault(name_ + ": the incarnation changed");
    incarnation_ = position.incarnation();
    revision_ = position.revision();
    digest_ = position.digest();
    seen_.digest(revision_, digest_, name_);
    return true;
  }
  if (!message.has_commits()) return true;
  const std::uint64_t last = take_commits(message.commits(), revision_, name_, seen_);
  if (last == 0) return false;
  if (stream.resuming && !stream.begun) ++resumed_;
  stream.begun = true;
  revision_ = last;
  digest_ = message.commits().digest();
  seen_.digest(revision_, digest_, name_);
  SubscribeRequest ack;
  ack.mutable_ack()->set_revision(revision_);
  ack.mutable_ack()->set_journal_digest(digest_);
  return stream.calls->Write(ack);
}

}  // namespace millrace::test
