#include "services/console/server_past.hpp"

#include <chrono>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "schema/change_codec.hpp"
#include "statekit/snapshot.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::console {
namespace {

namespace pb = millrace::v2alpha1;
using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

Status stopping() { return fail(Code::unavailable, "the console is stopping"); }

std::chrono::system_clock::time_point deadline() {
  return std::chrono::system_clock::now() + std::chrono::milliseconds(past_ms_max);
}

// Reads the parts in their order until the last one.
class Parts {
 public:
  explicit Parts(Revision revision) : revision_(revision) {}

  Status take(pb::FeedSnapshotPart& part) {
    // A version that knows nothing of the past sends its present instead.
    if (!part.past() || part.position().revision() != revision_)
      return fail(Code::unimplemented,
                  "the schema service is of a version that does not tell the past: update it");
    if (complete_ || part.index() != parts_.size())
      return fail(Code::data_loss, "the feed sent a past state out of order");
    bytes_ += part.data().size();
    if (bytes_ > past_bytes_max)
      return fail(Code::resource_exhausted,
                  "revision " + std::to_string(revision_) + " is larger than the " +
                      std::to_string(past_bytes_max) + " bytes that the console takes in");
    incarnation_ = part.position().incarnation();
    complete_ = part.last();
    parts_.push_back(std::move(*part.mutable_data()));
    return {};
  }

  Result<PastSystem> system() {
    if (!complete_) return fail(Code::data_loss, "the feed ended within a past state");
    auto decoded = statekit::decode_snapshot_parts<schema::ChangeCodec>(std::move(parts_));
    if (!decoded) return fail(std::move(decoded.error()));
    PastSystem out;
    out.incarnation = incarnation_;
    out.state.restore(decoded->snapshot);
    out.commit.revision = revision_;
    out.commit.time_ms = decoded->header.time_ms;
    return out;
  }

 private:
  const Revision revision_;
  std::vector<statekit::Bytes> parts_;
  std::size_t bytes_ = 0;
  bool complete_ = false;
  std::string incarnation_;
};

Status to_status(const grpc::Status& status) {
  if (status.ok()) return {};
  return fail(static_cast<Code>(status.error_code()), status.error_message());
}

}  // namespace

void Past::start() {
  thread_ = std::thread([this] { run(); });
}

void Past::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (cancel_) cancel_();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Past::ask(Revision revision, std::string incarnation, Done done) {
  Status room;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_)
      room = stopping();
    else if (waiting_.size() >= past_asks_max)
      room = fail(Code::resource_exhausted, "too many ask for the past: try again later");
    else
      waiting_.push_back({revision, std::move(incarnation), std::move(done)});
  }
  if (!room) return done(fail(room.error()));
  wake_.notify_one();
}

void Past::run() {
  for (;;) {
    Question question;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      question = std::move(waiting_.front());
      waiting_.pop_front();
    }
    question.done(view_of(question));
  }
}

bool Past::begin(std::function<void()> cancel) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  cancel_ = std::move(cancel);
  return true;
}

void Past::end() {
  const std::lock_guard lock(mutex_);
  cancel_ = nullptr;
}

Past::View Past::kept(const Question& question) const {
  for (const View& view : views_) {
    if (view->commit.revision == question.revision && view->incarnation == question.incarnation)
      return view;
  }
  return nullptr;
}

// Each replica is asked once at most.
Result<Past::View> Past::view_of(const Question& question) {
  if (View view = kept(question)) return view;
  Result<View> view = fail(Code::unavailable, "there is no schema service to ask");
  for (std::size_t tries = 0; tries < schema_.size(); ++tries) {
    view = fetch(schema_[turn_ % schema_.size()], question.revision);
    if (view || view.error().code != Code::unavailable) break;
    ++turn_;
  }
  if (!view) return view;
  views_.push_front(*view);
  if (views_.size() > past_views_max) views_.pop_back();
  return view;
}

Result<Past::View> Past::fetch(const statekit::Channel& channel, Revision revision) {
  Result<PastSystem> system = snapshot(channel, revision);
  if (!system) return fail(std::move(system.error()));
  if (Status named = name_commit(channel, system->commit); !named) return fail(named.error());
  system->text = system_json(system->state, ended_max_);
  return std::make_shared<const PastSystem>(*std::move(system));
}

Result<PastSystem> Past::snapshot(const statekit::Channel& channel, Revision revision) {
  grpc::ClientContext context;
  context.set_deadline(deadline());
  if (!begin([&context] { context.TryCancel(); })) return fail(stopping().error());
  const auto stream = pb::SchemaService::NewStub(channel.grpc())->Subscribe(&context);
  pb::SubscribeRequest request;
  request.mutable_hello()->set_kind("console");
  request.mutable_hello()->set_instance("past");
  request.mutable_hello()->set_at_revision(revision);
  stream->Write(request);
  stream->WritesDone();
  Parts parts(revision);
  Status taken;
  pb::SubscribeResponse response;
  while (taken && stream->Read(&response)) {
    taken = response.has_snapshot()
                ? parts.take(*response.mutable_snapshot())
                : fail(Code::unimplemented, "the schema service does not tell the past: update it");
  }
  if (!taken) context.TryCancel();
  const Status ended = to_status(stream->Finish());
  end();
  if (!taken) return fail(taken.error());
  if (!ended) return fail(ended.error());
  return parts.system();
}

// Who made it so, and why. The commit may be compacted while the state after it is kept.
Status Past::name_commit(const statekit::Channel& channel, PastView& commit) {
  grpc::ClientContext context;
  context.set_deadline(deadline());
  if (!begin([&context] { context.TryCancel(); })) return stopping();
  pb::GetHistoryRequest request;
  request.set_before_revision(commit.revision + 1);
  request.set_limit(1);
  pb::GetHistoryResponse response;
  const Status asked = to_status(
      pb::SchemaService::NewStub(channel.grpc())->GetHistory(&context, request, &response));
  end();
  if (!asked) return asked;
  if (response.entries_size() == 0 || response.entries(0).revision() != commit.revision) return {};
  const pb::HistoryEntry& entry = response.entries(0);
  commit.author = entry.author();
  commit.reason = entry.reason();
  commit.changes.assign(entry.changes().begin(), entry.changes().end());
  return {};
}

}  // namespace millrace::console
