// Any request to the state protocol gets an answer that the protocol has, and any bytes an error or
// a value that is written and read the same. The input is lines: method, target, headers until an
// empty one, then the body.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "journal/http_wire.hpp"
#include "services/schema/workspace/body.hpp"
#include "services/schema/workspace/codec.hpp"
#include "services/schema/workspace/json.hpp"
#include "services/schema/workspace/route.hpp"
#include "services/schema/workspace/service.hpp"
#include "statekit/io/clock.hpp"

using namespace millrace;
using namespace millrace::workspace;
using statekit::check;

namespace {

std::string_view line_of(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

httpkit::Request request_of(std::string_view rest) {
  httpkit::Request request;
  request.method = line_of(rest);
  request.target = line_of(rest);
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  request.path = request.target.substr(0, mark);
  if (mark < request.target.size()) request.query = request.target.substr(mark + 1);
  for (std::string_view line = line_of(rest); !line.empty(); line = line_of(rest)) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::size_t value = std::min(colon + 1, line.size());
    request.headers.push_back(
        {std::string(line.substr(0, colon)), std::string(line.substr(value))});
  }
  request.body = rest;
  return request;
}

// Null status: the answer is still to come.
class Caught : public httpkit::Reply {
 public:
  void send(httpkit::Response response) override { status = response.status; }
  void on_gone(std::function<void()>) override {}
  std::shared_ptr<httpkit::Stream> stream(httpkit::Response) override { return nullptr; }
  std::atomic<int> status = 0;
};

// One server for all inputs: what one left behind, another meets.
int status_of(const httpkit::Request& request) {
  static const statekit::SystemClock clock;
  static const std::unique_ptr<Shelf> shelf = make_shelf("memory:");
  static Keeper keeper(*shelf, clock, {{4, 4'096}, 8, 4, 5'000}, nullptr);
  static Service service(keeper, ServiceOptions{});
  static schema_service::Workers workers(1, 8);
  static Journals journals(keeper, *shelf, {4, 65'536});
  static const auto polls = std::make_shared<Polls>(workers, false);
  static JournalService of_journals(journals, *polls, 5'000);
  service.add_journals(of_journals);
  const auto caught = std::make_shared<Caught>();
  service.serve(request, caught);
  return caught->status;
}

void check_texts(const httpkit::Request& request, std::string_view whole) {
  if (const auto route = parse_route(request.path))
    check(route->workspace.empty() || is_name(route->workspace), "a path names a workspace");
  if (const auto query = parse_query_of(request.query))
    check(
        !query->ttl_ms || (*query->ttl_ms >= lock_ttl_ms_min && *query->ttl_ms <= lock_ttl_ms_max),
        "a time to live is within its limits");
  for (const Etag& etag : parse_etags(whole))
    check(parse_etags("\"" + etag_text(etag.workspace, etag.number) + "\"") ==
              std::vector<Etag>{etag},
          "an ETag is read as it is written");
  if (const auto info = parse_lock_info(request.body)) {
    const auto again = parse_lock_info(lock_info_json({*info, 1, 0, 0}));
    check(again && again->id == info->id && again->who == info->who,
          "a LockInfo is read as it is written");
  }
  if (const auto entries = journal::http::parse_entries(whole))
    check(journal::http::frame_entries(*entries) == whole, "entries are read as they are written");
  if (const auto parts = journal::http::parse_parts(whole)) {
    Bytes again;
    for (const Bytes& part : *parts) journal::http::frame_part(again, part);
    check(again == whole, "parts are read as they are written");
  }
  if (const auto head = journal::http::parse_head(request.body))
    check(journal::http::parse_head(journal::http::head_json(*head)) == *head,
          "a head is read as it is written");
  if (const auto open = gunzip(request.body, 10'000))
    check(open->size() <= 10'000, "gzip unfolds within its limit");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view whole(reinterpret_cast<const char*>(data), size);
  const httpkit::Request request = request_of(whole);
  check_texts(request, whole);
  static const std::set<int> statuses{0,   200, 201, 202, 204, 304, 400, 403, 404, 405,
                                      409, 410, 412, 413, 415, 422, 423, 428, 503, 507};
  check(statuses.contains(status_of(request)), "the protocol has this status");
  if (const auto event = WorkspaceCodec::decode_event(whole))
    check(WorkspaceCodec::decode_event(WorkspaceCodec::encode(*event)) == *event,
          "an event is read as it is written");
  if (const auto snapshot = WorkspaceCodec::decode_snapshot({std::string(whole)}))
    check(WorkspaceCodec::decode_snapshot(WorkspaceCodec::encode_snapshot(*snapshot)) == *snapshot,
          "a snapshot is read as it is written");
  (void)CatalogueCodec::decode_event(whole);
  (void)CatalogueCodec::decode_snapshot({std::string(whole)});
  return 0;
}
