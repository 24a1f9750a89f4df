// Changes as an operator makes them, through the real binaries. What each path of a changeset does
// is told by the transcripts (tests/schema_service/script_test.cpp); here it is seen from outside:
//
//   refused, it breaks callers                      --plan, refused, --allow-breaking, history
//   refused, another one holds the module           bad_input_test.cpp, and two at one moment here
//   refused, others call what is removed            --remove
//   planned                                         bad_input_test.cpp, and the first test here
//   preparing -> rolling-back -> failed             bad_input_test.cpp (deadline), run_test.cpp
//   prepared -> committed by hand                   --hold, commit
//   prepared, takes a share of the traffic          --canary, and back
//   prepared, its module died                       commit refused, then a new one
//   committed -> drained -> finalized               --wait, everywhere
//   back to a revision                              rollback REV, --plan, refused and accepted
//                                                   one that is compacted says so
#include <signal.h>

#include "e2e/cluster.hpp"
#include "httpkit/client.hpp"
#include "support/catch.hpp"

using namespace millrace::e2e;

namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string changeset_of(const Outcome& outcome) {
  const std::size_t at = outcome.out.find("chs-");
  return at == std::string::npos ? "none" : outcome.out.substr(at, 14);
}

constexpr const char* shop_text = R"(module shop {
  export data Order { total Int }
  export verb get(Unit) shop.Order
})";
constexpr const char* shop_breaking = R"(module shop {
  export data Order { total String }
  export verb get(Unit) shop.Order
})";
constexpr const char* cart_text = R"(module cart {
  export verb checkout(Unit) Unit
    +calls shop.get
})";

// A cluster with the time module, at whose address anything may be deployed: it answers pings.
struct Yard {
  Cluster cluster;
  std::unique_ptr<Process> time;
  std::string address;

  Yard() {
    REQUIRE(cluster.ready());
    time = cluster.example("time");
    REQUIRE(time->says("is live"));
    const std::string ps = cluster.millrace({"ps", "--output", "json"}).out;
    const std::size_t at = ps.find("127.0.0.1:");
    REQUIRE(at != std::string::npos);
    address = ps.substr(at, ps.find('"', at) - at);
  }
  std::string file(const std::string& name, const std::string& text) const {
    write_file(cluster.folder().path(name), text);
    return cluster.folder().path(name);
  }
  Outcome deploy(const std::string& module, const std::string& text, Words options = {}) const {
    Words words{"deploy", file(module + ".schema", text), "--endpoint",
                module + "=http://" + address};
    words.insert(words.end(), options.begin(), options.end());
    return cluster.millrace(words, 60);
  }
  // With nothing on its way any more: --wait returns before a changeset is finalized.
  std::string head() const {
    REQUIRE(eventually([&] {
      const std::string list = cluster.millrace({"changeset", "list"}).out;
      return !holds(list, "committed") && !holds(list, "drained");
    }));
    const std::string history =
        cluster.millrace({"schema", "history", "--limit", "1", "--output", "json"}).out;
    const std::string mark = "\"revision\": ";
    const std::size_t at = history.find(mark) + mark.size();
    return history.substr(at, history.find_first_not_of("0123456789", at) - at);
  }
};

}  // namespace

TEST_CASE("a change that breaks a caller is planned, refused and accepted with each break named") {
  Yard yard;
  REQUIRE(yard.deploy("shop", shop_text, {"--wait"}).exit_code == 0);
  REQUIRE(yard.deploy("cart", cart_text, {"--wait"}).exit_code == 0);
  const std::string broken =
      "shop.Order.total: Int is now String [wider-type]: cart.checkout calls shop.get";
  const std::string before = yard.head();
  const Outcome plan = yard.deploy("shop", shop_breaking, {"--plan"});
  CHECK(plan.exit_code == 1);
  CHECK(holds(plan.out, broken));
  const Outcome refused = yard.deploy("shop", shop_breaking);
  CHECK(refused.exit_code == 1);
  CHECK(holds(refused.err, broken));
  CHECK(holds(refused.err, "--allow-breaking"));
  CHECK(yard.head() == before);  // neither changed anything
  const Outcome accepted = yard.deploy(
      "shop", shop_breaking, {"--allow-breaking", "--reason", "cart follows tonight", "--wait"});
  CHECK(accepted.exit_code == 0);
  CHECK(holds(accepted.out, broken));
  const std::string history = yard.cluster.millrace({"schema", "history"}).out;
  CHECK(holds(history, broken));
  CHECK(holds(history, "cart follows tonight"));
}

