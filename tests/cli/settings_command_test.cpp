// settings check and show as a person types them.
#include <cstdlib>
#include <filesystem>

#include "settings_typed.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using test::has;
using test::read;
using test::run;
using test::Said;
using test::write;

TEST_CASE("settings check looks at the files that are named, each of them, and shows none of it") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(folder / "open.token", "mlr_MARKER\n");
  write(folder / "damaged.json", R"({"keys":"MARKER"})");
  write(folder / "keyring", "MARKER\n");
  write(path, "version = 2\n[tls]\ncertificate = '" + folder / "none.pem" + "'\nkey = '" +
                  folder / "none.key" + "'\n[auth]\nmode = 'required'\ntoken_file = '" +
                  folder / "open.token" + "'\nbootstrap_token_file = '" + folder / "none.token" +
                  "'\n[auth.jwt]\nkeys = '" + folder / "damaged.json" +
                  "'\nissuer = 'i'\naudience = 'a'\n[schema.secrets]\nkeyring = '" +
                  folder / "keyring" + "'\n");
  const Said said = run({"settings", "check", path});
  CHECK(said.exit_code == 1);
  INFO(said.err);
  CHECK(has(said.err, "5 settings are wrong"));
  CHECK(has(said.err, "tls.certificate: " + folder / "none.pem" + ": there is no such file"));
  CHECK(has(said.err,
            "auth.token_file: the token in " + folder / "open.token" + " can be read by others"));
  CHECK(has(said.err, "auth.bootstrap_token_file: cannot read the token in"));
  CHECK(has(said.err, "auth.jwt.keys, " + folder / "damaged.json" + ": it is no JWKS"));
  CHECK(has(said.err, "schema.secrets.keyring: "));
  CHECK_FALSE(has(said.err, "MARKER"));
  CHECK(run({"settings", "check", path, "--without-files"}).exit_code == 0);
}

TEST_CASE("settings check tells of ports that would not be opened, by their newest names") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path,
        "version = 2\n[schema]\nlisten = '0.0.0.0:8892'\n[ingress]\n"
        "http_listen = '10.1.2.3:80'\n");
  const Said said = run({"settings", "check", path});
  CHECK(said.exit_code == 1);
  INFO(said.err);
  CHECK(has(said.err, "2 settings are wrong"));
  CHECK(has(said.err, "schema.listen = 0.0.0.0:8892 can be reached from other machines"));
  CHECK(has(said.err, "auth.mode"));
  CHECK(has(said.err, "ingress.http_listen = 10.1.2.3:80 can be reached"));
  write(path, "version = 2\ninsecure = true\n" + read(path).substr(12));
  CHECK(run({"settings", "check", path}).exit_code == 0);
}

TEST_CASE("settings check tells of services that would be shown a token in clear") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  const std::string token = folder / "services.token";
  REQUIRE(run({"token", "draw", token}).exit_code == 0);
  const std::string peers = "[auth]\ntoken_file = '" + token +
                            "'\n[routing.follow]\nschema = ['127.0.0.1:8892', '10.1.2.3:8892']\n"
                            "[ingress]\nrouting = '[::1]:8893,routing.example:8893'\n";
  write(path, "version = 2\n" + peers);
  const Said said = run({"settings", "check", path});
  INFO(said.err);
  CHECK(said.exit_code == 1);
  CHECK(has(said.err, "2 settings are wrong"));
  CHECK(has(said.err,
            "routing.follow.schema = 10.1.2.3:8892 would be shown the token of "
            "auth.token_file in clear: name the authority"));
  CHECK(has(said.err, "ingress.routing = routing.example:8893 would be shown the token"));
  write(path, "version = 2\ninsecure = true\n" + peers);
  CHECK(run({"settings", "check", path}).exit_code == 0);
}

TEST_CASE("settings check names every fault at once and ends with 1") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, "[schema]\nlease = '1ms'\n[routing]\ncalls_max = 0\n");
  const Said said = run({"settings", "check", path});
  CHECK(said.exit_code == 1);
  CHECK(has(said.err, path + ":2: schema.lease: "));
  CHECK(has(said.err, path + ":4: routing.calls_max: "));
}

