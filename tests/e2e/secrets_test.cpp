// G10 with the real binaries: a marker is planted as a secret on every way there is, and then every
// file, log, answer and environment is searched for it.
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>

#include "e2e/cluster.hpp"
#include "httpkit/client.hpp"
#include "support/catch.hpp"

using namespace millrace::e2e;

namespace {

// In clear, and as base64 writes it at each of the three places that a text may begin.
const std::vector<std::string> marks = {"HIDDENMARKER", "SElEREVOTUFSS0VS", "hJRERFTk1BUktFU",
                                        "ISURERU5NQVJLRV", "48494444454e4d41524b4552"};

std::string found_in(const std::string& text) {
  for (const std::string& mark : marks)
    if (text.find(mark) != std::string::npos) return mark;
  return {};
}

// The files below a folder that hold one of the marks.
std::vector<std::string> files_with_marks(const std::string& folder, const std::string& but) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path() == but) continue;
    if (!found_in(read_file(entry.path().string())).empty()) found.push_back(entry.path().string());
  }
  return found;
}

// What others can see of a process; that it writes no core dump is checked on the way.
std::string seen_from_outside(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/";
  rlimit cores{1, 1};
  REQUIRE(prlimit(pid, RLIMIT_CORE, nullptr, &cores) == 0);
  CHECK(cores.rlim_cur == 0);
  return read_file(folder + "environ") + read_file(folder + "cmdline");
}

// What the console's backend tells the page.
void search_console(const Cluster& cluster) {
  const std::string console =
      "http://127.0.0.1:" + std::to_string(cluster.port("console.http_listen"));
  for (const std::string page :
       {"/api/overview", "/api/modules/shop", "/api/modules/cart", "/api/timeline"}) {
    const auto shown = millrace::httpkit::fetch("GET", console + page, "", {}, 10'000);
    INFO(page);
    REQUIRE(shown);
    CHECK(shown->status == 200);
    CHECK(found_in(shown->body).empty());
  }
}

}  // namespace

TEST_CASE("G10: a secret is in no file, log, answer or environment, whatever is done with it") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  const std::string schema = cluster.folder().path("shop.schema");
  write_file(schema,
             "module shop {\n  config title String\n  secret api_key String\n  secret pin Int\n"
             "  verb get(Unit) Unit\n}\n");
  const std::string value = cluster.folder().path("value");
  write_file(value, "HIDDENMARKER\n");
  std::vector<Outcome> answers;
  const auto ask = [&](const Words& words) -> const Outcome& {
    answers.push_back(cluster.millrace(words));
    return answers.back();
  };
  const auto run = cluster.run_module(
      schema, {},
      {"sh", "-c", "env; cat /proc/self/environ | tr '\\0' '\\n'; echo printed; sleep 99"});
  REQUIRE(run->says("printed"));
  REQUIRE(ask({"secret", "set", "shop.api_key", "@" + value, "--text", "--reason", "first"})
              .exit_code == 0);
  CHECK(ask({"secret", "set", "shop.pin", "@" + value, "--text"}).exit_code == 1);
  CHECK(ask({"secret", "set", "shop.api_key", "@" + value}).exit_code == 1);  // it is no JSON
  CHECK(ask({"secret", "set", "shop.nothing", "@" + value, "--text"}).exit_code == 1);
  CHECK(ask({"secret", "set", "api_key", "@" + value, "--text"}).exit_code == 0);
  const Outcome typed = cluster.millrace({"secret", "set", "shop.api_key", "\"plain\""});
  CHECK(typed.exit_code == 1);
  CHECK(typed.err.find("not given on the command line") != std::string::npos);
  CHECK(typed.err.find("plain") == std::string::npos);

  // A program that starts now is given config in its environment, and no secret.
  REQUIRE(ask({"config", "set", "title", "\"shown\""}).exit_code == 0);
  const std::string other = cluster.folder().path("cart.schema");
  write_file(other,
             "module cart {\n  config title String\n  secret api_key String\n"
             "  verb get(Unit) Unit\n}\n");
  const auto again = cluster.run_module(other, {}, {"sh", "-c", "env; echo printed; sleep 99"});
  const bool printed = again->says("printed");
  INFO(again->output());
  REQUIRE(printed);
  CHECK(again->output().find("MILLRACE_RUN_CONFIG_title=shown") != std::string::npos);

  REQUIRE(ask({"secret", "rotate", "--new-key"}).exit_code == 0);
  REQUIRE(ask({"secret", "rotate", "--forget"}).exit_code == 0);
  ask({"secret", "list", "--output", "json"});
  ask({"config", "list"});
  ask({"config", "export"});
  ask({"schema", "history", "--output", "json"});
  ask({"schema", "get"});
  ask({"status", "--output", "json"});
  ask({"timeline", "query", "--output", "json", "--limit", "1000"});
  ask({"storage", "backup", cluster.folder().path("backup"), "--data", cluster.data()});
  search_console(cluster);
  const std::string seen = seen_from_outside(cluster.serve().pid());
  cluster.serve().signal(SIGKILL);
  cluster.serve().wait();

  for (const Outcome& each : answers) CHECK(found_in(each.out + each.err).empty());
  CHECK(found_in(run->output() + again->output() + seen).empty());
  CHECK(files_with_marks(cluster.folder().path(""), value).empty());
  // The search itself can find something.
  CHECK(files_with_marks(cluster.folder().path(""), "").size() == 1);

  // It was there all the time: the next start opens it with the key that was made last.
  cluster.start();
  REQUIRE(cluster.ready());
  const Outcome list = cluster.millrace({"secret", "list", "shop"});
  CHECK(list.out.find("api_key") != std::string::npos);
  CHECK(list.out.find("own") != std::string::npos);
}
