// IngressService: what ingress makes of a request, without sockets, gRPC or clock. A request
// becomes an answer at once or a call to a verb; a call's outcome becomes an answer. The server
// does the waiting and the sending. Thread safe.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "httpkit/message.hpp"
#include "services/ingress/cors.hpp"
#include "services/ingress/headers.hpp"
#include "services/ingress/problem.hpp"
#include "services/ingress/state.hpp"
#include "services/ingress/types.hpp"

namespace millrace::ingress {

// A request with what ingress knows of it from the start.
struct Arrival {
  httpkit::Request request;
  std::string request_id;
  std::string traceparent;
};

// The call that a request becomes, and what its answer needs.
struct VerbCall {
  std::string module;
  std::string verb;
  std::string route;  // "GET /people/{id}"
  std::string body;   // JSON of the verb's request
  std::vector<std::pair<std::string, std::string>> metadata;
  std::shared_ptr<const VerbTypes> types;
};

// How a call ended.
struct VerbError {  // the verb's own failure
  std::string code;
  std::string message;
};
struct CallFailure {   // the platform could not deliver the call or its answer
  std::string reason;  // of RoutingService (verb.proto); empty: it could not be asked
  std::string message;
  bool timed_out = false;
};
using Outcome = std::variant<std::string, VerbError, CallFailure>;  // a body, or one of these

// An answer, with what the timeline and the metrics say about it.
struct Answer {
  httpkit::Response response;
  std::string route;  // empty: none matched
  std::string module;
  std::string verb;
  std::string error;  // empty: none
};

class IngressService {
 public:
  explicit IngressService(CorsSettings cors) : cors_(std::move(cors)) {}

  // Makes what is known of a request: the caller's ids where they are fit, else the fresh ones.
  static Arrival arrive(httpkit::Request request, std::string fresh_request_id,
                        const std::string& fresh_trace_id, const std::string& fresh_span_id);

  // What to do. The state must have reached the request's millrace-min-revision.
  std::variant<Answer, VerbCall> plan(const IngressState& state, const Arrival& arrival);

  Answer answer(const Arrival& arrival, const VerbCall& call, const Outcome& outcome) const;
  Answer refuse(const Arrival& arrival, const Problem& problem) const;

 private:
  Answer finish(const Arrival& arrival, httpkit::Response response) const;
  std::variant<Answer, VerbCall> plan_call(const IngressState& state, std::string_view side,
                                           const Arrival& arrival, const Match& match);
  Answer without_route(const RouteTable& routes, const std::vector<std::string>& segments,
                       const Arrival& arrival) const;

  const CorsSettings cors_;
  TypeCache types_;
};

}  // namespace millrace::ingress