TEST_CASE("settings show tells each value in the newest names with its source, secrets masked") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, "[schema]\ntimeline = 'http://me:hunter2@db:1/x'\n");
  const Said said = run({"settings", "show", path, "--output", "json", "--", "--log.level=debug"});
  CHECK(said.exit_code == 0);
  CHECK(has(said.out,
            "\"name\": \"schema.telemetry.timeline\",\n      \"value\": \"http://***@db:1/x\",\n"
            "      \"from\": \"" +
                path + ":2\""));
  CHECK(has(said.out,
            "\"name\": \"log.level\",\n      \"value\": \"debug\",\n      \"from\": "
            "\"--log.level\""));
  CHECK(has(said.out, "\"from\": \"default\""));
  CHECK_FALSE(has(said.out + said.err, "hunter2"));
  CHECK(has(run({"settings", "show"}).out, "schema.rollout.lease"));
}

namespace {

// A variable for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("settings check and show read the file that the environment names, as the services do") {
  const test::TempDir folder;
  write(folder / "env.toml", "version = 2\n[log]\nlevel = 'debug'\n");
  write(folder / "other.toml", "version = 2\n");
  const Variable named("MILLRACE_SETTINGS", folder / "env.toml");
  CHECK(has(run({"settings", "show"}).out, folder / "env.toml" + ":3"));
  CHECK(has(run({"settings", "check"}).out, folder / "env.toml" + ": right"));
  CHECK_FALSE(has(run({"settings", "show", folder / "other.toml"}).out, "debug"));
  const Variable missing("MILLRACE_SETTINGS", folder / "none.toml");
  const Said said = run({"settings", "check"});
  CHECK(said.exit_code == 1);
  CHECK(has(said.err, folder / "none.toml" + ": cannot be opened"));
  CHECK(run({"settings", "show"}).exit_code == 1);
}

TEST_CASE("settings check refuses what a service refuses at its start, with its place") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path,
        "version = 2\ninsecure = true\n[schema]\nlisten = '0.0.0.0:1'\n[schema.journal]\n"
        "url = 'mysq://h:1/d/w'\n[ingress.cors]\ncredentials = true\norigins = ['*']\n");
  Said said = run({"settings", "check", path});
  CHECK(said.exit_code == 1);
  INFO(said.err);
  CHECK(
      has(said.err, path + ":6: schema.journal.url: journal 'mysq://h:1/d/w': there is no driver"));
  CHECK(has(said.err, path + ":8: ingress.cors.credentials: "));
  write(path,
        "version = 2\ninsecure = true\n[schema]\nlisten = '0.0.0.0:1'\n[schema.journal]\n"
        "url = 'etcd://u:hun?ter2@h:1/w'\n");
  said = run({"settings", "check", path});
  CHECK(said.exit_code == 1);
  CHECK(has(said.err, path + ":6: schema.journal.url: journal 'etcd://***"));
  CHECK(has(said.err, path + ":4: schema.listen: "));
  CHECK(has(said.err, "schema.advertise"));
  CHECK_FALSE(has(said.err, "ter2"));
  CHECK(has(run({"settings", "check", "--", "--schema.journal=etcd://h:1/w"}).out, "are right"));
}

TEST_CASE("settings check refuses what a service starts with and cannot use") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path,
        "version = 2\n[schema.secrets]\nkms = 'http://x'\n[schema.telemetry]\ntimeline = 'a b'\n"
        "[timeline.follow]\nschema = ['http://a:1']\n");
  const Said said = run({"settings", "check", path, "--without-files"});
  CHECK(said.exit_code == 1);
  INFO(said.err);
  CHECK(has(said.err, "3 settings are wrong"));
  CHECK(has(said.err, path + ":3: schema.secrets.kms: \"http://x\" is no address of a KMS plugin"));
  CHECK(has(said.err, path + ":5: schema.telemetry.timeline: "));
  CHECK(has(said.err, path + ":7: timeline.follow.schema: "));
  const Said shown = run({"settings", "show", path});
  CHECK(shown.exit_code == 0);
  CHECK(has(shown.err, "warning: " + path + ":3: schema.secrets.kms: "));
}
