// The commands of docs/storage.md as an operator types them: on one machine, moved to three nodes
// of etcd with three schema services, and back. In a network of its own, which has the page's
// addresses; the page's folders are folders of the test.
#include <signal.h>

#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include "e2e/own_network.hpp"
#include "e2e/steps.hpp"
#include "support/catch.hpp"

using namespace millrace;
using namespace millrace::e2e;

namespace {

namespace fs = std::filesystem;

const std::string three = "etcd://10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379/prod";

// The commands of the page, each with the lines that go on with it, without what is said of it.
class Page {
 public:
  Page() {
    std::istringstream text(read_file(source("docs/storage.md")));
    bool goes_on = false;
    for (std::string line; std::getline(text, line);) {
      const bool code = line.starts_with("    ") && line.size() > 4;
      const bool begins = code && std::regex_search(line, std::regex("^    (millrace|etcd)"));
      if (begins) commands_.emplace_back();
      if (begins || (goes_on && code)) commands_.back() += cleaned(line) + " ";
      goes_on = (begins || goes_on) && code && line.ends_with("\\");
    }
    unused_.insert(commands_.begin(), commands_.end());
  }
  // The one that ends with these words, else that has them.
  std::string command(const std::string& words) {
    for (const bool ends : {true, false})
      for (const std::string& each : commands_) {
        if (ends ? !each.ends_with(words + " ") : each.find(words) == std::string::npos) continue;
        unused_.erase(each);
        return each;
      }
    FAIL("docs/storage.md has no command with: " << words);
    return {};
  }
  const std::set<std::string>& unused() const { return unused_; }

 private:
  static std::string cleaned(const std::string& line) {
    const std::string joined = std::regex_replace(line.substr(4), std::regex(" *\\\\$"), "");
    return std::regex_replace(joined.substr(joined.find_first_not_of(' ')),
                              std::regex("  +[a-z].*"), "");
  }

  std::vector<std::string> commands_;
  std::set<std::string> unused_;
};

struct Operator {
  Page page;
  Folder folder;
  Environment environment{{"PATH", binary("") + ":" + std::getenv("PATH")}};
  std::vector<std::unique_ptr<Process>> running;

