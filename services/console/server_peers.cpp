#include "services/console/server_peers.hpp"

#include <algorithm>
#include <chrono>

#include <grpcpp/grpcpp.h>

#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::console {
namespace {

namespace pb = millrace::v2alpha1;

constexpr auto interval = std::chrono::milliseconds(1'000);
constexpr auto deadline = std::chrono::milliseconds(2'000);
constexpr std::size_t followers_max = 1'000;
constexpr std::size_t replicas_max = 100;

FollowerView view_of(const pb::FollowerStatus& status) {
  FollowerView view;
  view.kind = status.kind();
  view.instance = status.instance();
  view.revision = status.revision();
  view.lag = status.lag();
  view.seen_ms_ago = status.seen_ms_ago();
  view.live = status.live();
  view.diverged = status.diverged();
  return view;
}

ReplicaView view_of(const pb::ReplicaStatus& status) {
  ReplicaView view;
  view.id = status.id();
  view.address = status.address();
  view.since_ms = status.since_ms();
  view.writer = status.writer();
  view.asked = status.asked();
  view.revision = status.revision();
  if (status.has_ready()) view.state = status.ready() ? "ready" : "not-ready";
  view.reasons.assign(status.reasons().begin(), status.reasons().end());
  view.endpoints = status.endpoints();
  view.followers = status.followers();
  return view;
}

PeersView view_of(const pb::GetStatusResponse& response) {
  PeersView view;
  view.error.clear();
  view.head = response.head().revision();
  view.storage = response.storage();
  for (const pb::FollowerStatus& status : response.followers()) {
    if (view.followers.size() >= followers_max) break;
    view.followers.push_back(view_of(status));
  }
  for (const pb::ReplicaStatus& status : response.replicas()) {
    if (view.replicas.size() >= replicas_max) break;
    view.replicas.push_back(view_of(status));
  }
  std::sort(view.followers.begin(), view.followers.end(),
            [](const FollowerView& a, const FollowerView& b) {
              return std::tie(a.kind, a.instance) < std::tie(b.kind, b.instance);
            });
  return view;
}

}  // namespace

void Peers::start() {
  if (!schema_.empty()) thread_ = std::thread([this] { run(); });
}

void Peers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (cancel_) cancel_();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

PeersView Peers::latest() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

void Peers::run() {
  while (true) {
    ask();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, interval, [this] { return stopping_; })) return;
  }
}

bool Peers::begin(std::function<void()> cancel) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  cancel_ = std::move(cancel);
  return true;
}

void Peers::ask() {
  const statekit::Channel& channel = schema_[turn_ % schema_.size()];
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  if (!begin([&context] { context.TryCancel(); })) return;
  pb::GetStatusResponse response;
  const grpc::Status status =
      pb::SchemaService::NewStub(channel.grpc())->GetStatus(&context, {}, &response);
  if (status.ok()) return keep(view_of(response));
  ++turn_;  // the next replica may know
  keep_error("the schema service does not say who follows: " + status.error_message());
}

void Peers::keep(PeersView view) {
  const std::lock_guard lock(mutex_);
  cancel_ = nullptr;
  view_ = std::move(view);
}

void Peers::keep_error(std::string error) {
  const std::lock_guard lock(mutex_);
  cancel_ = nullptr;
  view_.error = std::move(error);
}

}  // namespace millrace::console
