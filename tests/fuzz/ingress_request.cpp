// Any request gets an answer or a call whose body is canonical JSON of the verb's type, and any
// answer of a verb gets an HTTP response. Input: method, target, header value, body and answer,
// each ended by a line end but the last two, which a line "--" parts.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "schema/json.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"
#include "services/ingress/service.hpp"
#include "statekit/result.hpp"

using namespace millrace;
using statekit::check;

namespace {

constexpr const char* text = R"(
module m {
  data Item { name String +alias json "n" price Float? tags [String] sub Item? }
  data Path { id Int name String }
  data Query { limit Int? tag [String] +alias json "t" on Bool? }
  verb data(builtin.HttpRequest<m.Item, m.Path, m.Query>) builtin.HttpResponse<m.Item, String>
    +ingress http POST /data/{id}/{name}
  verb text(builtin.HttpRequest<String, Unit, {String: [String]}>)
    builtin.HttpResponse<String, Bytes>
    +ingress http PUT /text
  verb any(builtin.HttpRequest<Any, {String: String}, {String: String}>)
    builtin.HttpResponse<Any, Unit>
    +ingress http POST /{any}
  verb bytes(builtin.HttpRequest<Bytes, Unit, Unit>) builtin.HttpResponse<Bytes, Any>
    +ingress http PATCH /
  verb list(builtin.HttpRequest<Unit, Unit, m.Query>) builtin.HttpResponse<[m.Item], Any>
    +ingress http GET /data
}
)";

const ingress::IngressState& state() {
  static const ingress::IngressState made = [] {
    schema::Schema parsed = schema::parse(text, "fuzz").schema;
    schema::resolve(parsed);
    check(parsed.modules.size() == 1, "the schema of the driver parses");
    schema::Snapshot snapshot;
    snapshot.revision = 1;
    schema::Deployment deployment;
    deployment.key = "dpl-m-0000000000";
    deployment.schema = std::make_shared<const schema::Module>(parsed.modules.front());
    deployment.phase = schema::DeploymentPhase::canonical;
    snapshot.deployments.push_back(deployment);
    ingress::IngressState out;
    out.restore(snapshot);
    return out;
  }();
  return made;
}

std::string_view take_until(std::string_view& rest, std::string_view mark) {
  const std::size_t end = rest.find(mark);
  const std::string_view taken = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + mark.size());
  return taken;
}

void check_response(const httpkit::Response& response) {
  check(response.status >= 200 && response.status <= 599, "an answer has a final status");
  for (const httpkit::Header& header : response.headers) {
    check(httpkit::is_token(header.name), "a header's name is a token");
    check(httpkit::is_field_value(header.value), "a header's value ends no line");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ingress::IngressService service(
      {.origins = {"https://a"}, .headers = {}, .credentials = true, .max_age_ms = 1'000});
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  httpkit::Request request;
  request.method = take_until(rest, "\n");
  request.target = take_until(rest, "\n");
  std::string_view query = request.target;
  request.path = take_until(query, "?");
  request.query = query;
  const std::string value(take_until(rest, "\n"));
  for (const char* name :
       {"content-type", "x-any", "millrace-request-id", "traceparent", "origin"}) {
    request.headers.push_back({name, value});
  }
  request.body = take_until(rest, "\n--\n");
  const std::string answer(rest);

  const ingress::Arrival arrival = ingress::IngressService::arrive(
      std::move(request), "req-1", std::string(32, 'a'), std::string(16, 'b'));
  const auto plan = service.plan(state(), arrival);
  if (const auto* immediate = std::get_if<ingress::Answer>(&plan)) {
    check_response(immediate->response);
    return 0;
  }
  const auto& call = std::get<ingress::VerbCall>(plan);
  const auto members = schema::json_members(call.body);
  check(members.has_value(), "a verb receives a JSON object");
  check(members->size() >= 5 && members->front().key == "method", "of builtin.HttpRequest");
  check_response(service.answer(arrival, call, answer).response);
  return 0;
}
