// Config values as a user meets them: the command line, a program that is started with them, and a
// deploy that would take one away.
#include <signal.h>

#include "e2e/cluster.hpp"
#include "support/catch.hpp"

using namespace millrace::e2e;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string written(const Cluster& cluster, const std::string& name, const std::string& text) {
  const std::string path = cluster.folder().path(name);
  write_file(path, text);
  return path;
}

// A module with so many configs, and a file that sets those from `first` on to texts of `octets`.
std::string many_configs(int count) {
  std::string schema = "module shop {\n";
  for (int i = 0; i < count; ++i) schema += "  config c" + std::to_string(i) + " String\n";
  return schema + "}\n";
}

std::string many_values(int first, int end, std::size_t octets) {
  std::string toml = "[modules.shop]\n";
  for (int i = first; i < end; ++i)
    toml += "c" + std::to_string(i) + " = \"" + std::string(octets, 'x') + "\"\n";
  return toml;
}

}  // namespace

TEST_CASE("config is set, listed, imported whole, taken back and given to a program") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const std::string schema = written(cluster, "shop.schema",
                                     "module shop {\n  config currency String\n"
                                     "  config limits [Int]\n  config unset Int\n}\n");
  REQUIRE(cluster.millrace({"deploy", schema, "--wait"}).exit_code == 0);

  const Outcome unquoted = cluster.millrace({"config", "set", "shop.currency", "EUR"});
  CHECK(unquoted.exit_code == 1);
  CHECK(has(unquoted.err, "a text is written with its quotes, '\"EUR\"'"));
  const Outcome set = cluster.millrace(
      {"config", "set", "shop.currency", "\"EUR\"", "--reason", "we sell in Europe"});
  CHECK(set.exit_code == 0);
  CHECK(has(set.out, "shop.currency set at revision "));
  const std::string before =
      set.out.substr(set.out.rfind(' ') + 1, set.out.find('\n') - set.out.rfind(' ') - 1);
  CHECK(cluster.millrace({"config", "get", "shop.currency"}).out == "\"EUR\"\n");

  const std::string bad =
      written(cluster, "bad.toml", "[modules.shop]\ncurrency = \"USD\"\nlimits = [1, \"x\"]\n");
  const Outcome refused = cluster.millrace({"config", "import", bad});
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.err, "shop.limits/1: wanted Int, got string \"x\""));
  CHECK(cluster.millrace({"config", "get", "shop.currency"}).out == "\"EUR\"\n");

  const std::string good =
      written(cluster, "good.toml", "[modules.shop]\ncurrency = \"USD\"\nlimits = [1, 2]\n");
  CHECK(cluster.millrace({"config", "import", good, "--plan"}).out ==
        "shop.currency: \"EUR\" becomes \"USD\"\nshop.limits: set to [1,2]\n");
  CHECK(has(cluster.millrace({"config", "import", good}).out, "2 values set at revision "));
  CHECK(cluster.millrace({"config", "export", "--format", "toml"}).out ==
        "[modules.shop]\ncurrency = \"USD\"\nlimits = [1, 2]\n");
  const Outcome stale =
      cluster.millrace({"config", "set", "shop.currency", "\"GBP\"", "--if-revision", before});
  CHECK(stale.exit_code == 1);
  CHECK(has(stale.err, "changed since revision " + before));

  const std::string with_verb = written(cluster, "verb.schema",
                                        "module shop {\n  config currency String\n"
                                        "  config limits [Int]\n  config unset Int\n"
                                        "  verb get(Unit) Unit\n}\n");
  const auto run = cluster.run_module(
      with_verb, {},
      {"sh", "-c", "echo got $MILLRACE_RUN_CONFIG_currency $MILLRACE_RUN_CONFIG_limits; sleep 99"});
  CHECK(run->says("got USD [1,2]"));
  CHECK(has(run->output(), "without a value: shop.unset"));

  CHECK(cluster.millrace({"config", "rollback", before}).exit_code == 0);
  CHECK(cluster.millrace({"config", "export", "--format", "toml"}).out ==
        "[modules.shop]\ncurrency = \"EUR\"\n");
  const Outcome history = cluster.millrace({"config", "history", "shop"});
  CHECK_FALSE(has(history.out, "changeset"));
  CHECK(
      cluster.millrace({"config", "history", "--limit", "1"}).out.find("there is more: --before") !=
      std::string::npos);
  CHECK(has(history.out, "we sell in Europe\n    config shop.currency set to \"EUR\""));
}

