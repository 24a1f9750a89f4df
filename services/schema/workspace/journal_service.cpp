#include "services/schema/workspace/journal_service.hpp"

#include <utility>

#include "journal/http_wire.hpp"
#include "services/schema/workspace/answer.hpp"
#include "services/schema/workspace/journal_answer.hpp"

namespace millrace::workspace {

namespace wire = journal::http;
using httpkit::problem;
using httpkit::Reply;
using httpkit::Request;
using httpkit::Response;

struct JournalService::Asked {
  const Request& request;
  const Route& route;
  JournalQuery query;
  HeldJournal* held = nullptr;

  bool is(std::string_view method) const { return request.method == method; }
};

namespace {

Response octets_answer(Bytes body) {
  return {200, {{"content-type", "application/octet-stream"}}, std::move(body)};
}

Response half_filled() {
  return fault_answer({statekit::JournalFault::half_filled,
                       "it is being filled, or that was interrupted: fill it again, or delete the "
                       "workspace and begin anew",
                       {},
                       0});
}

Response over_quota() {
  return problem(507,
                 "the workspace's quota (schema.state.quota_bytes_max) is full: compact the "
                 "journal, or allow more");
}

}  // namespace

void JournalService::serve(const Request& request, const Route& route,
                           std::shared_ptr<Reply> reply) {
  auto query = parse_journal_query(request.query);
  if (!query) return reply->send(problem(400, query.error().message));
  Asked asked{request, route, std::move(*query)};
  if (route.resource == Resource::journal && asked.is("PUT")) return reply->send(make(asked));
  const auto held = journals_.find(route.workspace);
  if (!held) return reply->send(refusal_answer(held.error(), {}));
  if (!*held)
    return reply->send(
        problem(404, "there is no journal in the workspace '" + route.workspace + "'"));
  asked.held = held->get();
  if (asked.held->filling() && !asked.query.fill) return reply->send(half_filled());
  if (route.resource == Resource::journal && asked.is("GET") && asked.query.wait_ms > 0)
    return polls_.park(*held, asked.query.after, asked.query.wait_ms, std::move(reply));
  reply->send(dispatch(asked));
}

statekit::Result<bool> JournalService::holds_something(const std::string& name) {
  const auto held = journals_.find(name);
  if (!held) return fail(held.error());
  if (!*held) return false;
  const auto head = (*held)->journal().head();
  if (!head) return fail(to_error(head.error()));
  return head->last > 0;
}

Response JournalService::dispatch(const Asked& asked) {
  const bool reads = asked.is("GET");
  switch (asked.route.resource) {
    case Resource::journal_entries:
      if (asked.is("POST")) return append(asked);
      return reads ? read(asked) : no_such_method("GET, POST");
    case Resource::journal_snapshots: return reads ? get_snapshot(asked) : no_such_method("GET");
    case Resource::journal_snapshot:
      return asked.is("PUT") ? put_snapshot(asked) : no_such_method("PUT");
    case Resource::journal_compact:
      return asked.is("POST") ? compact(asked) : no_such_method("POST");
    case Resource::journal_filled: return asked.is("POST") ? filled(asked) : no_such_method("POST");
    default: break;
  }
  if (!reads) return no_such_method("GET, PUT");
  const auto head = asked.held->journal().head();
  return head ? head_answer(200, *head, asked.held->filling()) : fault_answer(head.error());
}

Response JournalService::make(const Asked& asked) {
  const std::string& incarnation = asked.query.incarnation;
  if (incarnation.size() != 32 ||
      incarnation.find_first_not_of("0123456789abcdef") != std::string::npos)
    return problem(400, "say ?incarnation= with 32 lower-case hex digits made at random");
  const auto made = journals_.make(asked.route.workspace, incarnation, asked.query.fill);
  if (!made && made.error().code == statekit::Code::invalid_argument)
    return problem(422, made.error().message);  // it cannot be filled
  if (!made) return refusal_answer(made.error(), {});
  const bool filling = made->held->filling();
  if (filling && !asked.query.fill) return half_filled();
  const auto head = made->held->journal().head();
  if (!head) return fault_answer(head.error());
  return head_answer(made->is_new ? 201 : 200, *head, filling);
}

Response JournalService::read(const Asked& asked) {
  statekit::Journal& journal = asked.held->journal();
  auto entries = journal.read(asked.query.after, asked.query.limit, asked.query.bytes);
  if (!entries) return fault_answer(entries.error());
  const auto head = journal.head();
  if (!head) return fault_answer(head.error());
  // What came in between must be told too: an answer never says that there is more and gives none.
  if (entries->empty() && head->last > asked.query.after)
    entries = journal.read(asked.query.after, asked.query.limit, asked.query.bytes);
  if (!entries) return fault_answer(entries.error());
  Response response = octets_answer(wire::frame_entries(*entries));
  response.headers.push_back({"etag", wire::etag_of(*head)});
  return response;
}

Response JournalService::append(const Asked& asked) {
  const auto match = httpkit::find_header(asked.request.headers, "if-match");
  if (!match) return problem(428, "an append says in If-Match which end of the journal it follows");
  const auto end = wire::parse_etag(*match);
  if (!end) return problem(400, "If-Match is one ETag of this journal");
  const auto entries = wire::parse_entries(asked.request.body);
  if (!entries) return problem(400, entries.error().message);
  const auto done = asked.held->append(end->last, end->digest, *entries, write_ms_max_);
  if (!done) return fault_answer(done.error());
  if (done->over_quota) return over_quota();
  polls_.ring(*asked.held, done->head);
  return head_answer(200, done->head);
}

Response JournalService::put_snapshot(const Asked& asked) {
  if (!asked.query.digest || asked.query.upload.empty())
    return problem(400, "a snapshot has ?digest= and ?upload=");
  auto parts = wire::parse_parts(asked.request.body);
  if (!parts) return problem(400, parts.error().message);
  for (const Bytes& part : *parts)
    if (part.size() > statekit::snapshot_part_bytes_max)
      return problem(
          413, "a part is at most " + std::to_string(statekit::snapshot_part_bytes_max) + " bytes");
  const auto taken =
      asked.held->take_snapshot({asked.route.number, *asked.query.digest, asked.query.upload,
                                 asked.query.from, asked.query.last, std::move(*parts)});
  if (!taken) return fault_answer(taken.error());
  switch (*taken) {
    case SnapshotTaken::kept: return {202, {}, {}};
    case SnapshotTaken::visible: return {200, {}, {}};
    case SnapshotTaken::over_quota: return over_quota();
    case SnapshotTaken::out_of_order: break;
  }
  return problem(409, "the parts before these are not here: begin again, with another upload");
}

Response JournalService::get_snapshot(const Asked& asked) {
  const auto piece =
      asked.held->snapshot(asked.query.at_most, asked.query.from, wire::snapshot_bytes_max);
  if (!piece) return fault_answer(piece.error());
  if (!*piece) return {204, {}, {}};
  Bytes body;
  for (const Bytes& part : (*piece)->parts) wire::frame_part(body, part);
  Response response = octets_answer(std::move(body));
  response.headers.push_back({"millrace-revision", std::to_string((*piece)->revision)});
  response.headers.push_back({"millrace-digest", hex((*piece)->digest)});
  response.headers.push_back({"millrace-more", (*piece)->more ? "true" : "false"});
  return response;
}

Response JournalService::compact(const Asked& asked) {
  if (!asked.query.up_to) return problem(400, "say ?up_to= with a revision");
  const auto head = asked.held->compact(*asked.query.up_to);
  return head ? head_answer(200, *head) : fault_answer(head.error());
}

Response JournalService::filled(const Asked& asked) {
  const auto head = asked.held->filled();
  return head ? head_answer(200, *head) : fault_answer(head.error());
}

}  // namespace millrace::workspace
