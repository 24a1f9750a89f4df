#include "cli/client/timeline_client.hpp"

#include <google/protobuf/util/json_util.h>

#include "cli/client/connect.hpp"
#include "cli/client/decode_pb.hpp"
#include "cli/client/rpc_pb.hpp"
#include "v2alpha1/timeline.grpc.pb.h"

namespace millrace::cli {

using statekit::Result;

namespace {

std::string to_text(const v2alpha1::Ref& ref) { return ref.module() + "." + ref.name(); }

void describe(const v2alpha1::CallEvent& call, TimelineEvent& event) {
  event.type = "call";
  event.subject = to_text(call.verb());
  event.outcome = call.outcome();
  event.detail = call.error();
  if (call.callers_size() > 0) {
    const std::string from = "from " + call.callers(call.callers_size() - 1);
    event.detail = event.detail.empty() ? from : from + ": " + event.detail;
  }
  event.duration_us = call.duration_us();
}

void describe(const v2alpha1::IngressEvent& request, TimelineEvent& event) {
  event.type = "ingress";
  event.subject = request.method() + " " + request.path();
  event.outcome = std::to_string(request.status());
  event.detail = request.error();
  event.duration_us = request.duration_us();
}

void describe(const v2alpha1::LogEvent& line, TimelineEvent& event) {
  static constexpr const char* levels[] = {"-", "debug", "info", "warn", "error"};
  const int level = line.level();
  event.type = "log";
  event.subject = line.source();
  event.outcome = level >= 0 && level < 5 ? levels[level] : "-";
  event.detail = line.message();
  event.message = line.message();
  event.deployment = line.deployment();
  event.fields = {line.fields().begin(), line.fields().end()};
  for (const auto& [key, value] : event.fields) event.detail += " " + key + "=" + value;
}

void describe(const v2alpha1::ChangesetEvent& change, TimelineEvent& event) {
  event.type = "changeset";
  event.subject = change.changeset();
  event.outcome = change.phase();
  for (const std::string& module : change.modules()) {
    event.detail += (event.detail.empty() ? "" : ", ") + module;
  }
  if (!change.reason().empty()) event.detail += ": " + change.reason();
}

void describe(const v2alpha1::DeploymentEvent& change, TimelineEvent& event) {
  event.type = "deployment";
  event.subject = change.deployment();
  event.outcome = change.what();
  event.detail = change.endpoint();
}

TimelineEvent decode(const v2alpha1::TimelineEvent& message) {
  TimelineEvent event;
  event.id = message.id();
  event.time_ms = message.time_ms();
  event.request_id = message.request_id();
  event.traceparent = message.traceparent();
  switch (message.event_case()) {
    case v2alpha1::TimelineEvent::kCall: describe(message.call(), event); break;
    case v2alpha1::TimelineEvent::kIngress: describe(message.ingress(), event); break;
    case v2alpha1::TimelineEvent::kLog: describe(message.log(), event); break;
    case v2alpha1::TimelineEvent::kChangeset: describe(message.changeset(), event); break;
    case v2alpha1::TimelineEvent::kDeployment: describe(message.deployment(), event); break;
    case v2alpha1::TimelineEvent::EVENT_NOT_SET: event.type = "unknown"; break;
  }
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  (void)google::protobuf::util::MessageToJsonString(message, &event.json, options);
  return event;
}

v2alpha1::LogLevel level_of(const std::string& name) {
  if (name == "debug") return v2alpha1::LOG_LEVEL_DEBUG;
  if (name == "info") return v2alpha1::LOG_LEVEL_INFO;
  if (name == "warn") return v2alpha1::LOG_LEVEL_WARN;
  if (name == "error") return v2alpha1::LOG_LEVEL_ERROR;
  return v2alpha1::LOG_LEVEL_UNSPECIFIED;
}

v2alpha1::TimelineFilter encode(const TimelineFilter& filter) {
  v2alpha1::TimelineFilter message;
  for (const std::string& type : filter.types) message.add_types(type);
  message.set_module(filter.module);
  message.set_verb(filter.verb);
  message.set_request_id(filter.request_id);
  message.set_level_min(level_of(filter.level));
  message.set_since_ms(filter.since_ms);
  message.set_until_ms(filter.until_ms);
  return message;
}

}  // namespace

Result<Pong> ping_timeline(const std::string& address, std::int64_t deadline_ms) {
  const auto channel = connect(address);
  const auto stub = v2alpha1::TimelineService::NewStub(channel.grpc());
  const auto answer =
      ask<v2alpha1::PingResponse>(*stub, &v2alpha1::TimelineService::Stub::Ping,
                                  v2alpha1::PingRequest(), "timeline", address, deadline_ms);
  if (!answer) return statekit::fail(answer.error());
  return decode(*answer);
}

namespace {

Result<AuditPage> query(const std::string& address, const v2alpha1::TimelineQueryRequest& request,
                        std::int64_t deadline_ms) {
  const auto channel = connect(address);
  const auto stub = v2alpha1::TimelineService::NewStub(channel.grpc());
  const auto answer = ask<v2alpha1::TimelineQueryResponse>(
      *stub, &v2alpha1::TimelineService::Stub::Query, request, "timeline", address, deadline_ms);
  if (!answer) return statekit::fail(answer.error());
  AuditPage found{{{}, answer->oldest_id(), answer->dropped()}, {}};
  for (const auto& event : answer->events()) found.page.events.push_back(decode(event));
  if (answer->has_audit()) {
    const v2alpha1::AuditKept& kept = answer->audit();
    found.kept = {kept.done_gone(), kept.done_gone_ms(), kept.denied_gone(), kept.denied_gone_ms(),
                  kept.memory_only()};
  }
  return found;
}

v2alpha1::TimelineQueryRequest request_of(const TimelineFilter& filter, std::uint32_t limit,
                                          std::uint64_t before_id) {
  v2alpha1::TimelineQueryRequest request;
  *request.mutable_filter() = encode(filter);
  request.set_limit(limit);
  request.set_before_id(before_id);
  return request;
}

}  // namespace

Result<TimelinePage> query_timeline(const std::string& address, const TimelineFilter& filter,
                                    std::uint32_t limit, std::uint64_t before_id,
                                    std::int64_t deadline_ms) {
  auto found = query(address, request_of(filter, limit, before_id), deadline_ms);
  if (!found) return statekit::fail(std::move(found.error()));
  return std::move(found->page);
}

Result<AuditPage> query_audit(const std::string& address, const TimelineFilter& filter,
                              const std::string& who, std::uint32_t limit, std::uint64_t before_id,
                              std::int64_t deadline_ms) {
  v2alpha1::TimelineQueryRequest request = request_of(filter, limit, before_id);
  request.mutable_audit()->set_who(who);
  return query(address, request, deadline_ms);
}

struct TimelineStream::Impl {
  statekit::Channel channel;
  grpc::ClientContext context;
  std::unique_ptr<v2alpha1::TimelineService::Stub> stub;
  std::unique_ptr<grpc::ClientReader<v2alpha1::TimelineStreamResponse>> reader;
};

TimelineStream::TimelineStream(const std::string& address, const TimelineFilter& filter,
                               std::uint64_t after_id)
    : impl_(std::make_unique<Impl>()) {
  impl_->channel = connect(address);
  impl_->stub = v2alpha1::TimelineService::NewStub(impl_->channel.grpc());
  v2alpha1::TimelineStreamRequest request;
  *request.mutable_filter() = encode(filter);
  request.set_after_id(after_id);
  request.set_from_oldest(after_id == 0);
  impl_->reader = impl_->stub->Stream(&impl_->context, request);
}

TimelineStream::~TimelineStream() { cancel(); }

Result<TimelineStream::Batch> TimelineStream::next() {
  v2alpha1::TimelineStreamResponse response;
  if (!impl_->reader->Read(&response)) {
    const grpc::Status status = impl_->reader->Finish();
    if (!status.ok()) return statekit::fail(explain(status, "timeline", impl_->channel.address()));
    return statekit::fail(statekit::Code::unavailable, "the timeline service ended the stream");
  }
  Batch batch{{}, response.gap()};
  for (const auto& event : response.events()) batch.events.push_back(decode(event));
  return batch;
}

void TimelineStream::cancel() { impl_->context.TryCancel(); }

}  // namespace millrace::cli
