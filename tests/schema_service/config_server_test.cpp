// Config values over real gRPC: set, listed now and as they were, and pushed to their deployment.
#include <thread>

#include "support/eventually.hpp"
#include "tests/schema_service/running.hpp"

namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using test::contains;
using test::Running;

namespace {

// Without verbs they need no endpoint, so they are canonical by themselves.
constexpr const char* shop = "module shop { config currency String  config limit Int }";
constexpr const char* cart = "module cart { config currency String }";

v2::ConfigChange& add(v2::ChangeConfigRequest& request, const std::string& module,
                      const std::string& name) {
  v2::ConfigChange& change = *request.add_changes();
  change.set_module(module);
  change.set_name(name);
  return change;
}
v2::ChangeConfigRequest setting(const std::string& module, const std::string& name,
                                const std::string& json) {
  v2::ChangeConfigRequest request;
  request.mutable_write()->set_author("ada");
  request.mutable_write()->set_reason("because");
  add(request, module, name).set_json(json);
  return request;
}

void deploy(test::Client& client, const std::string& text) {
  const auto created = client.deploy(text);
  REQUIRE(created.ok());
  REQUIRE(client.reaches(created->changeset(), v2::CHANGESET_PHASE_FINALIZED));
}

// "shop.currency=EUR@3" for each entry that has a value, in order.
std::vector<std::string> listed(test::Client& client, const std::string& module = "",
                                std::uint64_t at_revision = 0) {
  v2::ListConfigRequest request;
  request.set_module(module);
  request.set_at_revision(at_revision);
  const auto list = client.call(&Stub::ListConfig, request);
  REQUIRE(list.ok());
  std::vector<std::string> lines;
  for (const v2::ConfigEntry& entry : list->entries()) {
    std::string line = entry.module() + "." + entry.name() + "=";
    line += entry.has_json() ? entry.json() + "@" + std::to_string(entry.revision()) : "none";
    lines.push_back(line + (entry.from_global() ? " from all" : ""));
  }
  return lines;
}

// A stream of a deployment's values.
class Context {
 public:
  Context(test::Client& client, const std::string& deployment) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v2::GetDeploymentContextRequest request;
    request.set_deployment(deployment);
    stream_ = client.stub().GetDeploymentContext(&context_, request);
  }
  // "currency=EUR limit=" of the next answer; "over" when there is none.
  std::string next() {
    if (!stream_->Read(&answer)) return "over";
    std::string text;
    for (const v2::ContextConfig& config : answer.configs())
      text += (text.empty() ? "" : " ") + config.name() + "=" + config.json();
    return text;
  }
  grpc::Status finish() { return stream_->Finish(); }

  v2::GetDeploymentContextResponse answer;

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v2::GetDeploymentContextResponse>> stream_;
};

std::string deployment_of(test::Client& client, const std::string& module) {
  v2::GetDeploymentsRequest request;
  request.set_module(module);
  const auto found = client.call(&Stub::GetDeployments, request);
  REQUIRE(found->deployments_size() == 1);
  return found->deployments(0).key();
}

}  // namespace

