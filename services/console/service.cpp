#include "services/console/service.hpp"

#include <algorithm>
#include <charconv>

#include "services/console/codec.hpp"
#include "statekit/result.hpp"

namespace millrace::console {
namespace {

using httpkit::Header;
using httpkit::Request;
using httpkit::Response;
using statekit::Code;
using statekit::fail;

constexpr std::size_t timeline_limit_max = 1000;

// Nothing from elsewhere, nothing inline, nothing that frames it; strings never become markup.
constexpr const char* content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

Response guarded(Response response) {
  response.headers.push_back({"Content-Security-Policy", content_policy});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  response.headers.push_back({"X-Frame-Options", "DENY"});
  response.headers.push_back({"Referrer-Policy", "no-referrer"});
  response.headers.push_back({"Cross-Origin-Resource-Policy", "same-origin"});
  response.headers.push_back({"Cross-Origin-Opener-Policy", "same-origin"});
  return response;
}

Response json(std::string body) {
  return {
      200, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, std::move(body)};
}

template <class Number>
bool read_number(const std::string& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

statekit::Result<EventFilter> read_filter(std::string_view query) {
  const auto pairs = httpkit::parse_query(query);
  if (!pairs) return fail(Code::invalid_argument, "the query is malformed");
  EventFilter filter;
  for (const auto& [name, value] : *pairs) {
    bool good = true;
    if (name == "limit")
      good = read_number(value, filter.limit) && filter.limit <= timeline_limit_max;
    else if (name == "before")
      good = read_number(value, filter.before_id);
    else if (name == "type")
      filter.type = value;
    else if (name == "module")
      filter.module = value;
    else if (name == "verb")
      filter.verb = value;
    else if (name == "request")
      filter.request_id = value;
    else
      return fail(Code::invalid_argument,
                  "there is no parameter " + name + ": limit, before, type, module, verb, request");
    if (!good)
      return fail(Code::invalid_argument, name + " is a whole number, the limit at most " +
                                              std::to_string(timeline_limit_max));
  }
  return filter;
}

constexpr std::string_view modules_path = "/api/modules/";

// Only what has a past has an `at`; elsewhere the word means nothing.
bool asks_past(const Request& request) {
  if (request.path != "/api/overview" && !request.path.starts_with(modules_path)) return false;
  const auto pairs = httpkit::parse_query(request.query);
  if (!pairs) return false;
  return std::any_of(pairs->begin(), pairs->end(), [](const auto& p) { return p.first == "at"; });
}

statekit::Result<Revision> read_revision(const Request& request) {
  Revision revision = 0;
  std::size_t times = 0;
  bool good = true;
  const auto pairs = httpkit::parse_query(request.query);
  if (!pairs) return fail(Code::invalid_argument, "the query is malformed");
  for (const auto& [name, value] : *pairs) {
    if (name != "at") continue;
    ++times;
    good = read_number(value, revision) && revision > 0;
  }
  if (!good || times > 1)
    return fail(Code::invalid_argument, "at is one revision: a whole number from 1");
  return revision;
}

int status_of(Code code) {
  switch (code) {
    case Code::invalid_argument: return 400;
    case Code::not_found: return 404;
    case Code::out_of_range: return 410;
    case Code::unavailable:
    case Code::resource_exhausted: return 503;
    case Code::deadline_exceeded: return 504;
    default: return 502;
  }
}

bool takes_gzip(const Request& request) {
  const auto header = httpkit::find_header(request.headers, "accept-encoding");
  if (!header) return false;
  const std::size_t at = header->find("gzip");
  if (at == std::string_view::npos) return false;
  const std::string_view after = header->substr(at + 4);
  return !after.starts_with(";q=0") || after.starts_with(";q=0.");
}

const Asset* find_asset(std::string_view path) {
  if (path == "/") path = "/index.html";
  for (const Asset& asset : assets())
    if (asset.path == path) return &asset;
  return nullptr;
}

bool names_tag(std::string_view if_none_match, const std::string& tag) {
  return if_none_match == "*" || if_none_match.find(tag) != std::string_view::npos;
}

}  // namespace

Response refusal(int status, const std::string& detail) {
  Response response = httpkit::problem(status, detail);
  response.headers.push_back({"Cache-Control", "no-store"});
  if (status == 405) response.headers.push_back({"Allow", "GET, HEAD"});
  return guarded(std::move(response));
}

Service::Service(GuardOptions guard, Questions questions, Live& live)
    : guard_(std::move(guard)), questions_(std::move(questions)), live_(live) {}

void Service::handle(const Request& request, const std::shared_ptr<httpkit::Reply>& reply) const {
  const bool stream = request.path == "/api/events" && request.method == "GET";
  if (stream && !refuse(request, guard_)) return open_stream(reply);
  if (asks_past(request) && !refuse(request, guard_)) return tell_past(request, reply);
  reply->send(answer(request));
}

void Service::tell_past(const Request& request,
                        const std::shared_ptr<httpkit::Reply>& reply) const {
  const statekit::Result<Revision> at = read_revision(request);
  if (!at) return reply->send(refusal(400, at.error().message));
  std::string module;
  if (request.path.starts_with(modules_path)) {
    const auto name = httpkit::percent_decode(request.path.substr(modules_path.size()));
    if (!name || name->empty()) return reply->send(refusal(400, "the module's name is malformed"));
    module = *name;
  }
  questions_.past(*at, std::move(module), [reply](const statekit::Result<std::string>& body) {
    if (body) return reply->send(guarded(json(*body)));
    reply->send(refusal(status_of(body.error().code), body.error().message));
  });
}

void Service::open_stream(const std::shared_ptr<httpkit::Reply>& reply) const {
  if (live_.full())
    return reply->send(refusal(503,
                               "too many pages are open: close some, or raise "
                               "console.streams_max"));
  Response head{200, {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}}, ""};
  const std::shared_ptr<httpkit::Stream> stream = reply->stream(guarded(std::move(head)));
  if (stream != nullptr) live_.join(stream, questions_.overview);
}

Response Service::answer(const Request& request) const {
  if (const auto refused = refuse(request, guard_))
    return refusal(refused->status, refused->detail);
  if (request.path == "/api/overview") return guarded(json(questions_.overview()));
  if (request.path == "/api/timeline") return timeline(request);
  if (request.path.starts_with(modules_path)) return module(request);
  if (request.path == "/api/events")
    return refusal(405, "a stream of events has no head: ask with GET");
  if (request.path.starts_with("/api/"))
    return refusal(404,
                   "there is no " + request.path + ": overview, events, modules/NAME, timeline");
  return asset(request);
}

Response Service::module(const Request& request) const {
  const auto name = httpkit::percent_decode(request.path.substr(modules_path.size()));
  if (!name) return refusal(400, "the module's name is malformed");
  const std::optional<std::string> body = questions_.module(*name);
  if (!body) return refusal(404, "no module is called " + *name);
  return guarded(json(*body));
}

Response Service::timeline(const Request& request) const {
  const statekit::Result<EventFilter> filter = read_filter(request.query);
  if (!filter) return refusal(400, filter.error().message);
  return guarded(json(activity_json(live_.recent(*filter), true, live_.dropped())));
}

Response Service::asset(const Request& request) const {
  const Asset* found = find_asset(request.path);
  if (found == nullptr) return refusal(404, "there is no such page; the console is at /");
  const bool gzip = !found->gzip.empty() && takes_gzip(request);
  const std::string tag = "\"" + std::string(found->tag) + (gzip ? "-gz\"" : "\"");
  Response response;
  response.headers = {
      {"ETag", tag},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control", found->hashed ? "public, max-age=31536000, immutable" : "no-cache"}};
  const auto known = httpkit::find_header(request.headers, "if-none-match");
  if (known && names_tag(*known, tag)) {
    response.status = 304;
    return guarded(std::move(response));
  }
  response.headers.push_back({"Content-Type", std::string(found->content_type)});
  if (gzip) response.headers.push_back({"Content-Encoding", "gzip"});
  response.body = std::string(gzip ? found->gzip : found->plain);
  return guarded(std::move(response));
}

}  // namespace millrace::console
