// docker-compose.closed.yml laid over docker-compose.yml, with the real binaries in place of the
// containers: the same commands and environments, folders for volumes, loopback for names.
// tests/containers tries the containers themselves.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "e2e/cluster.hpp"
#include "e2e/compose_file.hpp"
#include "support/catch.hpp"
#include "support/ports.hpp"

using namespace millrace::e2e;

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* services[] = {"schema", "routing", "timeline", "ingress", "console"};
constexpr const char* modules[] = {"time", "echo", "greeter"};
const std::string keys_at = "/etc/millrace/keys";

json file(const std::string& name) { return read_compose(read_file(source(name))); }

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void check_says(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(holds(text, part));
}

std::string joined(const Words& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

Words split(const std::string& text, char at) {
  Words words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, at);) words.push_back(word);
  return words;
}

class Project {
 public:
  Project() {
    fs::create_directories(folder_.path("bin"));
    for (const char* script : {"keys", "admit"})
      fs::create_symlink(source(std::string("containers/") + script),
                         folder_.path("bin/millrace-") + script);
    for (const auto& [volume, ignored] : all_["volumes"].items())
      fs::create_directories(folder_.path("volumes/" + volume));
    for (const std::string& mount : mounts("keys")) {
      const std::string at = folder_.path() + split(mount, ':')[1];
      fs::create_directories(fs::path(at).parent_path());
      fs::create_directory_symlink(folder_.path("volumes/" + split(mount, ':')[0]), at);
    }
  }

  const json& service(const std::string& name) const { return all_["services"][name]; }
  Words mounts(const std::string& name) const {
    return service(name).contains("volumes") ? service(name)["volumes"].get<Words>() : Words{};
  }
  std::string keys(const std::string& name, const std::string& file = {}) const {
    return folder_.path("volumes/keys-" + name) + "/" + file;
  }
  std::string address(const std::string& port) { return "127.0.0.1:" + port_of(port); }
  std::string path(const std::string& name) const { return folder_.path(name); }

  // As the container has it, but for its folders.
  Environment environment(const std::string& name) const {
    Environment all = image_;
    if (service(name).contains("environment"))
      for (const auto& [key, value] : service(name)["environment"].items())
        all[key] = value.get<std::string>();
    for (auto& [key, value] : all) {
      if (value.starts_with(keys_at)) value = keys(name) + value.substr(keys_at.size() + 1);
      if (value == "/var/lib/millrace") value = folder_.path("data-" + name);
    }
    all["PATH"] = folder_.path("bin") + ":" + binary("") + ":" + std::getenv("PATH");
    return all;
  }

  // With every address on loopback.
  Environment here(const std::string& name) {
    Environment all = environment(name);
    for (auto& [key, value] : all) value = on_loopback(value);
    all["MILLRACE_SCHEMA_HTTP_LISTEN"] = "127.0.0.1:0";  // loopback in a container, too
    all["MILLRACE_KEYS"] = folder_.path("keys");
    return all;
  }

  // What `docker compose run --rm NAME COMMAND...` does; its own command where none is given.
  Outcome once(const std::string& name, Words command = {}) {
    if (command.empty()) command = service(name)["command"].get<Words>();
    return run(command, here(name));
  }
  Outcome keys_are_made(const Words& options = {}) {
    Words words{"millrace-keys"};
    words.insert(words.end(), options.begin(), options.end());
    return once("keys", words);
  }
  std::unique_ptr<Process> start(const std::string& name) {
    Words words;
    const Words said = service(name)["command"].get<Words>();
    for (std::size_t i = 0; i < said.size(); ++i) {
      if (said[i] == "--advertise")
        ++i;  // nobody but this machine is to reach it
      else
        words.push_back(said[i] == "7000" ? port_of(name) : said[i]);
    }
    return std::make_unique<Process>(words, folder_.path(name + ".log"), here(name),
                                     source("examples"));
  }
  bool healthy(const std::string& name) {
    Words words = service(name)["healthcheck"]["test"].get<Words>();
    words.erase(words.begin());  // CMD
    for (std::string& word : words) word = on_loopback(word);
    return once(name, words).exit_code == 0;
  }