  std::string here(std::string line) const {
    const std::pair<const char*, std::string> places[] = {
        {"/var/lib/millrace", folder.path("data")},
        {"/var/lib/new", folder.path("new")},
        {"/var/lib/etcd", folder.path("etcd")},
        {"/etc/millrace", folder.path("certs")},
        {"\\bDIR\\b", folder.path("data")}};
    for (const auto& [name, place] : places)
      line = std::regex_replace(line, std::regex(name), place);
    return line;
  }
  Outcome run_line(const std::string& line) const {
    return run({"bash", "-c", here(line)}, environment, 60, folder.path());
  }
  // A command of the page, with further words.
  Outcome type(const std::string& words, const std::string& further = {}) {
    const std::string line = page.command(words) + further;
    Outcome outcome = run_line(line);
    UNSCOPED_INFO(line << "\n" << outcome.out << outcome.err);
    return outcome;
  }
  void done(const std::string& words, const std::string& says) {
    const Outcome outcome = type(words);
    CHECK(outcome.exit_code == 0);
    CHECK(holds(outcome.out, says));
  }
  Process& start(const std::string& line) {
    const std::string log = folder.path("log-" + std::to_string(running.size()));
    running.push_back(std::make_unique<Process>(Words{"bash", "-c", "exec " + here(line)}, log,
                                                environment, folder.path()));
    return *running.back();
  }
  void stop_all() {
    for (const auto& each : running) each->signal(SIGTERM);
    for (const auto& each : running) CHECK(each->wait() == 0);
    running.clear();
  }
  bool deploy(const std::string& name) const {
    write_file(folder.path(name + ".schema"), data_module(name));
    return run_line("millrace deploy " + name + ".schema --ignore-gone").exit_code == 0;
  }
  std::string schema() const { return run_line("millrace schema get").out; }
};

bool three_addresses() {
  if (!enter_own_network()) return false;
  for (const char* each : {"10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32"})
    if (run({"ip", "address", "add", each, "dev", "lo"}).exit_code != 0) return false;
  return true;
}

// The synopses name every option; each must be one that the command knows.
void check_options(Operator& reader, const std::string& words) {
  const std::string line = reader.page.command(words);
  const std::string help = reader.run_line(words + " --help").out;
  const std::regex option("--[a-z]+");
  for (std::sregex_iterator at(line.begin(), line.end(), option), end; at != end; ++at)
    CHECK(holds(help, at->str()));
}

void on_one_machine(Operator& reader) {
  Process& serve = reader.start("millrace serve --data DIR");
  REQUIRE(eventually([&] { return reader.run_line("millrace ping").exit_code == 0; }));
  REQUIRE(reader.deploy("first"));
  for (const char* each : {"millrace storage info", "millrace storage verify"}) {
    check_options(reader, each);
    CHECK(reader.run_line(std::string(each) + " --data DIR").exit_code == 0);
  }
  check_options(reader, "millrace schema history");
  CHECK(holds(reader.run_line("millrace schema history --module first --since 7d").out, "first"));
  reader.done("backup monday.db", "backup");
  reader.done("verify monday.db", "whole               yes");
  CHECK(reader.run_line("millrace storage info monday.db").exit_code == 0);
  const std::string schema = reader.schema();
  serve.signal(SIGTERM);
  REQUIRE(serve.wait() == 0);
  reader.running.clear();
  reader.done("restore monday.db", "new/schema/journal.db");
  reader.start("millrace serve --data /var/lib/new");
  REQUIRE(eventually([&] { return reader.run_line("millrace ping").exit_code == 0; }));
  CHECK(reader.schema() == schema);
  reader.stop_all();
}

void between_formats(Operator& reader) {
  reader.done("--data DIR --dry-run", "dry run        yes");
  reader.done("migrate --data DIR --format 1", "to format      1");
  reader.done("migrate --data DIR --undo", "undone   yes");
  CHECK(reader.type("migrate --data DIR --undo").exit_code == 2);
  reader.done("migrate --data DIR --format 1", "to format      1");
  // The one from before stands in the way, and goes as the error says.
  const Outcome refused = reader.type("migrate --data DIR");
  CHECK(refused.exit_code == 2);
  CHECK(holds(refused.err, "--discard-old"));
  reader.done("migrate --data DIR --discard-old", "discarded");
  CHECK(holds(reader.run_line("millrace storage info --data DIR").out, "format               2"));
}

void one_etcd(Operator& reader) {
  Process& etcd = reader.start(reader.page.command("etcd --data-dir"));
  const std::string url = "etcd://127.0.0.1:2379/prod";
  REQUIRE(eventually([&] {
    return holds(reader.run_line("millrace storage info --journal " + url).err, "no journal");
  }));
  reader.done("--to etcd://127.0.0.1:2379/prod", "set schema.journal to " + url);
  etcd.signal(SIGTERM);
  etcd.wait();
  reader.running.clear();
}

// The page's node n1, and the two others as it says.
void start_etcd(Operator& reader) {
  const std::string first = reader.page.command("etcd --name n1");
  for (const std::string i : {"1", "2", "3"}) {
    std::string line = std::regex_replace(first, std::regex("--name n1"), "--name n" + i);
    const std::size_t cluster = line.find("--initial-cluster");
    line =
        std::regex_replace(line.substr(0, cluster), std::regex("10\\.0\\.0\\.1"), "10.0.0." + i) +
        line.substr(cluster);
    reader.start(std::regex_replace(line, std::regex("/var/lib/etcd"), "/var/lib/etcd-n" + i));
  }
}

void start_replicas(Operator& reader) {
  reader.done("certs init", "ca.pem");
  reader.done("token draw certs/services.token", "");
  reader.done("token draw certs/bootstrap.token", "");
  write_file(reader.folder.path("certs/schema.toml"),
             reader.here("version = 2\n[tls]\ncertificate = \"/etc/millrace/schema.pem\"\n"
                         "key = \"/etc/millrace/schema.key\"\nca = \"/etc/millrace/ca.pem\"\n"
                         "[auth]\nmode = \"required\"\n"
                         "token_file = \"/etc/millrace/services.token\"\n"
                         "bootstrap_token_file = \"/etc/millrace/bootstrap.token\"\n"));
  const std::string first = reader.page.command("millrace-schema --schema.journal");
  for (const std::string i : {"1", "2", "3"}) {
    const std::string line = std::regex_replace(
        first, std::regex("0\\.0\\.0\\.0:8892|10\\.0\\.0\\.1:8892"), "10.0.0." + i + ":8892");
    // Three machines would not share loopback.
    reader.start(line + " --data d" + i + " --schema.health_listen=127.0.0." + i +
                 ":9892 --schema.http_listen=127.0.0." + i + ":8896");
  }
  for (const auto& [name, file] : {std::pair("CA", "ca.pem"), std::pair("CERTIFICATE", "cli.pem"),
                                   std::pair("KEY", "cli.key")})
    reader.environment["MILLRACE_CLI_" + std::string(name)] = reader.here("/etc/millrace/") + file;
  reader.environment["MILLRACE_TOKEN_FILE"] = reader.here("/etc/millrace/bootstrap.token");
  reader.environment["MILLRACE_CLI_SCHEMA"] = "10.0.0.1:8892,10.0.0.2:8892,10.0.0.3:8892";
}

void on_three_machines(Operator& reader) {
  start_etcd(reader);
  REQUIRE(eventually([&] {
    return holds(reader.run_line("millrace storage info --journal " + three).err, "no journal");
  }));
  reader.done("--to " + three, "set schema.journal to " + three);
  start_replicas(reader);
  const auto told = [&] { return reader.type("millrace status --schema").out; };
  REQUIRE(eventually([&] {
    const std::string out = told();
    return holds(out, "10.0.0.1:8892") && holds(out, "10.0.0.2:8892") &&
           holds(out, "10.0.0.3:8892") && holds(out, "preferred writer");
  }));
  CHECK(reader.deploy("second"));
  for (const char* each : {"ps", "status", "changeset list", "schema get", "schema history"})
    CHECK(reader.run_line("millrace " + std::string(each) + " --linearizable").exit_code == 0);
  reader.done("backup tuesday.db", "backup");
  reader.done("restore tuesday.db", "/test");
}

}  // namespace