TEST_CASE(
    "a deploy that takes a value away from its module says which, and values survive a kill") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const std::string schema =
      written(cluster, "shop.schema", "module shop {\n  config currency String\n}\n");
  REQUIRE(cluster.millrace({"deploy", schema, "--wait"}).exit_code == 0);
  REQUIRE(cluster.millrace({"config", "set", "currency", "\"EUR\""}).exit_code == 0);
  cluster.serve().signal(SIGKILL);
  cluster.serve().wait();
  cluster.start();
  REQUIRE(cluster.ready());
  CHECK(cluster.millrace({"config", "get", "shop.currency"}).out == "\"EUR\"\n");

  written(cluster, "shop.schema", "module shop {\n  config currency Int\n}\n");
  const std::string told =
      "shop.currency: wanted Int, got string \"EUR\" [stored-value]: the value of config currency";
  const Outcome plan = cluster.millrace({"deploy", schema, "--plan"});
  CHECK(has(plan.out + plan.err, told));
  const Outcome refused = cluster.millrace({"deploy", schema});
  CHECK(refused.exit_code == 1);
  CHECK(has(refused.err, told));
  CHECK(cluster.millrace({"deploy", schema, "--allow-breaking", "--wait"}).exit_code == 0);
  CHECK(has(cluster.millrace({"config", "list"}).out, "all, not given: shop.currency: wanted Int"));
}

TEST_CASE(
    "what was exported is imported again, however much it is, and a commit's limits are told") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const std::string schema = written(cluster, "shop.schema", many_configs(1'200));
  REQUIRE(cluster.millrace({"deploy", schema, "--wait"}).exit_code == 0);
  const auto import = [&](const std::string& text, const Words& more = {}) {
    Words words{"config", "import", written(cluster, "values.toml", text)};
    words.insert(words.end(), more.begin(), more.end());
    return cluster.millrace(words);
  };
  const Outcome too_many = import(many_values(0, 1'200, 9));
  CHECK(too_many.exit_code == 2);
  CHECK(has(too_many.err, "1200 changes are over the limit of 1000"));
  const Outcome too_large = import(many_values(0, 20, 60'000));
  CHECK(too_large.exit_code == 2);
  CHECK(has(too_large.err, "a commit has at most 1000000"));
  CHECK(cluster.millrace({"config", "export", "--format", "toml"}).out.empty());

  for (const auto& [first, end] : {std::pair{0, 600}, std::pair{600, 1'200}})
    CHECK(import(many_values(first, end, 1'500)).exit_code == 0);
  const std::string all = cluster.millrace({"config", "export", "--format", "toml"}).out;
  CHECK(all.size() > 1'800'000);
  CHECK(has(import(all, {"--replace"}).out, "nothing to change: it is so already"));
  CHECK(has(import(all).out, "nothing to change: it is so already"));
  const Outcome changed = import(all + "extra = 1\n", {"--replace"});
  CHECK(has(changed.err, "no such config"));
  const std::string one = all.substr(0, all.rfind("c999 = ")) + "c999 = \"other\"\n";
  CHECK(has(import(one, {"--replace"}).out, "1 value set at revision "));
  CHECK(cluster.millrace({"config", "get", "shop.c999"}).out == "\"other\"\n");
  CHECK(has(import(many_values(0, 1'000, 1'500), {"--replace", "--plan"}).out, "c1199: "));
}

TEST_CASE("a file that holds no values takes none away") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const std::string schema = written(cluster, "shop.schema", many_configs(2));
  REQUIRE(cluster.millrace({"deploy", schema, "--wait"}).exit_code == 0);
  const std::string empty = written(cluster, "empty.toml", "");
  CHECK(has(cluster.millrace({"config", "import", empty, "--replace"}).out, "nothing to change"));
  const std::string two = written(cluster, "two.toml", many_values(0, 2, 9));
  REQUIRE(cluster.millrace({"config", "import", two}).exit_code == 0);
  for (const auto& [name, text] :
       {std::pair{"e.toml", ""}, std::pair{"e.json", "{\"modules\": {}}"}}) {
    const std::string file = written(cluster, name, text);
    for (const Words& more : {Words{}, {"--replace"}, {"--replace", "--plan"}}) {
      Words words{"config", "import", file};
      words.insert(words.end(), more.begin(), more.end());
      const Outcome refused = cluster.millrace(words);
      CHECK(refused.exit_code == 1);
      CHECK(has(refused.err, "holds no values"));
      CHECK(has(refused.err, "config unset") == !more.empty());
    }
  }
  CHECK(cluster.millrace({"config", "export", "--format", "toml"}).out == many_values(0, 2, 9));
}