TEST_CASE("config is set, listed now and as it was, and stands in the history with its reason") {
  Running running;
  test::Client& client = running.client();
  deploy(client, shop);
  deploy(client, cart);
  const auto first = client.call(&Stub::ChangeConfig, setting("shop", "currency", " \"EUR\""));
  REQUIRE(first.ok());
  const std::string at = std::to_string(first->position().revision());
  CHECK(listed(client) == std::vector<std::string>{"cart.currency=none",
                                                   "shop.currency=\"EUR\"@" + at,
                                                   "shop.limit=none"});
  REQUIRE(client.call(&Stub::ChangeConfig, setting("", "currency", "\"USD\"")).ok());
  CHECK(listed(client, "cart").back() ==
        "cart.currency=\"USD\"@" + std::to_string(first->position().revision() + 1) + " from all");
  CHECK(listed(client, "cart", first->position().revision()) ==
        std::vector<std::string>{"cart.currency=none"});

  v2::GetHistoryRequest history;
  history.set_module("shop");
  history.set_limit(1);
  const auto entries = client.call(&Stub::GetHistory, history);
  REQUIRE(entries->entries_size() == 1);
  CHECK(entries->entries(0).author() == "ada");
  CHECK(entries->entries(0).reason() == "because");
  REQUIRE(entries->entries(0).changes_size() == 2);  // the level is raised with the first value
  CHECK(entries->entries(0).changes(1) == "config shop.currency set to \"EUR\"");

  v2::ListConfigRequest unknown;
  unknown.set_module("shpo");
  const auto refused = client.call(&Stub::ListConfig, unknown);
  CHECK(refused.status.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(contains(refused.status.error_message(), "did you mean `shop`?"));
}

TEST_CASE("values that do not fit are refused with a line for each fault") {
  Running running;
  test::Client& client = running.client();
  deploy(client, shop);
  v2::ChangeConfigRequest request = setting("shop", "currency", "\"EUR\"");
  add(request, "shop", "limit").set_json("\"x\"");
  const auto refused = client.call(&Stub::ChangeConfig, request);
  CHECK(refused.status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(contains(refused.status.error_message(), "shop.limit: wanted Int, got string \"x\""));
  CHECK(listed(client) == std::vector<std::string>{"shop.currency=none", "shop.limit=none"});

  request.mutable_changes(1)->set_json("7");
  request.set_plan(true);
  const auto planned = client.call(&Stub::ChangeConfig, request);
  REQUIRE(planned.ok());
  REQUIRE(planned->plan_size() == 2);
  CHECK(planned->plan(1) == "shop.limit: set to 7");
  CHECK(listed(client).front() == "shop.currency=none");

  request.set_plan(false);
  request.set_if_revision(0);
  const auto done = client.call(&Stub::ChangeConfig, request);
  REQUIRE(done.ok());
  CHECK(client.call(&Stub::ChangeConfig, request).status.error_code() == grpc::StatusCode::ABORTED);
}

TEST_CASE("G4: a change of config that is asked for twice with one token takes effect once") {
  Running running;
  test::Client& client = running.client();
  deploy(client, shop);
  v2::ChangeConfigRequest request = setting("shop", "limit", "1");
  request.mutable_write()->set_token("t1");
  const auto first = client.call(&Stub::ChangeConfig, request);
  REQUIRE(first.ok());
  REQUIRE(client.call(&Stub::ChangeConfig, setting("shop", "limit", "2")).ok());
  const auto again = client.call(&Stub::ChangeConfig, request);
  REQUIRE(again.ok());
  CHECK(again->position().revision() == first->position().revision());
  CHECK(contains(listed(client)[1], "shop.limit=2"));
  request.mutable_changes(0)->set_json("3");
  CHECK(client.call(&Stub::ChangeConfig, request).status.error_code() ==
        grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("a deployment is given its values at once and again after each change that concerns it") {
  Running running;
  test::Client& client = running.client();
  deploy(client, shop);
  deploy(client, cart);
  const auto set = client.call(&Stub::ChangeConfig, setting("", "currency", "\"EUR\""));
  REQUIRE(set.ok());
  Context context(client, deployment_of(client, "shop"));
  CHECK(context.next() == "currency=\"EUR\" limit=");
  CHECK(context.answer.module() == "shop");
  CHECK(context.answer.position().revision() >= set->position().revision());
  CHECK(context.answer.configs(0).revision() == set->position().revision());
  CHECK_FALSE(context.answer.configs(1).has_json());

  // What concerns another module alone is not told.
  REQUIRE(client.call(&Stub::ChangeConfig, setting("cart", "currency", "\"GBP\"")).ok());
  const auto next = client.call(&Stub::ChangeConfig, setting("shop", "limit", "5"));
  REQUIRE(next.ok());
  CHECK(context.next() == "currency=\"EUR\" limit=5");
  CHECK(context.answer.position().revision() >= next->position().revision());
  v2::ChangeConfigRequest unset;
  add(unset, "", "currency");
  REQUIRE(client.call(&Stub::ChangeConfig, unset).ok());
  CHECK(context.next() == "currency= limit=5");
}

TEST_CASE("a value that fits no longer is not given, and it is said why") {
  Running running;
  test::Client& client = running.client();
  deploy(client, shop);
  REQUIRE(client.call(&Stub::ChangeConfig, setting("shop", "limit", "5")).ok());
  v2::CreateChangesetRequest request =
      test::deploy_request("module shop { config currency String  config limit String }", "b2");
  const auto refused = client.create(request);
  CHECK(refused.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(contains(refused.status.error_message(), "[stored-value]"));
  request.set_allow_breaking(true);
  const auto created = client.create(request);
  REQUIRE(created.ok());
  REQUIRE(client.reaches(created->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  Context context(client, created->deployments(0).deployment());
  CHECK(context.next() == "currency= limit=");
  CHECK(context.answer.configs(1).problem() == "shop.limit: wanted String, got number 5");
}

TEST_CASE("a stream of values needs a deployment, is limited and ends with the service") {
  millrace::schema_service::Settings settings;
  settings.registrations_max = 1;
  Running running(settings);
  test::Client& client = running.client();
  Context nobody(client, "dpl-nobody-0123456789");
  CHECK(nobody.next() == "over");
  CHECK(nobody.finish().error_code() == grpc::StatusCode::NOT_FOUND);

  deploy(client, shop);
  const std::string key = deployment_of(client, "shop");
  // The one before leaves its place when gRPC has told of its end.
  REQUIRE(test::eventually([&] {
    Context probe(client, key);
    return probe.next() != "over";
  }));
  auto first = std::make_unique<Context>(client, key);
  REQUIRE(test::eventually([&] {
    if (first->next() != "over") return true;
    first = std::make_unique<Context>(client, key);
    return false;
  }));
  Context second(client, key);
  CHECK(second.next() == "over");
  CHECK(second.finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  running.server().stop();
  CHECK(first->next() == "over");
  CHECK(first->finish().error_code() == grpc::StatusCode::UNAVAILABLE);
}
