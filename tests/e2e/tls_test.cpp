// The five binaries, the command line and modules over TLS, with what `millrace certs init` makes.
#include <sys/stat.h>

#include <filesystem>

#include "e2e/cluster.hpp"
#include "httpkit/client.hpp"
#include "support/catch.hpp"
#include "support/ports.hpp"

using namespace millrace::e2e;

namespace {

std::string loopback() { return "127.0.0.1:" + std::to_string(millrace::test::unused_port()); }

// Each service a process of its own, with its own certificate.
class Closed {
 public:
  Closed() {
    made_ = run({binary("millrace"), "certs", "init", "--dir", certs()});
    REQUIRE(made_.exit_code == 0);
    const std::string schema = at_["schema"];
    schema_ = service("schema", {"--schema.listen=" + schema, "--schema.http_listen=127.0.0.1:0",
                                 "--schema.telemetry.timeline=" + at_["timeline"]});
    timeline_ = service(
        "timeline", {"--timeline.listen=" + at_["timeline"], "--timeline.follow.schema=" + schema});
    routing_ = service("routing",
                       {"--routing.listen=" + at_["routing"], "--routing.follow.schema=" + schema,
                        "--routing.telemetry.timeline=" + at_["timeline"]});
    ingress_ = service(
        "ingress",
        {"--ingress.http_listen=" + at_["ingress"], "--ingress.follow.schema=" + schema,
         "--ingress.routing=" + at_["routing"], "--ingress.telemetry.timeline=" + at_["timeline"]});
    console_ = service(
        "console", {"--console.http_listen=" + at_["console"], "--console.follow.schema=" + schema,
                    "--console.timeline=" + at_["timeline"]});
  }

  std::string certs() const { return folder_.path("certs"); }
  const Outcome& made() const { return made_; }
  const std::string& at(const std::string& name) const { return at_.at(name); }

  // The command line, as `who`; "": it believes nobody and speaks in clear.
  Outcome millrace(const Words& words, const std::string& who = "cli") const {
    Words all{binary("millrace")};
    all.insert(all.end(), words.begin(), words.end());
    return run(all, environment(who));
  }

  std::unique_ptr<Process> module(const std::string& name) {
    return std::make_unique<Process>(
        Words{binary("millrace"), "run", source("examples/" + name + "/" + name + ".schema"),
              "--drain", "0s", "--port", std::to_string(millrace::test::unused_port()), "--",
              binary("millrace-example-" + name)},
        folder_.path(name + ".log"), environment("module"));
  }

  Outcome curl(const std::string& url, const Words& options) const {
    Words all{"curl", "-sS", "--max-time", "30", url};
    all.insert(all.end(), options.begin(), options.end());
    return run(all);
  }

 private:
  Environment environment(const std::string& who) const {
    Environment all{{"MILLRACE_CLI_SCHEMA", at("schema")},
                    {"MILLRACE_CLI_ROUTING", at("routing")},
                    {"MILLRACE_CLI_TIMELINE", at("timeline")},
                    {"MILLRACE_CLI_INGRESS_HEALTH", at("ingress-health")},
                    {"MILLRACE_CLI_CONSOLE_HEALTH", at("console-health")}};
    if (who.empty()) return all;
    all["MILLRACE_CLI_CA"] = certs() + "/ca.pem";
    if (who == "nobody") return all;
    all["MILLRACE_CLI_CERTIFICATE"] = certs() + "/" + who + ".pem";
    all["MILLRACE_CLI_KEY"] = certs() + "/" + who + ".key";
    return all;
  }

  std::unique_ptr<Process> service(const std::string& name, const Words& settings) {
    Words words{binary("millrace-" + name),
                "--settings-version",
                "2",
                "--" + name + ".health_listen=" + at(name + "-health"),
                "--tls.ca=" + certs() + "/ca.pem",
                "--tls.certificate=" + certs() + "/" + name + ".pem",
                "--tls.key=" + certs() + "/" + name + ".key"};
    if (name != "timeline") words.push_back("--data=" + folder_.path("data-" + name));
    words.insert(words.end(), settings.begin(), settings.end());
    return std::make_unique<Process>(words, folder_.path(name + ".log"));
  }

