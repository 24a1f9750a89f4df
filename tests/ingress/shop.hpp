// A schema with a route of every sort, an IngressState that has it deployed, and short ways to ask
// IngressService about it. Values, free of threads.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "schema/resolve.hpp"
#include "schema/text.hpp"
#include "services/ingress/service.hpp"
#include "support/catch.hpp"
#include "tests/routing/history.hpp"

namespace millrace::test {

inline const std::string shop_schema = R"(
module money {
  export data Price {
    amount Int +alias json "a"
    currency String
  }
}

module shop {
  data Item {
    name String
    price money.Price
    tags [String] +alias json "labels"
    note String?
  }
  data ItemPath {
    id Int
  }
  data Filter {
    limit Int?
    tag [String] +alias json "t"
    cheap Bool?
  }
  data Failure {
    why String +alias json "reason"
  }

  verb put(builtin.HttpRequest<shop.Item, shop.ItemPath, Unit>)
    builtin.HttpResponse<shop.Item, shop.Failure>
    +ingress http PUT /items/{id}
  verb list(builtin.HttpRequest<Unit, Unit, shop.Filter>)
    builtin.HttpResponse<[shop.Item], shop.Failure>
    +ingress http GET /items
  verb search(builtin.HttpRequest<Unit, Unit, {String: [String]}>) builtin.HttpResponse<Any, Unit>
    +ingress http GET /search
  verb note(builtin.HttpRequest<String, Unit, Unit>) builtin.HttpResponse<String, String>
    +ingress http POST /note
  verb upload(builtin.HttpRequest<Bytes, Unit, Unit>) builtin.HttpResponse<Bytes, String>
    +ingress http POST /upload
  verb hook(builtin.HttpRequest<Any, Unit, Unit>) builtin.HttpResponse<Unit, Unit>
    +ingress http POST /hook
  verb maybe(builtin.HttpRequest<shop.Item?, Unit, Unit>) builtin.HttpResponse<Unit, Unit>
    +ingress http POST /maybe
  verb person(builtin.HttpRequest<Unit, {String: String}, Unit>) builtin.HttpResponse<String, Unit>
    +ingress http GET /people/{name}
}
)";

inline schema::Deployment shop_deployment(const schema::Module& module, const std::string& key) {
  schema::Deployment out;
  out.key = key;
  out.schema = std::make_shared<const schema::Module>(module);
  out.schema_digest = schema::module_digest(module);
  return out;
}

// A changeset with all modules of a schema text.
inline schema::ChangesetCreated changeset_of(const std::string& text, const std::string& number) {
  schema::ParseResult parsed = schema::parse(text, "test.schema");
  for (const auto& each : parsed.diagnostics) FAIL(to_string(each));
  schema::resolve(parsed.schema);
  schema::ChangesetCreated created;
  created.changeset.key = "chs-" + number;
  for (const schema::Module& module : parsed.schema.modules) {
    const std::string key = "dpl-" + module.name + "-" + number;
    created.deployments.push_back(shop_deployment(module, key));
    created.changeset.deployments.push_back(key);
  }
  return created;
}

inline void deploy(ingress::IngressState& state, const std::string& text, const std::string& number,
                   std::vector<std::string> replaced = {}) {
  state.apply(commit_at(state.revision() + 1, {changeset_of(text, number)}));
  state.apply(commit_at(state.revision() + 1,
                        {schema::ChangesetCommitted{"chs-" + number, std::move(replaced)}}));
}

inline httpkit::Request request_to(const std::string& method, const std::string& target,
                                   const std::string& body = {},
                                   std::vector<httpkit::Header> headers = {}) {
  httpkit::Request request;
  request.method = method;
  request.target = target;
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.path = target.substr(0, mark);
  if (mark < target.size()) request.query = target.substr(mark + 1);
  request.headers = std::move(headers);
  request.body = body;
  return request;
}

struct Shop {
  explicit Shop(ingress::CorsSettings cors = {}) : service(std::move(cors)) {
    deploy(state, shop_schema, "1");
  }

  ingress::Arrival arrive(httpkit::Request request) const {
    return ingress::IngressService::arrive(std::move(request), "req-1", std::string(32, 'a'),
                                           std::string(16, 'b'));
  }
  std::variant<ingress::Answer, ingress::VerbCall> plan(const httpkit::Request& request) {
    return service.plan(state, arrive(request));
  }
  // The verb and its request, or the status and the body of the answer.
  std::string planned(const httpkit::Request& request) {
    const auto plan_ = plan(request);
    if (const auto* call = std::get_if<ingress::VerbCall>(&plan_)) {
      return call->module + "." + call->verb + " " + call->body;
    }
    const auto& response = std::get<ingress::Answer>(plan_).response;
    return std::to_string(response.status) + " " + response.body;
  }
  // What the outside gets when the verb answers so.
  httpkit::Response answered(const httpkit::Request& request, const ingress::Outcome& outcome) {
    const ingress::Arrival arrival = arrive(request);
    const auto plan_ = service.plan(state, arrival);
    REQUIRE(std::holds_alternative<ingress::VerbCall>(plan_));
    return service.answer(arrival, std::get<ingress::VerbCall>(plan_), outcome).response;
  }

  ingress::IngressState state;
  ingress::IngressService service;
};

inline std::string header_in(const httpkit::Response& response, const std::string& name) {
  return std::string(httpkit::find_header(response.headers, name).value_or("(none)"));
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace millrace::test