 private:
  std::string port_of(const std::string& port) {
    std::string& here = ports_[port];
    if (here.empty()) here = std::to_string(millrace::test::unused_port());
    return here;
  }
  std::string on_loopback(const std::string& value) {
    Words all = split(value, ',');
    for (std::string& each : all) {
      const Words parts = split(each, ':');
      const bool known = parts.size() == 2 && (parts[0] == "0.0.0.0" || parts[0] == "127.0.0.1" ||
                                               all_["services"].contains(parts[0]));
      if (known) each = address(parts[1]);
    }
    return joined(all, ",");
  }

  Folder folder_;
  const json all_ = merge_compose(file("docker-compose.yml"), file("docker-compose.closed.yml"));
  const Environment image_ = image_environment(read_file(source("Dockerfile")), "run");
  std::map<std::string, std::string> ports_;  // by what a container listens on, or a module's name
};

std::string hosts_of(const std::string& certificate) {
  return run({binary("millrace"), "certs", "show", certificate}).out;
}

Outcome curl(const std::string& url, const Words& options) {
  Words all{"curl", "-sS", "--max-time", "30", "-w", "%{http_code}", url};
  all.insert(all.end(), options.begin(), options.end());
  return run(all);
}

// The whole project, in the order of docs/containers.md.
class Closed {
 public:
  Closed() {
    REQUIRE(project.keys_are_made().exit_code == 0);
    start("schema");
    const Outcome admitted = project.once("admin");
    INFO(admitted.err);
    REQUIRE(admitted.exit_code == 0);
    for (const char* name :
         {"routing", "timeline", "ingress", "console", "time", "echo", "greeter"})
      start(name);
  }

  Outcome as(const std::string& who, Words command) {
    command.insert(command.begin(), "millrace");
    return project.once(who, command);
  }
  std::string log(const std::string& name) const { return running_.at(name)->output(); }
  Outcome site(const std::string& path, const Words& options) {
    return curl("https://" + project.address("8891") + path, options);
  }
  Outcome console(const Words& options) {
    return curl("https://" + project.address("8895") + "/api/overview", options);
  }

  Project project;
  const Words believing{"--cacert", project.keys("ingress", "ca.pem")};

 private:
  void start(const std::string& name) { running_[name] = project.start(name); }
  std::map<std::string, std::unique_ptr<Process>> running_;
};

// The names that are dialled, by everybody, are in the certificates of those who answer.
void check_names(Project& project) {
  for (const char* name : services)
    CHECK(
        holds(hosts_of(project.keys(name, "certificate.pem")), std::string(name) + ", localhost"));
}

mode_t mode_of(const std::string& path) {
  struct stat about {};
  REQUIRE(stat(path.c_str(), &about) == 0);
  if (getuid() == 0) CHECK(about.st_uid == 10'001);
  return about.st_mode & 0777;
}

}  // namespace

TEST_CASE("the closed compose file changes what each container is told and given, and no more") {
  const json base = file("docker-compose.yml")["services"];
  const json over = file("docker-compose.closed.yml")["services"];
  const Project project;
  for (const auto& [name, ignored] : base.items()) {
    CAPTURE(name);
    REQUIRE(over.contains(name));
    // Lists that a file lays over another's are replaced by some and added to by others.
    for (const auto& [key, value] : over[name].items())
      CHECK((key == "environment" || key == "volumes"));
    const Words mounts = project.mounts(name);
    CHECK(std::count(mounts.begin(), mounts.end(), "keys-" + name + ":" + keys_at + ":ro") == 1);
  }
  for (const char* name : services) {
    const json& said = project.service(name)["environment"];
    CHECK(said["MILLRACE_INSECURE"] == "false");
    CHECK(said["MILLRACE_AUTH_MODE"] == "required");
  }
  // Only who makes the keys sees those of others, and the authority's.
  for (const auto& [name, each] : over.items()) {
    if (name == "keys") continue;
    REQUIRE(each["volumes"].size() == 1);
    CHECK(each["volumes"][0] == "keys-" + name + ":" + keys_at + ":ro");
  }
}