TEST_CASE(
    "the commands of the page on storage do what it says, from one machine to three and back") {
  if (!three_addresses()) {
    WARN("not tried here: this needs the right to make a network");
    return;
  }
  Operator reader;
  on_one_machine(reader);
  between_formats(reader);
  one_etcd(reader);
  on_three_machines(reader);
  const std::string grown = reader.schema();
  CHECK(holds(grown, "module first"));
  CHECK(holds(grown, "module second"));
  // Back: the services stop first, etcd last.
  for (int i = 0; i < 3; ++i) {
    reader.running.back()->signal(SIGTERM);
    CHECK(reader.running.back()->wait() == 0);
    reader.running.pop_back();
  }
  fs::remove(reader.here("DIR/schema/journal.db"));
  reader.done("--to sqlite:DIR", "set schema.journal to sqlite:");
  for (const char* each : {"CA", "CERTIFICATE", "KEY", "SCHEMA"})
    reader.environment.erase("MILLRACE_CLI_" + std::string(each));
  Process& serve = reader.start("millrace serve --data DIR");
  REQUIRE(eventually([&] { return reader.run_line("millrace ping").exit_code == 0; }));
  CHECK(reader.schema() == grown);
  serve.signal(SIGTERM);
  CHECK(serve.wait() == 0);
  CHECK(reader.type("del --prefix /prod/").exit_code == 0);
  check_options(reader, "millrace storage compact");
  check_options(reader, "millrace storage accept-rewind");
  // On a server of its own: mysql_test.cpp.
  reader.page.command("--schema.journal='mysql://");
  CHECK(reader.page.unused() == std::set<std::string>());
}