TEST_CASE("a rollback that breaks a caller is planned, refused and accepted as a deploy is") {
  Yard yard;
  REQUIRE(yard.deploy("shop", shop_text, {"--wait"}).exit_code == 0);
  const std::string then = yard.head();
  REQUIRE(yard.deploy("shop", shop_breaking, {"--allow-breaking", "--wait"}).exit_code == 0);
  const std::string news =
      "module news { verb show(builtin.HttpRequest<Unit, Unit, Unit>) "
      "builtin.HttpResponse<String, String> +ingress http GET /news }";
  REQUIRE(yard.deploy("news", news, {"--wait"}).exit_code == 0);
  const std::string before = yard.head();
  const std::string gone =
      "news.show: the route GET /news is gone [removed-route]: whoever sends GET /news";
  const Outcome plan = yard.cluster.millrace({"rollback", then, "--plan"});
  CHECK(plan.exit_code == 1);
  for (const char* part : {"module shop comes back", "module news is removed", "(comes back)",
                           "shop.Order.total", "a rollback is refused for this"})
    CHECK(holds(plan.out, part));
  CHECK(holds(plan.out, gone));
  const Outcome data =
      yard.cluster.millrace({"rollback", then, "--plan", "--output", "json", "--allow-breaking"});
  CHECK(data.exit_code == 0);
  for (const char* key : {"changeset", "phase", "deployments", "plan", "changes", "breaks"})
    CHECK(holds(data.out, "\"" + std::string(key) + "\": "));
  CHECK(holds(data.out, "\"phase\": \"planned\""));
  CHECK(holds(data.out, gone));
  const Outcome refused = yard.cluster.millrace({"rollback", then});
  CHECK(refused.exit_code == 1);
  CHECK(holds(refused.err, gone));
  CHECK(holds(refused.err, "`millrace rollback " + then + " --allow-breaking`"));
  CHECK(yard.head() == before);  // none of them changed anything
  const Outcome done = yard.cluster.millrace({"rollback", then, "--allow-breaking", "--wait"}, 60);
  CHECK(done.exit_code == 0);
  CHECK(holds(done.out, gone));
  CHECK(
      holds(yard.cluster.millrace({"schema", "history"}).out, "accepting that it breaks " + gone));
  CHECK(yard.cluster.millrace({"schema", "diff", then, "now"}).exit_code == 0);
}

TEST_CASE("a module that others call is removed together with them only") {
  Yard yard;
  REQUIRE(yard.deploy("shop", shop_text, {"--wait"}).exit_code == 0);
  REQUIRE(yard.deploy("cart", cart_text, {"--wait"}).exit_code == 0);
  const std::string before = yard.head();
  const Outcome alone = yard.cluster.millrace({"deploy", "--remove", "shop"});
  CHECK(alone.exit_code == 1);
  CHECK(holds(alone.err, "cart"));
  CHECK(holds(alone.err, "shop.get"));
  CHECK(yard.cluster.millrace({"deploy", "--remove", "shop", "--allow-breaking"}).exit_code == 1);
  CHECK(yard.head() == before);
  const Outcome both =
      yard.cluster.millrace({"deploy", "--remove", "shop", "--remove", "cart", "--wait"}, 60);
  CHECK(both.exit_code == 0);
  CHECK_FALSE(holds(yard.cluster.millrace({"schema", "get"}).out, "module shop"));
}

TEST_CASE("a changeset on hold takes effect when it is committed by hand and not before") {
  Yard yard;
  const Outcome held = yard.deploy("shop", shop_text, {"--hold", "--wait"});
  REQUIRE(held.exit_code == 0);
  const std::string key = changeset_of(held);
  CHECK_FALSE(holds(yard.cluster.millrace({"schema", "get"}).out, "module shop"));
  CHECK(holds(yard.cluster.millrace({"changeset", "show", key}).out, "prepared"));
  CHECK(yard.cluster.millrace({"changeset", "commit", key}).exit_code == 0);
  CHECK(holds(yard.cluster.millrace({"schema", "get"}).out, "module shop"));
  const Outcome again = yard.cluster.millrace({"changeset", "commit", key});
  CHECK(again.exit_code == 1);
  CHECK(holds(again.err, "only a prepared one can be committed"));
}

