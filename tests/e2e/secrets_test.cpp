// G10 with the real binaries: a marker is planted as a secret on every way there is, and then every
// file, log, answer and environment is searched for it.
#include <signal.h>
#include <sys/resource.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

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

// What a process may write to and nobody else sees, while it lives. Nothing, where it cannot be
// looked into, as other users cannot.
std::string memory_of(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/";
  std::istringstream maps(read_file(folder + "maps"));
  std::ifstream memory(folder + "mem", std::ios::binary);
  std::string all;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    char rights[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3) continue;
    if (std::string(rights) != "rw-p") continue;
    std::string part(end - begin, '\0');
    memory.clear();
    memory.seekg(static_cast<std::streamoff>(begin));
    memory.read(part.data(), static_cast<std::streamsize>(part.size()));
    all += part.substr(0, static_cast<std::size_t>(memory.gcount()));
  }
  return all;
}

// While it lives, what is started may write core dumps as large as they may be.
class CoresAllowed {
 public:
  CoresAllowed() {
    REQUIRE(getrlimit(RLIMIT_CORE, &before_) == 0);
    const rlimit most{before_.rlim_max, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_CORE, &most) == 0);
  }
  ~CoresAllowed() { setrlimit(RLIMIT_CORE, &before_); }
  CoresAllowed(const CoresAllowed&) = delete;
  // As /proc/PID/limits has it.
  std::string soft() const {
    return before_.rlim_max == RLIM_INFINITY ? "unlimited" : std::to_string(before_.rlim_max);
  }

 private:
  rlimit before_{};
};

// What the console's backend tells the page.
void search_console(const Cluster& cluster) {
  const std::string console =
      "http://127.0.0.1:" + std::to_string(cluster.port("console.http_listen"));
  for (const std::string page :
       {"/api/overview", "/api/modules/shop", "/api/modules/cart", "/api/timeline"}) {
    INFO(page);
    CHECK(eventually([&] {  // the console follows the feed
      const auto shown = millrace::httpkit::fetch("GET", console + page, "", {}, 10'000);
      if (shown) CHECK(found_in(shown->body).empty());
      return shown && shown->status == 200;
    }));
  }
}

}  // namespace

using Ask = std::function<const Outcome&(const Words&)>;

// One at a time, as they fit and as they do not.
void plant(const Cluster& cluster, const Ask& ask, const std::string& value) {
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
}

// Every way to hear of a secret but to ask for it.
void ask_for_everything(const Cluster& cluster, const Ask& ask) {
  REQUIRE(ask({"secret", "rotate", "--new-key"}).exit_code == 0);
  REQUIRE(ask({"secret", "rotate", "--forget"}).exit_code == 0);
  ask({"secret", "list", "--output", "json"});
  ask({"config", "list"});
  ask({"config", "export"});
  ask({"schema", "history", "--output", "json"});
  ask({"schema", "get"});
  ask({"status", "--output", "json"});
  ask({"timeline", "query", "--output", "json", "--limit", "1000"});
  ask({"secret", "export"});
  ask({"secret", "export", "--format", "toml"});
  ask({"secret", "history"});
  ask({"config", "history"});
  const std::string backup = cluster.folder().path("backup");
  CHECK(ask({"storage", "backup", backup, "--data", cluster.data()}).exit_code == 0);
  CHECK(std::filesystem::exists(backup));
}

// Files of many secrets, good and bad: each is gone again when it was read.
void import_markers(const Cluster& cluster, const Ask& ask) {
  const auto from = [&](const std::string& name, const std::string& text, int exit_code,
                        const Words& more = {}) {
    const std::string file = cluster.folder().path(name);
    write_file(file, text);
    Words words{"secret", "import", file};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome& answer = ask(words);
    INFO(text << answer.out << answer.err);
    CHECK(answer.exit_code == exit_code);
    std::filesystem::remove(file);
  };
  from("good.toml", "[modules.shop]\napi_key = \"HIDDENMARKER\"\npin = 7\n", 0);
  from("good.json", R"({"modules": {"shop": {"api_key": "HIDDENMARKER"}}})", 0, {"--plan"});
  from("wrong.toml", "[global]\napi_key = \"x\"\n[modules.shop]\npin = \"HIDDENMARKER\"\n", 1);
  from("wrong.toml", "[modules.shop]\napi_key = HIDDENMARKER\n", 1);
  from("wrong.toml", "[modules.shop]\napi_key = tHIDDENMARKER\n", 1);
  from("wrong.toml", "[modules.shop]\napi_key = \"HIDDENMARKER\n", 1);
  from("wrong.toml", "[modules.shop]\npin = nanHIDDENMARKER\n", 1);
  from("wrong.json", R"({"modules": {"shop": {"api_key": "HIDDENMARKER}}})", 1);
  from("wrong.json", R"({"modules": {"shop": HIDDENMARKER}})", 1);
  from("wrong.json", R"({"modules": {"shop": "HIDDENMARKER"}})", 1);
  from("wrong.json", R"(HIDDENMARKER)", 1);
}

// Who asks for it is shown it, and nobody else; the timeline says who it was.
void look(const Cluster& cluster) {
  const Outcome json = cluster.millrace({"secret", "get", "shop.api_key", "--reason", "to look"});
  CHECK(json.out == "\"HIDDENMARKER\"\n");
  CHECK(json.err.empty());
  const Outcome text = cluster.millrace({"secret", "get", "shop.api_key", "--text"});
  CHECK(text.out == "HIDDENMARKER\n");
  const Outcome all = cluster.millrace({"secret", "export", "--clear", "--format", "toml"});
  CHECK(all.out.find("api_key = \"HIDDENMARKER\"\n") != std::string::npos);
  REQUIRE(eventually([&] {
    const Outcome told =
        cluster.millrace({"timeline", "query", "--limit", "1000", "--output", "json"});
    CHECK(found_in(told.out).empty());
    return told.out.find("audit.secret-read") != std::string::npos &&
           told.out.find("to look") != std::string::npos;
  }));
}

TEST_CASE("G10: a secret is in no file, log, answer or environment, whatever is done with it") {
  Cluster cluster({"--schema.snapshot_interval=2"});
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
  plant(cluster, ask, value);
  import_markers(cluster, ask);

  // A program that starts now is given config in its environment, and no secret.
  REQUIRE(ask({"config", "set", "title", "\"shown\""}).exit_code == 0);
  const std::string other = cluster.folder().path("cart.schema");
  write_file(other,
             "module cart {\n  config title String\n  secret api_key String\n"
             "  verb get(Unit) Unit\n}\n");
  const CoresAllowed cores;
  const auto again = cluster.run_module(
      other, {},
      {"sh", "-c",
       "env; grep -o 'core file size *[^ ]*' /proc/self/limits; echo printed; sleep 99"});
  const bool printed = again->says("printed");
  INFO(again->output());
  REQUIRE(printed);
  CHECK(again->output().find("MILLRACE_RUN_CONFIG_title=shown") != std::string::npos);
  // It asked for config alone, so it has nothing to hide; its program dumps what its author wants.
  std::string seen = seen_from_outside(again->pid());
  CHECK(again->output().find("core file size        " + cores.soft()) != std::string::npos);
  const std::string memory = memory_of(again->pid());
  CHECK(found_in(memory).empty());
  CHECK((memory.empty() || memory.find("sleep 99") != std::string::npos));

  ask_for_everything(cluster, ask);
  search_console(cluster);
  look(cluster);
  seen += seen_from_outside(cluster.serve().pid());
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
