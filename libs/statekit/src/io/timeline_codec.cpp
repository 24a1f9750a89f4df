#include "statekit/io/timeline_codec.hpp"

#include <utility>

#include "statekit/utf8.hpp"
#include "v2alpha1/timeline.pb.h"

namespace millrace::statekit {
namespace {

void put_ref(const std::string& module, const std::string& name, v2alpha1::Ref* ref) {
  ref->set_module(valid_utf8(module));
  ref->set_name(valid_utf8(name));
}

struct Encode {
  v2alpha1::TimelineEvent& message;

  void operator()(const CallEvent& e) const {
    v2alpha1::CallEvent& out = *message.mutable_call();
    put_ref(e.module, e.verb, out.mutable_verb());
    for (const std::string& caller : e.callers) out.add_callers(valid_utf8(caller));
    out.set_deployment(e.deployment);
    out.set_endpoint(e.endpoint);
    out.set_duration_us(e.duration_us);
    out.set_outcome(valid_utf8(e.outcome));
    out.set_error(valid_utf8(e.error));
    out.set_request_bytes(e.request_bytes);
    out.set_response_bytes(e.response_bytes);
  }
  void operator()(const IngressEvent& e) const {
    v2alpha1::IngressEvent& out = *message.mutable_ingress();
    out.set_method(valid_utf8(e.method));
    out.set_route(valid_utf8(e.route));
    out.set_path(valid_utf8(e.path));
    put_ref(e.module, e.verb, out.mutable_verb());
    out.set_status(e.status);
    out.set_duration_us(e.duration_us);
    out.set_error(valid_utf8(e.error));
    out.set_request_bytes(e.request_bytes);
    out.set_response_bytes(e.response_bytes);
  }
  void operator()(const LogEvent& e) const {
    v2alpha1::LogEvent& out = *message.mutable_log();
    out.set_level(static_cast<v2alpha1::LogLevel>(e.level));
    out.set_source(valid_utf8(e.source));
    out.set_deployment(valid_utf8(e.deployment));
    out.set_message(valid_utf8(e.message));
    for (const auto& [key, value] : e.fields)
      (*out.mutable_fields())[valid_utf8(key)] = valid_utf8(value);
  }
  void operator()(const ChangesetEvent& e) const {
    v2alpha1::ChangesetEvent& out = *message.mutable_changeset();
    out.set_changeset(valid_utf8(e.changeset));
    out.set_phase(e.phase);
    for (const std::string& module : e.modules) out.add_modules(valid_utf8(module));
    out.set_reason(valid_utf8(e.reason));
    out.set_author(valid_utf8(e.author));
    out.set_revision(e.revision);
  }
  void operator()(const DeploymentEvent& e) const {
    v2alpha1::DeploymentEvent& out = *message.mutable_deployment();
    out.set_deployment(valid_utf8(e.deployment));
    out.set_module(valid_utf8(e.module));
    out.set_what(valid_utf8(e.what));
    out.set_endpoint(valid_utf8(e.endpoint));
    out.set_revision(e.revision);
  }
};

CallEvent decode_call(const v2alpha1::CallEvent& in) {
  CallEvent out;
  out.module = in.verb().module();
  out.verb = in.verb().name();
  out.callers.assign(in.callers().begin(), in.callers().end());
  out.deployment = in.deployment();
  out.endpoint = in.endpoint();
  out.duration_us = in.duration_us();
  out.outcome = in.outcome();
  out.error = in.error();
  out.request_bytes = in.request_bytes();
  out.response_bytes = in.response_bytes();
  return out;
}

IngressEvent decode_ingress(const v2alpha1::IngressEvent& in) {
  IngressEvent out;
  out.method = in.method();
  out.route = in.route();
  out.path = in.path();
  out.module = in.verb().module();
  out.verb = in.verb().name();
  out.status = in.status();
  out.duration_us = in.duration_us();
  out.error = in.error();
  out.request_bytes = in.request_bytes();
  out.response_bytes = in.response_bytes();
  return out;
}

LogEvent decode_log(const v2alpha1::LogEvent& in) {
  LogEvent out;
  const bool known =
      in.level() >= v2alpha1::LOG_LEVEL_UNSPECIFIED && in.level() <= v2alpha1::LOG_LEVEL_ERROR;
  out.level = known ? static_cast<LineLevel>(in.level()) : LineLevel::unspecified;
  out.source = in.source();
  out.deployment = in.deployment();
  out.message = in.message();
  out.fields.insert(in.fields().begin(), in.fields().end());
  return out;
}

ChangesetEvent decode_changeset(const v2alpha1::ChangesetEvent& in) {
  return {in.changeset(), in.phase(),  {in.modules().begin(), in.modules().end()},
          in.reason(),    in.author(), in.revision()};
}

DeploymentEvent decode_deployment(const v2alpha1::DeploymentEvent& in) {
  return {in.deployment(), in.module(), in.what(), in.endpoint(), in.revision()};
}

}  // namespace

void encode(const TimelineEvent& event, v2alpha1::TimelineEvent& message) {
  message.set_id(event.id);
  message.set_time_ms(event.time_ms);
  message.set_request_id(valid_utf8(event.request_id));
  message.set_traceparent(valid_utf8(event.traceparent));
  std::visit(Encode{message}, event.what);
}

Result<TimelineEvent> decode(const v2alpha1::TimelineEvent& message) {
  TimelineEvent out;
  out.id = message.id();
  out.time_ms = message.time_ms();
  out.request_id = message.request_id();
  out.traceparent = message.traceparent();
  switch (message.event_case()) {
    case v2alpha1::TimelineEvent::kCall: out.what = decode_call(message.call()); break;
    case v2alpha1::TimelineEvent::kIngress: out.what = decode_ingress(message.ingress()); break;
    case v2alpha1::TimelineEvent::kLog: out.what = decode_log(message.log()); break;
    case v2alpha1::TimelineEvent::kChangeset:
      out.what = decode_changeset(message.changeset());
      break;
    case v2alpha1::TimelineEvent::kDeployment:
      out.what = decode_deployment(message.deployment());
      break;
    case v2alpha1::TimelineEvent::EVENT_NOT_SET:
      return fail(Code::invalid_argument, "a timeline event without a kind that is known here");
  }
  return out;
}

}  // namespace millrace::statekit
