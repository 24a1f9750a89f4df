#include "cli/client/routing_client.hpp"

#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <chrono>

#include "cli/client/connect.hpp"
#include "cli/client/decode_pb.hpp"
#include "cli/client/replicas.hpp"
#include "cli/client/rpc_pb.hpp"
#include "schema/codec_pb.hpp"
#include "v2alpha1/verb.grpc.pb.h"

namespace millrace::cli {

using statekit::Result;

namespace {

constexpr std::int64_t connect_ms_max = 2'000;  // for the first of several to be connected to
constexpr std::chrono::milliseconds turn{20};

// Routing tells in a word of its own why it could not deliver a call (verb.proto), and its message
// is then about the module's endpoint: only without that word is the trouble on the way to routing.
statekit::Error why_undelivered(const grpc::ClientContext& context, const grpc::Status& status,
                                const std::string& address) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto reason = trailers.find("millrace-reason");
  if (reason == trailers.end()) return explain(status, "routing", address);
  return statekit::within(std::string(reason->second.data(), reason->second.size()),
                          statekit::from_grpc(status));
}

// grpc.health.v1.Health/Check of the whole server. Its request may be empty; its answer holds one
// field, the status, and 1 is SERVING (grpc/health/v1/health.proto).
bool serves(const statekit::Channel& channel, std::int64_t deadline_ms) {
  grpc::GenericStub stub(channel.grpc());
  grpc::ClientContext context;
  set_deadline(context, deadline_ms);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                          grpc::ByteBuffer(nullptr, 0), &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice slice;
  if (!status.ok() || !answer.DumpToSingleSlice(&slice).ok() || slice.size() < 2) return false;
  return slice.begin()[0] == 0x08 && slice.begin()[1] == 1;
}

bool answers(const statekit::Channel& channel, std::int64_t deadline_ms) {
  const auto stub = v2alpha1::VerbService::NewStub(channel.grpc());
  grpc::ClientContext context;
  set_deadline(context, deadline_ms);
  v2alpha1::PingResponse answer;
  const auto status = stub->Ping(&context, v2alpha1::PingRequest(), &answer);
  if (status.ok()) return answer.ready();
  return status.error_code() == grpc::StatusCode::UNIMPLEMENTED && serves(channel, deadline_ms);
}

struct Reached {
  statekit::Channel channel;
  std::string address;
};

// Of several the first that can be connected to. A call is sent to it alone, so none happens twice.
Reached reach(const std::string& addresses, std::int64_t deadline_ms) {
  std::vector<Reached> all;
  for (const std::string& each : replicas_of(addresses)) all.push_back({connect(each), each});
  if (all.size() == 1) return all.front();
  for (const Reached& each : all) each.channel.grpc()->GetState(true);
  const auto end = std::chrono::system_clock::now() +
                   std::chrono::milliseconds(std::min(deadline_ms, connect_ms_max));
  while (std::chrono::system_clock::now() < end)
    for (const Reached& each : all)
      if (each.channel.grpc()->WaitForConnected(std::chrono::system_clock::now() + turn))
        return each;
  return all.front();
}

}  // namespace

Result<Pong> ping_routing(const std::string& addresses, std::int64_t deadline_ms) {
  const auto [channel, address] = reach(addresses, deadline_ms);
  const auto stub = v2alpha1::RoutingService::NewStub(channel.grpc());
  auto answer =
      ask<v2alpha1::PingResponse>(*stub, &v2alpha1::RoutingService::Stub::Ping,
                                  v2alpha1::PingRequest(), "routing", address, deadline_ms);
  if (!answer) return statekit::fail(answer.error());
  return decode(*answer);
}

Result<CallAnswer> call(const std::string& addresses, const CallOrder& order,
                        std::int64_t deadline_ms) {
  const auto [channel, address] = reach(addresses, deadline_ms);
  const auto stub = v2alpha1::RoutingService::NewStub(channel.grpc());
  v2alpha1::CallRequest request;
  *request.mutable_verb() = schema::to_proto(order.verb);
  request.set_body(order.body);
  for (const auto& [key, value] : order.metadata) {
    auto* pair = request.add_metadata();
    pair->set_key(key);
    pair->set_value(value);
  }
  grpc::ClientContext context;
  set_deadline(context, deadline_ms);
  v2alpha1::CallResponse answer;
  if (const auto status = stub->Call(&context, request, &answer); !status.ok()) {
    return statekit::fail(why_undelivered(context, status, address));
  }
  const auto& error = answer.error();
  return CallAnswer{answer.has_error(), answer.body(), error.code(), error.message(),
                    error.details()};
}

bool answers(const std::string& address, std::int64_t deadline_ms) {
  statekit::ChannelOptions options;
  options.shows_token = false;  // a module would have it then
  if (answers(statekit::connect(address, options), deadline_ms)) return true;
  if (credentials() == nullptr) return false;
  options.credentials = credentials();
  return answers(statekit::connect(address, options), deadline_ms);
}

}  // namespace millrace::cli
