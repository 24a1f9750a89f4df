#include "services/schema/workspace/service.hpp"

#include <algorithm>
#include <utility>

#include "access/io/http_gate.hpp"
#include "services/schema/workspace/answer.hpp"
#include "services/schema/workspace/body.hpp"
#include "services/schema/workspace/json.hpp"
#include "services/schema/workspace/refusal.hpp"

namespace millrace::workspace {

using httpkit::find_header;
using httpkit::problem;
using httpkit::Request;
using httpkit::Response;
using statekit::Code;

namespace {

constexpr std::size_t lock_body_bytes_max = 64 * 1024;
constexpr std::size_t gzip_bytes_min = 1'024;  // smaller ones are sent as they are

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "gzip", but not with a weight of zero, which means that it is not taken (RFC 9110, 12.5.3).
bool takes_gzip(const Request& request) {
  std::string_view rest = find_header(request.headers, "accept-encoding").value_or("");
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view each = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t semicolon = std::min(each.find(';'), each.size());
    if (!httpkit::same_name(trimmed(each.substr(0, semicolon)), "gzip")) continue;
    const std::string_view weight = trimmed(each.substr(std::min(semicolon + 1, each.size())));
    return weight.empty() || weight.find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

// The body as it is meant: unfolded, and checked against its Content-MD5.
struct Taken {
  std::optional<Response> refused;
  std::string body;
};

Taken take_body(const Request& request, std::size_t bytes_max) {
  if (const auto md5 = find_header(request.headers, "content-md5"))
    if (*md5 != content_md5(request.body))
      return {problem(400, "the body's MD5 is not that of Content-MD5: it was damaged on its way"),
              {}};
  const auto coding = find_header(request.headers, "content-encoding");
  if (!coding || httpkit::same_name(*coding, "identity")) return {std::nullopt, request.body};
  if (!httpkit::same_name(*coding, "gzip"))
    return {problem(415, "the only Content-Encoding understood is gzip"), {}};
  auto body = gunzip(request.body, bytes_max);
  if (body) return {std::nullopt, std::move(*body)};
  const bool large = body.error().code == Code::resource_exhausted;
  return {problem(large ? 413 : 400, body.error().message), {}};
}

Taken take_lock_body(const Request& request) {
  if (request.body.size() <= lock_body_bytes_max) return take_body(request, lock_body_bytes_max);
  return {problem(413, "a LockInfo is at most " + std::to_string(lock_body_bytes_max) + " bytes"),
          {}};
}

// States hold secrets as a rule, so that to read one takes as much as to write one.
std::string needed_for(const Request& request, const Route& route) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool body = route.resource == Resource::state || route.resource == Resource::version;
  return reads && !body ? "state/look" : "state/keep";
}

// Who shows a lock holds none where the workspace is gone, and none is made for them.
std::optional<Response> lost_with_workspace(const Outcome& outcome, const Guard& guard) {
  if (outcome.view.id != 0 || guard.lock_id.empty()) return std::nullopt;
  return problem(409, "the lock '" + guard.lock_id + "' is not held: there is no such workspace");
}

// Who took the lock; null where the audit does not reach back so far.
const std::string* taker_of(const WorkspaceSnapshot& state) {
  for (auto line = state.audit.rbegin(); line != state.audit.rend(); ++line)
    if (line->action == "lock" && line->detail == state.lock->info.id) return &line->author;
  return nullptr;
}

bool is_bare(const LockInfo& info) {
  LockInfo bare;
  bare.id = info.id;
  return info == bare;
}

// Everybody who may look can read what a lock says of itself. So where it is known who asks, only
// who took it releases it, and whoever else shows it forces it.
bool is_of_another(const std::string& guest, const LockInfo& shown,
                   const WorkspaceSnapshot& state) {
  if (!state.lock || state.lock->info.id != shown.id) return false;
  const std::string* const taker = taker_of(state);
  return taker == nullptr ? shown != state.lock->info : *taker != guest;
}

std::string held_by(const Lock& lock) {
  return "held " + lock.info.id + (lock.info.who.empty() ? "" : " (" + lock.info.who + ")");
}

}  // namespace

struct Service::Asked {
  const Request& request;
  Route route;
  Query query;
  Guest guest;