// The new side of time is served by echo, which knows no such verb: so the sides can be told apart.
TEST_CASE("a canary takes its share of the calls until it is rolled back") {
  Yard yard;
  const auto echo = yard.cluster.example("echo");
  REQUIRE(yard.cluster.answers("/echo?name=Ada"));
  const std::string ps = yard.cluster.millrace({"ps", "--output", "json"}).out;
  std::string other;
  for (std::size_t at = 0; (at = ps.find("127.0.0.1:", at)) != std::string::npos; ++at) {
    const std::string found = ps.substr(at, ps.find('"', at) - at);
    if (found != yard.address) other = found;
  }
  REQUIRE_FALSE(other.empty());
  const auto canary = [&](const std::string& share) {
    const Outcome deploy = yard.cluster.millrace(
        {"deploy", source("examples/time/time.schema"), "--build", "canary" + share, "--endpoint",
         "time=http://" + other, "--canary", share, "--wait"},
        60);
    REQUIRE(deploy.exit_code == 0);
    return changeset_of(deploy);
  };
  const auto failed_of = [&](int calls) {
    int failed = 0;
    for (int i = 0; i < calls; ++i)
      failed += yard.cluster.http("GET", "/echo").status == 200 ? 0 : 1;
    return failed;
  };
  const std::string half = canary("50");
  CHECK(eventually([&] {  // the edge follows the feed
    const int failed = failed_of(40);
    return failed > 0 && failed < 40;
  }));
  CHECK(yard.cluster.millrace({"call", "time.now", "--changeset", half}).exit_code != 0);
  CHECK(yard.cluster.millrace({"changeset", "rollback", half}).exit_code == 0);
  CHECK(eventually([&] { return failed_of(20) == 0; }));
  const std::string whole = canary("100");
  CHECK(eventually([&] { return failed_of(20) == 20; }));
  CHECK(yard.cluster.millrace({"changeset", "fail", whole}).exit_code == 0);
  CHECK(eventually([&] { return failed_of(20) == 0; }));
}

TEST_CASE("a module that dies between prepared and committed is not committed") {
  Yard yard;
  const std::string schema = yard.file("idle.schema", "module idle { verb wait(Unit) Unit }");
  const Words program{binary("millrace-example-time")};
  const Outcome made = yard.cluster.millrace({"deploy", schema, "--hold", "--build", "one"});
  REQUIRE(made.exit_code == 0);
  const std::string key = changeset_of(made);
  const auto first = yard.cluster.run_module(schema, {"--build", "one"}, program);
  const auto phase_is = [&](const std::string& phase) {
    return eventually([&] {
      return holds(yard.cluster.millrace({"changeset", "show", key}).out, phase);
    });
  };
  REQUIRE(phase_is("prepared"));
  first->signal(SIGTERM);
  first->wait();
  const Outcome refused = yard.cluster.millrace({"changeset", "commit", key});
  CHECK(refused.exit_code == 1);
  CHECK(holds(refused.err, "is no longer ready"));
  CHECK(holds(refused.err, "has 0 of 1 live endpoints"));
  CHECK_FALSE(holds(yard.cluster.millrace({"schema", "get"}).out, "module idle"));
  const auto second = yard.cluster.run_module(schema, {"--build", "one"}, program);
  CHECK(eventually([&] {
    return yard.cluster.millrace({"changeset", "commit", key}).exit_code == 0;
  }));
  CHECK(phase_is("finalized"));
}

