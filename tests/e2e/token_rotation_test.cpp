// The token that Millrace's own services show to each other is exchanged while they run, by the
// steps of docs/access.md.
#include <filesystem>

#include "e2e/cluster.hpp"
#include "httpkit/client.hpp"
#include "support/catch.hpp"
#include "support/ports.hpp"

using namespace millrace::e2e;

namespace {

std::string loopback() { return "127.0.0.1:" + std::to_string(millrace::test::unused_port()); }

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string drawn(const std::string& path) {
  REQUIRE(run({binary("millrace"), "token", "draw", path}).exit_code == 0);
  return read_file(path);
}

// The schema service, and routing which follows it, each with a token file of its own.
struct House {
  House() {
    exchange("schema", old_one);
    exchange("routing", old_one);
    schema = service("schema", {"--schema.listen=" + schema_at, "--schema.http_listen=127.0.0.1:0",
                                "--auth.bootstrap_token_file=" + folder.path("admin")});
    routing = service("routing",
                      {"--routing.listen=127.0.0.1:0", "--routing.follow.schema=" + schema_at});
  }

  std::string file(const std::string& name) const { return folder.path(name + ".token"); }

  void exchange(const std::string& name, const std::string& text) const {
    const std::string beside = file(name) + ".new";
    write_file(beside, text);
    std::filesystem::permissions(beside, std::filesystem::perms(0600));
    std::filesystem::rename(beside, file(name));
  }

  // All services, one after the other; true once both have taken it.
  bool exchange_all(const std::string& text) {
    ++exchanges;
    for (const auto& [name, process] :
         {std::pair{"schema", schema.get()}, {"routing", routing.get()}}) {
      exchange(name, text);
      const auto taken = [&, process = process] { return count(process->output()) == exchanges; };
      if (!eventually(taken)) return false;
    }
    return true;
  }

  static int count(const std::string& log) {
    int found = 0;
    for (std::size_t at = log.find("access.token-changed"); at != std::string::npos;
         at = log.find("access.token-changed", at + 1))
      ++found;
    return found;
  }

  Outcome millrace(Words words, const std::string& token) const {
    words.insert(words.begin(), binary("millrace"));
    words.insert(words.end(), {"--schema", schema_at, "--token-file", token});
    return run(words);
  }
  // Routing hears of what is written now.
  bool follows(const std::string& name) const {
    const auto write = [&] {
      const Words words = {"role", "set", name, "--role", "viewer"};
      return millrace(words, folder.path("admin")).exit_code == 0;
    };
    if (!eventually(write)) return false;
    const std::string revision = after(page("schema"), "\nmillrace_schema_revision_count ");
    return eventually(
        [&] { return after(page("routing"), "\nmillrace_routing_feed_revision ") == revision; });
  }

  static std::string after(const std::string& text, const std::string& words) {
    const std::size_t at = text.find(words);
    if (at == std::string::npos) return "nothing after " + words;
    const std::size_t begin = at + words.size();
    return text.substr(begin, text.find('\n', begin) - begin);
  }

  std::string page(const std::string& name) const {
    const auto answer =
        millrace::httpkit::fetch("GET", "http://" + health.at(name) + "/metrics", "", {}, 10'000);
    return answer ? answer->body : "";
  }

  std::unique_ptr<Process> service(const std::string& name, const Words& settings) const {
    Words words{binary("millrace-" + name),
                "--settings-version=2",
                "--auth.mode=required",
                "--auth.token_file=" + file(name),
                "--data=" + folder.path("data-" + name),
                "--" + name + ".telemetry.timeline=",
                "--" + name + ".health_listen=" + health.at(name)};
    words.insert(words.end(), settings.begin(), settings.end());
    return std::make_unique<Process>(words, folder.path(name + ".log"));
  }

  Folder folder;
  std::string schema_at = loopback();
  std::map<std::string, std::string> health{{"schema", loopback()}, {"routing", loopback()}};
  std::string old_one = drawn(folder.path("old"));
  std::string new_one = drawn(folder.path("new"));
  std::string third_one = drawn(folder.path("third"));
  std::string admin = drawn(folder.path("admin"));
  int exchanges = 0;
  std::unique_ptr<Process> schema, routing;
};

}  // namespace

TEST_CASE("the services' token is exchanged in three steps, and nothing is started again") {
  House house;
  REQUIRE(house.follows("one"));

  REQUIRE(house.exchange_all(house.old_one + house.new_one));
  REQUIRE(house.exchange_all(house.new_one + house.old_one));
  CHECK(house.follows("two"));
  REQUIRE(house.exchange_all(house.new_one));
  INFO(house.schema->output() + house.routing->output());
  CHECK(house.follows("three"));
  CHECK(house.schema->running());
  CHECK(house.routing->running());

  const Outcome gone = house.millrace({"ps"}, house.folder.path("old"));
  CHECK(gone.exit_code == 1);
  CHECK(has(gone.err, "not known"));
  CHECK(house.millrace({"ps"}, house.folder.path("new")).exit_code == 0);

  // In one step they lose each other for a moment.
  REQUIRE(house.exchange_all(house.third_one));
  CHECK(house.follows("four"));
}