  bool is(std::string_view method) const { return request.method == method; }
  bool reads() const { return is("GET") || is("HEAD"); }
  bool puts() const { return is("POST") || is("PUT"); }
  bool sees(const std::string& workspace) const { return !guest.sees || guest.sees(workspace); }
};

void Service::serve(const Request& request, std::shared_ptr<httpkit::Reply> reply) {
  const auto route = parse_route(request.path);
  if (!route || !is_of_journal(route->resource) || journals_ == nullptr)
    return reply->send(handle(request));
  if (const std::string trick = browser_trick(request, options_.loopback_only); !trick.empty())
    return reply->send(problem(403, trick));
  // Whoever reads a journal reads all that its writer wrote: no less is asked of them than of it.
  if (auto may = options_.admit(request, "state/keep", route->workspace); !may)
    return reply->send(access::refusal(may.error()));
  journals_->serve(request, *route, std::move(reply));
}

std::optional<Response> Service::turned_back(const Request& head) {
  if (const std::string trick = browser_trick(head, options_.loopback_only); !trick.empty())
    return problem(403, trick);
  const auto route = parse_route(head.path);
  if (!route) return refusal_answer(route.error(), {});
  const bool journal = is_of_journal(route->resource);
  const std::string needed = journal ? "state/keep" : needed_for(head, *route);
  if (auto may = options_.admit(head, needed, route->workspace); !may)
    return access::refusal(may.error());
  return std::nullopt;
}

Response Service::handle(const Request& request) {
  if (const std::string trick = browser_trick(request, options_.loopback_only); !trick.empty())
    return problem(403, trick);
  auto route = parse_route(request.path);
  if (!route) return refusal_answer(route.error(), {});
  auto query = parse_query_of(request.query);
  if (!query) return refusal_answer(query.error(), {});
  auto guest = options_.admit(request, needed_for(request, *route), route->workspace);
  if (!guest) return access::refusal(guest.error());
  return dispatch({request, std::move(*route), std::move(*query), std::move(*guest)});
}

Response Service::dispatch(const Asked& asked) {
  switch (asked.route.resource) {
    case Resource::state: return on_state(asked);
    case Resource::lock: return on_lock(asked);
    case Resource::restore: return asked.is("POST") ? restore(asked) : no_such_method("POST");
    case Resource::workspace:
      if (asked.is("DELETE")) return remove_workspace(asked);
      return asked.reads() ? look(asked) : no_such_method("GET, HEAD, DELETE");
    default: break;
  }
  if (is_of_journal(asked.route.resource)) return problem(404, "no journals are kept here");
  if (!asked.reads()) return no_such_method("GET, HEAD");
  if (asked.route.resource == Resource::version) return get_body(asked, asked.route.number);
  if (asked.route.resource == Resource::locks && asked.route.workspace.empty())
    return all_locks(asked);
  return asked.route.resource == Resource::workspaces ? all_names(asked) : look(asked);
}

Response Service::on_state(const Asked& asked) {
  if (asked.reads()) return get_body(asked, std::nullopt);
  if (asked.puts()) return put_body(asked);
  if (asked.is("DELETE")) return remove_body(asked);
  if (asked.is("LOCK")) return take_lock(asked);
  if (asked.is("UNLOCK")) return release_lock(asked);
  return no_such_method("GET, HEAD, POST, PUT, DELETE, LOCK, UNLOCK");
}

Response Service::on_lock(const Asked& asked) {
  if (asked.puts() || asked.is("LOCK")) return take_lock(asked);
  if (asked.is("DELETE") || asked.is("UNLOCK")) return release_lock(asked);
  if (asked.reads()) return look(asked);
  return no_such_method("GET, HEAD, POST, PUT, DELETE, LOCK, UNLOCK");
}

Response Service::get_body(const Asked& asked, std::optional<std::uint64_t> number) {
  auto reading = keeper_.read(asked.route.workspace, number);
  if (!reading) return refusal_answer(reading.error(), {});
  if (!reading->version)
    return problem(404, number ? "that version is not kept, or has no state" : "there is no state");
  Response response{200, {{"content-type", "application/octet-stream"}}, {}};
  name_version(response, reading->view, *reading->version);
  const Guard guard = guard_of(asked.request, {});
  const Etag here{reading->view.id, reading->version->number};
  if (guard.absent_only ||
      std::find(guard.not_match.begin(), guard.not_match.end(), here) != guard.not_match.end()) {
    response.status = 304;
    return response;
  }
  response.body = std::move(reading->body);
  response.headers.push_back({"vary", "accept-encoding"});
  if (response.body.size() >= gzip_bytes_min && takes_gzip(asked.request)) {
    response.body = gzip(response.body);
    response.headers.push_back({"content-encoding", "gzip"});
  }
  response.headers.push_back({"content-md5", content_md5(response.body)});
  return response;
}

Response Service::put_body(const Asked& asked) {
  Taken taken = take_body(asked.request, options_.body_bytes_max);
  if (taken.refused) return std::move(*taken.refused);
  if (taken.body.empty())
    return problem(400, "there is no body: a state has at least one octet; DELETE removes one");
  const Guard guard = guard_of(asked.request, asked.query.id);
  const Outcome outcome =
      keeper_.write(asked.route.workspace, guard, std::move(taken.body), asked.guest.name);
  if (!outcome.result) return refusal_answer(outcome.result.error(), outcome.view);
  if (auto lost = lost_with_workspace(outcome, guard)) return std::move(*lost);
  const Version* version = outcome.view.current();
  if (version == nullptr) return problem(412, "If-Match, but there is no state");
  Response response = json_answer(200, version_json(outcome.view, *version));
  name_version(response, outcome.view, *version);
  return response;
}

Response Service::remove_body(const Asked& asked) {
  const Guard guard = guard_of(asked.request, asked.query.id);
  const Outcome outcome =
      keeper_.act(asked.route.workspace, Remove{guard}, asked.guest.name, false);
  if (!outcome.result) return refusal_answer(outcome.result.error(), outcome.view);
  if (auto lost = lost_with_workspace(outcome, guard)) return std::move(*lost);
  return {200, {}, {}};
}

Response Service::restore(const Asked& asked) {
  const Restore act{guard_of(asked.request, asked.query.id), asked.route.number};
  const Outcome outcome = keeper_.act(asked.route.workspace, act, asked.guest.name, false);
  if (!outcome.result) return refusal_answer(outcome.result.error(), outcome.view);
  if (auto lost = lost_with_workspace(outcome, act.guard)) return std::move(*lost);
  const Version* version = outcome.view.current();
  if (version == nullptr) return problem(404, "there is no such workspace");
  Response response = json_answer(200, version_json(outcome.view, *version));
  name_version(response, outcome.view, *version);
  return response;
}

Response Service::take_lock(const Asked& asked) {
  const Taken taken = take_lock_body(asked.request);
  if (taken.refused) return *taken.refused;
  const auto info = parse_lock_info(taken.body);
  if (!info) return problem(400, info.error().message);
  const Outcome outcome = keeper_.act(asked.route.workspace, TakeLock{*info, asked.query.ttl_ms},
                                      asked.guest.name, true);
  if (!outcome.result) return refusal_answer(outcome.result.error(), outcome.view);
  if (!outcome.view.state.lock) return problem(503, "the lock was released at once: try again");
  return json_answer(200, lock_info_json(*outcome.view.state.lock));
}

// Who shows the whole LockInfo held the lock; an ID alone, or nothing, is how locks are forced.
Response Service::release_lock(const Asked& asked) {
  const Taken taken = take_lock_body(asked.request);
  if (taken.refused) return *taken.refused;
  ReleaseLock act;
  act.forced = true;
  if (!taken.body.empty()) {
    const auto info = parse_lock_info(taken.body);
    if (!info) return problem(400, info.error().message);
    act.id = info->id;
    act.forced = is_bare(*info);
    if (!act.forced && options_.verified) {
      const auto view = keeper_.look(asked.route.workspace);
      if (!view) return refusal_answer(view.error(), {});
      act.forced = is_of_another(asked.guest.name, *info, view->state);
    }
  }
  if (act.forced)
    if (auto may = options_.admit(asked.request, "state/force", asked.route.workspace); !may)
      return access::refusal(may.error());
  const auto before = act.forced ? keeper_.look(asked.route.workspace) : View{};
  const Outcome outcome = keeper_.act(asked.route.workspace, act, asked.guest.name, false);
  if (!outcome.result) return refusal_answer(outcome.result.error(), outcome.view);
  if (act.forced && before && before->state.lock)
    options_.tell({asked.guest.name,
                   "lock of workspace " + asked.route.workspace + " broken, which " +
                       held_by(*before->state.lock),
                   asked.request.peer});
  return {200, {}, {}};
}

Response Service::remove_workspace(const Asked& asked) {
  if (asked.route.workspace == default_workspace)
    return problem(409, "the default workspace cannot be deleted; its state can");
  if (!asked.query.force && journals_ != nullptr) {
    // One that cannot be looked into counts as full.
    const auto holds = journals_->holds_something(asked.route.workspace);
    if (!holds) return refusal_answer(holds.error(), {});
    if (*holds)
      return problem(409, "the workspace keeps a journal: add ?force=true to delete it with that");
  }
  if (asked.query.force)
    if (auto may = options_.admit(asked.request, "state/force", asked.route.workspace); !may)
      return access::refusal(may.error());
  const auto before = asked.query.force ? keeper_.look(asked.route.workspace) : View{};
  const Outcome outcome =
      keeper_.remove(asked.route.workspace, asked.query.force, asked.guest.name);
  if (!outcome.result) return refusal_answer(outcome.result.error(), outcome.view);
  if (asked.query.force)
    options_.tell(
        {asked.guest.name,
         "workspace " + asked.route.workspace + " deleted by force" +
             (before && before->state.lock ? ", with a lock which " + held_by(*before->state.lock)
                                           : ""),
         asked.request.peer});
  if (journals_ != nullptr) journals_->forget(outcome.view.id);
  return {200, {}, {}};
}

Response Service::all_names(const Asked& asked) {
  auto names = keeper_.names();
  if (!names) return refusal_answer(names.error(), {});
  std::erase_if(*names, [&](const auto& each) { return !asked.sees(each.first); });
  return json_answer(200, names_json(*names));
}

Response Service::all_locks(const Asked& asked) {
  const auto names = keeper_.names();
  if (!names) return refusal_answer(names.error(), {});
  std::vector<HeldLock> held;
  for (const auto& [name, entry] : *names) {
    if (!asked.sees(name)) continue;
    const auto view = keeper_.look(name);
    if (!view) return refusal_answer(view.error(), {});
    if (view->state.lock) held.push_back({name, *view->state.lock, view->lock_seen_ms});
  }
  return json_answer(200, locks_json(held));
}

// What a workspace is, and the lists that it has.
Response Service::look(const Asked& asked) {
  const std::string& name = asked.route.workspace;
  const auto view = keeper_.look(name);
  if (!view) return refusal_answer(view.error(), {});
  if (view->id == 0) return problem(404, "there is no workspace '" + name + "'");
  switch (asked.route.resource) {
    case Resource::versions: return json_answer(200, versions_json(*view));
    case Resource::audit: return json_answer(200, audit_json(*view));
    case Resource::lock:
    case Resource::locks: {
      std::vector<HeldLock> held;
      if (view->state.lock) held.push_back({name, *view->state.lock, view->lock_seen_ms});
      return json_answer(200, locks_json(held));
    }
    default: return json_answer(200, workspace_json(name, *view));
  }
}

}  // namespace millrace::workspace
