#include "services/ingress/problem.hpp"

#include <nlohmann/json.hpp>

namespace millrace::ingress {

namespace {

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

httpkit::Response to_response(const Problem& problem, std::string_view request_id) {
  nlohmann::ordered_json body;
  body["title"] = httpkit::reason_phrase(problem.status);
  body["status"] = problem.status;
  body["detail"] = problem.detail;
  if (!problem.reason.empty()) body["reason"] = problem.reason;
  if (!request_id.empty()) body["requestId"] = request_id;
  for (const Fault& fault : problem.faults) {
    body["errors"].push_back(
        {{"pointer", fault.pointer}, {"rule", fault.rule}, {"message", fault.message}});
  }
  httpkit::Response response;
  response.status = problem.status;
  response.headers.push_back({"content-type", "application/problem+json"});
  if (!problem.allow.empty()) response.headers.push_back({"allow", join(problem.allow)});
  if (problem.retry) response.headers.push_back({"retry-after", "1"});
  // What is no UTF-8 in a message is replaced, never thrown over.
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return response;
}

}  // namespace millrace::ingress
