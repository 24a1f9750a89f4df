#include <algorithm>
#include <chrono>
#include <utility>

#include "services/schema/codec.hpp"
#include "services/schema/rpc_parts_pb.hpp"

namespace millrace::schema_service {

using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

// gRPC refuses messages of a status beyond 8 KiB altogether.
constexpr std::size_t status_bytes_max = 6'000;
constexpr std::uint32_t list_limit_default = 100;
constexpr std::uint32_t list_limit_max = 1'000;

}  // namespace

statekit::Error fitting(statekit::Error error) {
  std::size_t bytes = error.message.size();
  std::size_t kept = 0;
  while (kept < error.details.size() && bytes + error.details[kept].size() < status_bytes_max)
    bytes += error.details[kept++].size() + 1;
  // One that does not even fit alone is cut: its beginning says more than nothing.
  if (kept == 0 && !error.details.empty() && bytes < status_bytes_max) {
    error.details[0].resize(status_bytes_max - bytes);
    error.details[0] += " ...";
    kept = 1;
  }
  const std::size_t dropped = error.details.size() - kept;
  error.details.resize(kept);
  if (dropped > 0) error.details.push_back("... and " + std::to_string(dropped) + " more");
  return error;
}

std::vector<const Changeset*> newest_changesets(const State& state, bool active_only,
                                                std::uint32_t limit) {
  std::vector<const Changeset*> found;
  for (const auto& [key, changeset] : state.changesets())
    if (!active_only || schema::is_active(changeset.phase)) found.push_back(&changeset);
  std::sort(found.begin(), found.end(), [](const Changeset* a, const Changeset* b) {
    return a->created_revision > b->created_revision;
  });
  const std::uint32_t most = std::min(limit == 0 ? list_limit_default : limit, list_limit_max);
  if (found.size() > most) found.resize(most);
  return found;
}

std::int64_t ms_left(const grpc::CallbackServerContext& context, std::int64_t longest) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      context.deadline() - std::chrono::system_clock::now());
  return std::clamp<std::int64_t>(left.count(), 1, longest);
}

grpc::ServerUnaryReactor* refuse(grpc::CallbackServerContext* context,
                                 const statekit::Error& error) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(statekit::to_grpc(fitting(error)));
  return reactor;
}

Result<ReadAt> CallParts::read_at(grpc::CallbackServerContext* context) const {
  const auto& metadata = context->client_metadata();
  const auto found = metadata.find("millrace-min-revision");
  Result<ReadAt> at = ReadAt{};
  if (found != metadata.end()) at = read_at_from({found->second.data(), found->second.size()});
  if (at) at->wait_ms_max = ms_left(*context, service_.write_ms_max());
  if (at) at->linearizable = metadata.count("millrace-linearizable") > 0;
  return at;
}

void CallParts::when_at(const ReadAt& at, ReadReactor* reactor,
                        const std::function<void(const Status&)>& then) {
  if (!at.linearizable) return reactor->wait_as(service_.when_at(at, then));
  service_.on_worker([this, at, then](const Status& room) {
    if (!room) return then(room);
    const Result<ReadAt> head = service_.at_head(at);
    if (!head) return then(fail(head.error()));
    service_.when_at(*head, then);
  });
}

Result<statekit::CommandMeta> CallParts::by_caller(Result<statekit::CommandMeta> meta) {
  const access::Caller* const caller = access::current_caller();
  if (meta && caller != nullptr) meta->principal = caller->name;
  return meta;
}

Status CallParts::reaches(const grpc::CallbackServerContext& context, const char* method,
                          access::Permission permission,
                          const std::vector<std::string>& modules) const {
  const access::Caller* const caller = access::current_caller();
  if (caller == nullptr) return {};
  Status may = access::check_modules(*caller, permission, modules);
  if (!may && gate_ != nullptr)
    gate_->refuse(*caller, method, context.peer(), may.error().message, modules);
  return may;
}

}  // namespace millrace::schema_service