TEST_CASE("the keys of a closed compose project are made once, for each container alone") {
  Project project;
  const Outcome made = project.keys_are_made();
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  check_names(project);
  for (const char* name : services) {
    CAPTURE(name);
    for (const char* each : {"ca.pem", "certificate.pem", "key.pem", "platform.token"})
      CHECK(mode_of(project.keys(name, each)) == 0400);
    CHECK(fs::exists(project.keys(name, "bootstrap.token")) == (std::string(name) == "schema"));
    // Beyond loopback, as in a container; nothing is insecure.
    const Outcome checked =
        run({binary("millrace-") + name, "--check-settings"}, project.environment(name));
    CHECK(checked.err == "");
    CHECK(checked.exit_code == 0);
  }
  for (const char* name : modules) {
    CHECK(mode_of(project.keys(name, "key.pem")) == 0400);
    CHECK_FALSE(fs::exists(project.keys(name, "platform.token")));
    check_says(hosts_of(project.keys(name, "certificate.pem")), name);
  }

  const auto read = [&](const std::string& name, const std::string& each) {
    return read_file(project.keys(name, each));
  };
  const std::string key = read("ingress", "key.pem"), ca = read("echo", "ca.pem"),
                    token = read("console", "platform.token");
  REQUIRE(project.keys_are_made().exit_code == 0);
  CHECK(read("ingress", "key.pem") == key);
  REQUIRE(project.keys_are_made({"--renew"}).exit_code == 0);
  CHECK(read("ingress", "key.pem") != key);
  REQUIRE(project.keys_are_made({"--host", "ingress=shop.example"}).exit_code == 0);
  check_says(hosts_of(project.keys("ingress", "certificate.pem")), "shop.example");
  CHECK_FALSE(holds(hosts_of(project.keys("console", "certificate.pem")), "shop.example"));
  CHECK(read("echo", "ca.pem") == ca);
  CHECK(read("routing", "platform.token") == token);
  CHECK(project.keys_are_made({"--days"}).exit_code == 1);
}

TEST_CASE(
    "a closed compose project serves over TLS, and nobody who does not say who they are (G8)") {
  Closed closed;
  const bool served = eventually([&] {
    return closed.site("/echo?name=Ada", closed.believing).out.find("Hello, Ada!") !=
           std::string::npos;
  });
  if (!served) FAIL(closed.log("echo") + closed.log("ingress"));
  const Words greeting{"-H",       "content-type: application/json",
                       "-d",       R"({"name":"Ada"})",
                       "--cacert", closed.project.keys("ingress", "ca.pem")};
  CHECK(eventually([&] { return closed.site("/greet", greeting).out.ends_with("201"); }));
  for (const char* name : services) {
    INFO(name);
    CHECK(eventually([&] { return closed.project.healthy(name); }));
  }
  CHECK(eventually([&] { return closed.as("admin", {"ping"}).exit_code == 0; }));
  CHECK(closed.as("admin", {"call", "time.now", "{}"}).exit_code == 0);
  CHECK(closed.as("admin", {"audit"}).exit_code == 0);
  check_says(closed.as("echo", {"ps"}).out, "greeter");

  // Who does not believe the authority, speaks in clear, or shows nothing.
  CHECK(closed.site("/echo?name=Ada", {}).exit_code == 60);
  CHECK(closed.console(closed.believing).out.ends_with("401"));
  Environment stranger = closed.project.here("admin");  // with a certificate that has no role
  stranger["MILLRACE_CLI_CERTIFICATE"] = closed.project.path("volumes/authority/cli.pem");
  stranger["MILLRACE_CLI_KEY"] = closed.project.path("volumes/authority/cli.key");
  const Outcome denied = run({"millrace", "ps"}, stranger);
  CHECK(denied.exit_code == 1);
  check_says(denied.err, "spiffe://millrace/cli may not");
  stranger["MILLRACE_CLI_CERTIFICATE"] = stranger["MILLRACE_CLI_KEY"] = "";
  check_says(run({"millrace", "ps"}, stranger).err, "wants a certificate, and none was shown");
  // A module's container can change no other module.
  const Outcome other = closed.as("echo", {"deploy", source("examples/time/time.schema")});
  CHECK(other.exit_code == 1);
  check_says(other.err, "spiffe://millrace/echo may not deploy module time");

  // A person gets a token, and with it into the console.
  const Outcome token = closed.as("admin", {"token", "create", "ada", "--role", "viewer"});
  REQUIRE(token.exit_code == 0);
  Words basic = closed.believing;
  basic.insert(basic.end(), {"-u", "ada:" + token.out.substr(0, token.out.find('\n'))});
  CHECK(eventually([&] { return closed.console(basic).out.ends_with("200"); }));
}