  Folder folder_;
  Outcome made_;
  std::map<std::string, std::string> at_{
      {"schema", loopback()},         {"routing", loopback()},
      {"timeline", loopback()},       {"ingress", loopback()},
      {"console", loopback()},        {"schema-health", loopback()},
      {"routing-health", loopback()}, {"timeline-health", loopback()},
      {"ingress-health", loopback()}, {"console-health", loopback()}};
  std::unique_ptr<Process> schema_, timeline_, routing_, ingress_, console_;
};

bool holds(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("five services, modules and the command line talk over TLS with certificates (G8)") {
  Closed closed;
  struct stat key {};
  REQUIRE(stat((closed.certs() + "/schema.key").c_str(), &key) == 0);
  CHECK((key.st_mode & 0777) == 0600);
  REQUIRE(eventually([&] { return closed.millrace({"ping"}).exit_code == 0; }, 60));
  const auto time = closed.module("time");
  const auto echo = closed.module("echo");
  const Words believing{"--cacert", closed.certs() + "/ca.pem"};
  const std::string site = "https://" + closed.at("ingress") + "/echo?name=Ada";
  CHECK(eventually([&] { return holds(closed.curl(site, believing).out, "Hello, Ada!"); }, 60));
  CHECK(eventually([&] { return closed.millrace({"call", "time.now", "{}"}).exit_code == 0; }));
  CHECK(eventually([&] {
    return holds(closed.curl("https://" + closed.at("console") + "/api/overview", believing).out,
                 "time");
  }));

  // Who does not believe the authority, or speaks in clear, gets nothing but the reason.
  CHECK(closed.curl(site, {}).exit_code == 60);
  CHECK(holds(closed.curl("http://" + closed.at("ingress") + "/", {}).out, "https://"));
  const Outcome clear = closed.millrace({"status"}, "");
  CHECK(clear.exit_code == 2);
  CHECK(holds(clear.err, "speaks TLS, and it was called in clear"));
  const Outcome nobody = closed.millrace({"status"}, "nobody");
  CHECK(nobody.exit_code == 2);
  CHECK(holds(nobody.err, "wants a certificate, and none was shown"));

  // New certificates are taken while everything runs.
  const auto expiry = [&] {
    const std::string said = closed.curl(site, {"-k", "-v"}).err;
    const auto at = said.find("expire date: ");
    return at == std::string::npos ? std::string() : said.substr(at, said.find('\n', at) - at);
  };
  const std::string before = expiry();
  REQUIRE_FALSE(before.empty());
  CHECK(closed
            .millrace(
                {"certs", "issue", "ingress", "--renew", "--days", "2", "--dir", closed.certs()})
            .exit_code == 0);
  CHECK(eventually([&] { return expiry() != before; }));
  CHECK(holds(closed.curl(site, believing).out, "Hello, Ada!"));
}

TEST_CASE("over TLS a certificate is who it names, and a stranger's opens nothing") {
  const Folder folder;
  const std::string certs = folder.path("certs"), others = folder.path("others");
  const std::string root = folder.path("root.token"), at = loopback();
  for (const std::string& dir : {certs, others})
    REQUIRE(
        run({binary("millrace"), "certs", "init", "--dir", dir, "--also", "ada", "--also", "bob"})
            .exit_code == 0);
  REQUIRE(run({binary("millrace"), "token", "draw", root}).exit_code == 0);
  const auto words = [&](const std::string& listen) {
    return Words{binary("millrace-schema"),
                 "--settings-version",
                 "2",
                 "--schema.listen=" + listen,
                 "--schema.http_listen=127.0.0.1:0",
                 "--schema.health_listen=127.0.0.1:0",
                 "--schema.telemetry.timeline=",
                 "--data=" + folder.path("data"),
                 "--tls.ca=" + certs + "/ca.pem",
                 "--tls.certificate=" + certs + "/schema.pem",
                 "--tls.key=" + certs + "/schema.key"};
  };
  // With TLS alone whoever has a certificate could do anything.
  const Outcome open = run(words("0.0.0.0:0"));
  CHECK(open.exit_code == 2);
  CHECK(holds(open.err + open.out, "nobody is asked who they are: set auth.mode = "));

  Words guarded = words(at);
  guarded.insert(guarded.end(), {"--auth.mode=required", "--auth.bootstrap_token_file=" + root});
  const Process schema(guarded, folder.path("log"));
  const auto as = [&](const std::string& who, const std::string& dir, Words command) {
    command.insert(command.begin(), binary("millrace"));
    return run(command, {{"MILLRACE_CLI_SCHEMA", at},
                         {"MILLRACE_CLI_CA", certs + "/ca.pem"},
                         {"MILLRACE_CLI_CERTIFICATE", dir + "/" + who + ".pem"},
                         {"MILLRACE_CLI_KEY", dir + "/" + who + ".key"}});
  };
  REQUIRE(eventually([&] {
    return as("cli", certs,
              {"role", "set", "spiffe://millrace/ada", "--role", "viewer", "--token-file", root})
               .exit_code == 0;
  }));
  CHECK(as("ada", certs, {"changeset", "list"}).exit_code == 0);
  const Outcome deploy = as("ada", certs, {"deploy", source("examples/time/time.schema")});
  CHECK(deploy.exit_code == 1);
  CHECK(holds(deploy.err, "spiffe://millrace/ada may not CreateChangeset"));
  const Outcome bob = as("bob", certs, {"changeset", "list"});
  CHECK(bob.exit_code == 1);
  CHECK(holds(bob.err, "may not ListChangesets"));
  const Outcome stranger = as("ada", others, {"changeset", "list"});
  CHECK(stranger.exit_code == 2);
  CHECK_FALSE(holds(stranger.err, "may not"));
}

TEST_CASE("certificates are made once, further ones on demand, and shown") {
  const Folder folder;
  const std::string certs = folder.path("certs");
  const auto millrace = [&](Words words) {
    words.insert(words.begin(), binary("millrace"));
    words.insert(words.end(), {"--dir", certs});
    return run(words);
  };
  const auto shown = [&] { return run({binary("millrace"), "certs", "show", certs}).out; };
  CHECK(millrace({"certs", "init", "--host", "ingress=shop.example", "--host", "10.0.0.7"})
            .exit_code == 0);
  const std::string before = read_file(certs + "/ca.key");
  const Outcome again = millrace({"certs", "init"});
  CHECK(again.exit_code == 1);
  CHECK(holds(again.err, "ca.pem is there already, and nothing is written over"));
  CHECK(read_file(certs + "/ca.key") == before);
  CHECK(holds(shown(), "ingress, localhost, shop.example, 127.0.0.1, ::1, 10.0.0.7"));

  CHECK(millrace({"certs", "issue", "ada"}).exit_code == 0);
  CHECK(millrace({"certs", "issue", "ada"}).exit_code == 1);
  const std::string old = read_file(certs + "/ingress.pem");
  CHECK(millrace({"certs", "issue", "ingress", "--renew"}).exit_code == 0);
  CHECK(read_file(certs + "/ingress.pem") != old);
  CHECK(holds(shown(), "ingress, localhost, shop.example, 127.0.0.1, ::1, 10.0.0.7"));
  CHECK(holds(millrace({"certs", "issue", "../evil"}).err, "cannot name a certificate"));
}

TEST_CASE("a private key that lies open is told: in the log, by the checks, and by certs show") {
  const Folder folder;
  const std::string certs = folder.path("certs");
  const std::string key = certs + "/schema.key";
  REQUIRE(run({binary("millrace"), "certs", "init", "--dir", certs}).exit_code == 0);
  const std::string files = "version = 2\n[tls]\nca = '" + certs + "/ca.pem'\ncertificate = '" +
                            certs + "/schema.pem'\nkey = '" + key + "'\n";
  write_file(folder.path("m.toml"), files);
  const auto check = [&] {
    return run({binary("millrace"), "settings", "check", folder.path("m.toml")});
  };
  const auto check_alone = [&] {
    return run(
        {binary("millrace-schema"), "--settings", folder.path("m.toml"), "--check-settings"});
  };
  const auto show = [&] { return run({binary("millrace"), "certs", "show", certs}); };
  const std::string said = "the private key in " + key + " is open to every user";
  for (const Outcome& each : {check(), check_alone(), show()}) {
    CHECK(each.exit_code == 0);
    CHECK(each.err.empty());
  }

  std::filesystem::permissions(key, std::filesystem::perms(0644));
  CHECK(holds(check().err, "warning: tls.key: " + said));
  CHECK(holds(check_alone().err, "millrace-schema: warning: tls.key: " + said));
  CHECK(holds(show().err, "warning: " + said));
  for (const Outcome& each : {check(), check_alone(), show()}) CHECK(each.exit_code == 0);
  CHECK(run({binary("millrace"), "settings", "check", folder.path("m.toml"), "--without-files"})
            .err.empty());

  Process schema({binary("millrace-schema"), "--settings", folder.path("m.toml"),
                  "--settings-version=2", "--schema.listen=127.0.0.1:0",
                  "--schema.http_listen=127.0.0.1:0", "--schema.health_listen=127.0.0.1:0",
                  "--schema.telemetry.timeline=", "--data=" + folder.path("data")},
                 folder.path("schema.log"));
  CHECK(schema.says("certificates.key-open"));
  CHECK(schema.says("schema.started"));
  const std::string log = schema.output();
  CHECK(log.find("key-open") == log.rfind("key-open"));
}

TEST_CASE("a service does not listen beyond loopback in clear, and says what to do") {
  const Folder folder;
  const Outcome refused =
      run({binary("millrace-schema"), "--schema.listen=0.0.0.0:0",
           "--schema.health_listen=127.0.0.1:0", "--data=" + folder.path("data")});
  CHECK(refused.exit_code == 2);
  CHECK(holds(refused.err + refused.out, "schema.listen = 0.0.0.0:0 can be reached from other"));
  CHECK(holds(refused.err + refused.out, "insecure = true"));
}

TEST_CASE("a service whose certificate is wrong does not start, and says which file and why") {
  const Folder folder;
  const std::string certs = folder.path("certs");
  REQUIRE(run({binary("millrace"), "certs", "init", "--dir", certs}).exit_code == 0);
  const Outcome refused =
      run({binary("millrace-schema"), "--settings-version", "2", "--tls.ca=" + certs + "/ca.pem",
           "--tls.certificate=" + certs + "/schema.pem", "--tls.key=" + certs + "/routing.key"});
  CHECK(refused.exit_code == 1);
  CHECK(holds(refused.err, certs + "/routing.key is not the key of " + certs + "/schema.pem"));
}
