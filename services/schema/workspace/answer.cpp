#include "services/schema/workspace/answer.hpp"

#include <utility>

#include "services/schema/workspace/json.hpp"
#include "services/schema/workspace/refusal.hpp"
#include "services/schema/workspace/route.hpp"

namespace millrace::workspace {

using httpkit::Request;
using httpkit::Response;
using statekit::Code;

namespace {

int status_of(const statekit::Error& error) {
  switch (refusal_of(error)) {
    case Refusal::locked: return 423;
    case Refusal::other_lock:
    case Refusal::not_empty: return 409;
    case Refusal::stale: return 412;
    case Refusal::no_version:
    case Refusal::sealed: return 404;
    case Refusal::quota:
    case Refusal::full: return 507;
    case Refusal::lost_parts: return 503;
    case Refusal::none: break;
  }
  switch (error.code) {
    case Code::invalid_argument: return 400;
    case Code::not_found: return 404;
    case Code::data_loss:
    case Code::failed_precondition:  // what is stored went back, or is not ours: for an operator
    case Code::internal: return 500;
    case Code::unknown: return 504;  // it may have happened: the same request again settles it
    default: return 503;
  }
}

// 127.0.0.1 and the like: four numbers. A name that only begins so, such as 127.example.com, is
// whatever its owner lets it point to.
bool is_loopback_number(std::string_view host) {
  if (!host.starts_with("127.") || host.size() > 15) return false;
  int dots = 0;
  for (std::size_t i = 0; i < host.size(); ++i) {
    const bool digit = host[i] >= '0' && host[i] <= '9';
    if (!digit && (host[i] != '.' || host[i - 1] == '.' || i + 1 == host.size())) return false;
    dots += digit ? 0 : 1;
  }
  return dots == 3;
}

bool is_loopback_name(std::string_view host) {
  if (host.starts_with("[")) return host == "[::1]" || host.starts_with("[::1]:");
  host = host.substr(0, host.find(':'));
  return httpkit::same_name(host, "localhost") || is_loopback_number(host);
}

}  // namespace

Response json_answer(int status, std::string body) {
  return {status, {{"content-type", "application/json"}}, std::move(body)};
}

Response refusal_answer(const statekit::Error& error, const View& view) {
  const int status = status_of(error);
  if (status == 423 && view.state.lock) return json_answer(423, lock_info_json(*view.state.lock));
  Response response = httpkit::problem(status, error.message);
  if (status == 503) response.headers.push_back({"retry-after", "1"});
  return response;
}

Response no_such_method(const std::string& allow) {
  Response response = httpkit::problem(405, "this resource has the methods " + allow);
  response.headers.push_back({"allow", allow});
  return response;
}

void name_version(Response& response, const View& view, const Version& version) {
  response.headers.push_back({"etag", "\"" + etag_text(view.id, version.number) + "\""});
  response.headers.push_back({"millrace-version", std::to_string(version.number)});
}

Guard guard_of(const Request& request, const std::string& lock_id) {
  Guard guard;
  guard.lock_id = lock_id;
  if (const auto match = httpkit::find_header(request.headers, "if-match")) {
    guard.match_any = *match == "*";
    if (!guard.match_any) guard.match = parse_etags(*match);
  }
  if (const auto none = httpkit::find_header(request.headers, "if-none-match")) {
    guard.absent_only = *none == "*";
    if (!guard.absent_only) guard.not_match = parse_etags(*none);
  }
  return guard;
}

// Programs send no Origin; a page in a browser always does where it changes something. A page that
// had its own name point to this machine shows that name as Host.
std::string browser_trick(const Request& request, bool loopback_only) {
  if (httpkit::find_header(request.headers, "origin"))
    return "requests of web pages (with an Origin) are not taken";
  const auto host = httpkit::find_header(request.headers, "host");
  if (loopback_only && host && !is_loopback_name(*host))
    return "this server listens on this machine only; '" + std::string(*host) +
           "' is not a name of it";
  return {};
}

}  // namespace millrace::workspace
