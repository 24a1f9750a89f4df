#include "services/ingress/service.hpp"

#include <algorithm>
#include <utility>

#include "services/ingress/request.hpp"
#include "services/ingress/response.hpp"
#include "statekit/entry_hash.hpp"

namespace millrace::ingress {
namespace {

using httpkit::Response;

// What the path can be asked with, for Allow.
std::vector<std::string> allowed(std::vector<std::string> methods) {
  const auto add = [&](const std::string& method) {
    if (std::find(methods.begin(), methods.end(), method) == methods.end())
      methods.push_back(method);
  };
  if (std::find(methods.begin(), methods.end(), "GET") != methods.end()) add("HEAD");
  add("OPTIONS");
  std::sort(methods.begin(), methods.end());
  return methods;
}

Response with_allow(int status, const std::vector<std::string>& methods) {
  std::string list;
  for (const std::string& method : methods) list += (list.empty() ? "" : ", ") + method;
  return {status, {{"allow", list}}, {}};
}

Problem problem_of(const VerbError& error, const VerbCall& call) {
  Problem problem{502, call.module + "." + call.verb + " failed: " + error.message};
  problem.reason = error.code;
  return problem;
}

Problem problem_of(const CallFailure& failure, const VerbCall& call) {
  const std::string verb = call.module + "." + call.verb;
  if (failure.timed_out || failure.reason == "timeout") {
    return {.status = 504, .detail = verb + " did not answer in time", .reason = "timeout"};
  }
  Problem problem{503, verb + " cannot be called now: " + failure.message};
  problem.reason = failure.reason.empty() ? "routing-unreachable" : failure.reason;
  problem.retry = true;
  if (failure.reason == "endpoint-failed" || failure.reason == "bad-answer") {
    problem.status = 502;
    problem.detail = verb + " did not answer properly: " + failure.message;
    problem.retry = false;
  } else if (failure.reason == "other-incarnation") {
    problem.status = 412;
    problem.detail = failure.message;
    problem.retry = false;
  }
  return problem;
}

}  // namespace

Arrival IngressService::arrive(httpkit::Request request, std::string fresh_request_id,
                               const std::string& fresh_trace_id,
                               const std::string& fresh_span_id) {
  Arrival arrival;
  arrival.request_id = request_id_of(request.headers).value_or(std::move(fresh_request_id));
  arrival.traceparent =
      traceparent_of(request.headers).value_or(new_traceparent(fresh_trace_id, fresh_span_id));
  arrival.request = std::move(request);
  return arrival;
}

Answer IngressService::finish(const Arrival& arrival, Response response) const {
  for (const std::string_view each : {name::request_id, name::common_request_id}) {
    response.headers.push_back({std::string(each), arrival.request_id});
  }
  allow_reading(cors_, arrival.request, response);
  return {.response = std::move(response), .route = {}, .module = {}, .verb = {}, .error = {}};
}

Answer IngressService::refuse(const Arrival& arrival, const Problem& problem) const {
  Answer answer = finish(arrival, to_response(problem, arrival.request_id));
  answer.error = problem.detail;
  return answer;
}

std::variant<Answer, VerbCall> IngressService::plan(const IngressState& state,
                                                    const Arrival& arrival) {
  const httpkit::Request& request = arrival.request;
  if (request.path == "*") {
    return finish(arrival,
                  with_allow(204, {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}));
  }
  const auto segments = path_segments(request.path);
  if (!segments) {
    return refuse(arrival, {400, "the path is not percent-encoded UTF-8 without dot segments"});
  }
  const std::string_view side =
      state.side_of(statekit::EntryHash().add(arrival.request_id).value());
  const RouteTable& routes = state.routes(side);
  if (!cors_.origins.empty() && is_preflight(request)) {
    const auto methods = routes.methods(*segments);
    if (!methods.empty()) {
      Response preflight = answer_preflight(cors_, request, allowed(methods));
      preflight.headers.push_back({std::string(name::request_id), arrival.request_id});
      return Answer{
          .response = std::move(preflight), .route = {}, .module = {}, .verb = {}, .error = {}};
    }
  }
  Match match = routes.find(request.method, *segments);
  if (match.target == nullptr && request.method == "HEAD") match = routes.find("GET", *segments);
  if (match.target == nullptr) return without_route(routes, *segments, arrival);
  return plan_call(state, side, arrival, match);
}

Answer IngressService::without_route(const RouteTable& routes,
                                     const std::vector<std::string>& segments,
                                     const Arrival& arrival) const {
  const auto methods = routes.methods(segments);
  if (methods.empty()) return refuse(arrival, {404, "no route has the path of this request"});
  if (arrival.request.method == "OPTIONS")
    return finish(arrival, with_allow(204, allowed(methods)));
  Problem problem{405, "this path cannot be asked with " + arrival.request.method};
  problem.allow = allowed(methods);
  return refuse(arrival, problem);
}

std::variant<Answer, VerbCall> IngressService::plan_call(const IngressState& state,
                                                         std::string_view side,
                                                         const Arrival& arrival,
                                                         const Match& match) {
  const Target& target = *match.target;
  const auto refused = [&](const Problem& problem) {
    Answer answer = refuse(arrival, problem);
    answer.route = target.route;
    answer.module = target.module;
    answer.verb = target.verb;
    return answer;
  };
  const auto types = types_.get(state, side, target);
  if (!types) return refused({500, "the schema of this route is broken: " + types.error().message});
  auto body = to_verb_request(arrival.request, match, **types);
  if (const Problem* problem = std::get_if<Problem>(&body)) return refused(*problem);
  VerbCall call{
      target.module, target.verb, target.route, std::get<std::string>(std::move(body)), {}, *types};
  const auto add = [&](std::string_view key, std::string_view value) {
    call.metadata.emplace_back(key, value);
  };
  add(name::request_id, arrival.request_id);
  add(name::traceparent, arrival.traceparent);
  if (!side.empty()) add(name::side, side);
  const auto wanted = httpkit::find_header(arrival.request.headers, name::min_revision);
  if (wanted) add(name::min_revision, *wanted);
  return call;
}

Answer IngressService::answer(const Arrival& arrival, const VerbCall& call,
                              const Outcome& outcome) const {
  Answer answer;
  if (const auto* body = std::get_if<std::string>(&outcome)) {
    auto response = to_http_response(*body, *call.types);
    const Problem* problem = std::get_if<Problem>(&response);
    answer = problem != nullptr ? refuse(arrival, *problem)
                                : finish(arrival, std::get<Response>(std::move(response)));
  } else if (const auto* error = std::get_if<VerbError>(&outcome)) {
    answer = refuse(arrival, problem_of(*error, call));
  } else {
    answer = refuse(arrival, problem_of(std::get<CallFailure>(outcome), call));
  }
  answer.route = call.route;
  answer.module = call.module;
  answer.verb = call.verb;
  return answer;
}

}  // namespace millrace::ingress
