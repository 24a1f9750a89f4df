#include "services/console/codec_module.hpp"
#include "v2alpha1/console.pb.h"

namespace millrace::console {
namespace {

namespace pb = millrace::v2alpha1;

std::string verb_text(const std::string& module, const std::string& verb) {
  return module.empty() ? "" : module + "." + verb;
}

std::string_view name_of(statekit::LineLevel level) {
  switch (level) {
    case statekit::LineLevel::debug: return "debug";
    case statekit::LineLevel::warn: return "warn";
    case statekit::LineLevel::error: return "error";
    case statekit::LineLevel::info:
    case statekit::LineLevel::unspecified: return "info";
  }
  return "info";
}

// How each kind of event looks in the one table that the page has.
struct FillEvent {
  pb::ConsoleEvent& out;

  void operator()(const statekit::CallEvent& call) const {
    out.set_subject(verb_text(call.module, call.verb));
    if (!call.callers.empty()) out.set_caller(call.callers.back());
    out.set_outcome(call.outcome == "ok" ? "ok" : "error");
    out.set_status(call.outcome);
    out.set_message(call.error);
    out.set_duration_us(call.duration_us);
    out.set_module(call.module);
    out.set_endpoint(call.endpoint);
  }
  void operator()(const statekit::IngressEvent& request) const {
    out.set_subject(verb_text(request.module, request.verb));
    out.set_method(request.method);
    out.set_path(request.path);
    out.set_outcome(request.status >= 500 ? "error" : request.status >= 400 ? "warning" : "ok");
    out.set_status(std::to_string(request.status));
    out.set_message(request.error);
    out.set_duration_us(request.duration_us);
    out.set_module(request.module);
  }
  void operator()(const statekit::LogEvent& line) const {
    out.set_subject(line.source);
    if (line.level == statekit::LineLevel::error) out.set_outcome("error");
    if (line.level == statekit::LineLevel::warn) out.set_outcome("warning");
    out.set_status(std::string(name_of(line.level)));
    std::string message = line.message;
    for (const auto& [name, value] : line.fields) message.append(" ").append(name + "=" + value);
    out.set_message(message);
    if (!line.deployment.empty()) out.set_module(line.source);
  }
  void operator()(const statekit::ChangesetEvent& changeset) const {
    out.set_subject(changeset.changeset);
    if (changeset.phase == "failed") out.set_outcome("error");
    if (changeset.phase == "rolling-back") out.set_outcome("warning");
    out.set_status(changeset.phase);
    out.set_message(changeset.reason);
  }
  void operator()(const statekit::DeploymentEvent& deployment) const {
    out.set_subject(deployment.deployment);
    if (deployment.what == "failed") out.set_outcome("error");
    out.set_status(deployment.what);
    out.set_module(deployment.module);
    out.set_endpoint(deployment.endpoint);
  }
};

}  // namespace

void fill(const statekit::TimelineEvent& event, pb::ConsoleEvent& out) {
  out.set_id(event.id);
  out.set_time_ms(event.time_ms);
  out.set_type(std::string(statekit::type_of(event)));
  out.set_request_id(event.request_id);
  out.set_duration_us(-1);
  std::visit(FillEvent{out}, event.what);
}

}  // namespace millrace::console