TEST_CASE("of two deploys of one module at the same moment one wins and the other is told which") {
  Yard yard;
  std::vector<std::unique_ptr<Process>> both;
  const std::string file = yard.file("shop.schema", shop_text);
  const std::string schema = "127.0.0.1:" + std::to_string(yard.cluster.port("schema.listen"));
  for (const char* build : {"one", "two"}) {
    both.push_back(std::make_unique<Process>(
        Words{binary("millrace"), "deploy", file, "--build", build, "--schema", schema},
        yard.cluster.folder().path(std::string("deploy-") + build)));
  }
  std::string winner, loser;
  for (const auto& each : both) {
    std::string& said = each->wait() == 0 ? winner : loser;
    said += each->output();
  }
  CAPTURE(winner, loser);
  REQUIRE_FALSE(winner.empty());
  REQUIRE_FALSE(loser.empty());
  const std::string key = winner.substr(winner.find("chs-"), 14);
  CHECK(holds(loser, "module shop is held by changeset " + key));
  CHECK(holds(loser, "millrace changeset rollback " + key));
}

TEST_CASE("rollback makes canonical again what was so at a revision") {
  Yard yard;
  REQUIRE(yard.deploy("shop", shop_text, {"--wait"}).exit_code == 0);
  const std::string then = yard.head();
  const std::string wider =
      "module shop { export data Order { total Int note String? } export verb get(Unit) shop.Order "
      "}";
  REQUIRE(yard.deploy("shop", wider, {"--wait"}).exit_code == 0);
  REQUIRE(holds(yard.cluster.millrace({"schema", "get", "shop"}).out, "note"));
  CHECK(yard.cluster.millrace({"schema", "diff", then, "now"}).exit_code == 1);
  const Outcome back =
      yard.cluster.millrace({"rollback", then, "--reason", "too early", "--wait"}, 60);
  CHECK(back.exit_code == 0);
  CHECK(holds(back.out, "(comes back)"));
  CHECK_FALSE(holds(yard.cluster.millrace({"schema", "get", "shop"}).out, "note"));
  CHECK(yard.cluster.millrace({"schema", "diff", then, "now"}).exit_code == 0);
  CHECK(holds(yard.cluster.millrace({"schema", "history"}).out, "too early"));
  CHECK(holds(yard.cluster.millrace({"rollback", then}).out, "nothing to change"));
  const Outcome future = yard.cluster.millrace({"rollback", "99999"});
  CHECK(future.exit_code == 1);
  CHECK(holds(future.err, "there is no revision 99999 yet"));
}

TEST_CASE("a revision that is compacted says so, on the command line and to the console") {
  Yard yard;
  const std::string first = yard.head();
  REQUIRE(yard.deploy("shop", shop_text, {"--wait"}).exit_code == 0);
  REQUIRE(yard.deploy("cart", cart_text, {"--wait"}).exit_code == 0);
  yard.cluster.serve().signal(SIGTERM);
  REQUIRE(yard.cluster.serve().wait() == 0);
  const Outcome compact =
      run({binary("millrace"), "storage", "compact", "--data", yard.cluster.data(), "--keep", "0"});
  CAPTURE(compact.err, compact.out);
  REQUIRE(compact.exit_code == 0);
  yard.cluster.start();
  REQUIRE(yard.cluster.ready());
  std::string kept;
  for (const Words& words : {Words{"schema", "get", "--at", first}, Words{"rollback", first}}) {
    CAPTURE(words);
    const Outcome outcome = yard.cluster.millrace(words);
    CHECK(outcome.exit_code == 1);
    const std::string says = "revision " + first + " is no longer kept: the oldest is ";
    REQUIRE(holds(outcome.err, says));
    kept = outcome.err.substr(outcome.err.find(says) + says.size());
    kept.resize(kept.find_first_not_of("0123456789"));
  }
  CHECK(yard.cluster.millrace({"schema", "get", "--at", kept}).exit_code == 0);
  const std::string console =
      "http://127.0.0.1:" + std::to_string(yard.cluster.port("console.http_listen"));
  const auto ask = [&](const std::string& at) {
    return millrace::httpkit::fetch("GET", console + "/api/overview?at=" + at, "", {}, 10'000);
  };
  CHECK(eventually([&] {
    const auto gone = ask(first);
    return gone && gone->status == 410 && holds(gone->body, "is no longer kept");
  }));
  CHECK(eventually([&] {
    const auto there = ask(kept);
    return there && there->status == 200;
  }));
}
