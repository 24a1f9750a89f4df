// settings check, show and upgrade as a person types them.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/parse.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;

namespace {

struct Said {
  int exit_code = 0;
  std::string out, err;
};

Said run(const std::vector<std::string>& words) {
  std::ostringstream out, err;
  cli::Session session;
  session.out = &out;
  session.err = &err;
  const auto commands = cli::all_commands(session);
  const cli::Parsed parsed = cli::parse(commands, words, session);
  const int exit_code = parsed.exit_code ? *parsed.exit_code : parsed.command->run();
  return {exit_code, out.str(), err.str()};
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("settings upgrade rewrites the file, shows what changed, and a dry run does not") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, "[schema]\n# patience\nlease = '20s'\n");
  const Said dry = run({"settings", "upgrade", path, "--dry-run"});
  CHECK(dry.exit_code == 0);
  CHECK(has(dry.out, "- [schema]\n+ version = 2\n"));
  CHECK(read(path) == "[schema]\n# patience\nlease = '20s'\n");
  const Said real = run({"settings", "upgrade", path});
  CHECK(real.exit_code == 0);
  CHECK(has(real.out, "version 1 -> 2"));
  CHECK(read(path) == "version = 2\n\n[schema.rollout]\n# patience\nlease = '20s'\n");
  CHECK(run({"settings", "check", path}).exit_code == 0);
  CHECK(has(run({"settings", "upgrade", path}).out, "the newest"));
}

TEST_CASE("settings upgrade lets nobody read the file who could not before") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, "[schema]\nlease = '20s'\n");
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  REQUIRE(run({"settings", "upgrade", path}).exit_code == 0);
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0600));
}

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

TEST_CASE("settings upgrade leaves a file with faults as it is and names them") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, "[schema]\nleese = '20s'\n");
  const Said said = run({"settings", "upgrade", path});
  CHECK(said.exit_code == 1);
  CHECK(has(said.err, path + ":2: schema.leese: no such setting; did you mean schema.lease?"));
  CHECK(read(path) == "[schema]\nleese = '20s'\n");
}

TEST_CASE("settings upgrade that cannot write changes nothing and says so") {
  const Said said = run({"settings", "upgrade", "/nonexistent/m.toml"});
  CHECK(said.exit_code == 1);
  CHECK(has(said.err, "cannot be opened"));
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
  write(path, "[schema]\njournal = 'etcd://me:hunter2@db:1/x'\n");
  const Said said = run({"settings", "show", path, "--output", "json", "--", "--log.level=debug"});
  CHECK(said.exit_code == 0);
  CHECK(has(said.out,
            "\"name\": \"schema.journal.url\",\n      \"value\": \"etcd://***@db:1/x\",\n"
            "      \"from\": \"" +
                path + ":2\""));
  CHECK(has(said.out,
            "\"name\": \"log.level\",\n      \"value\": \"debug\",\n      \"from\": "
            "\"--log.level\""));
  CHECK(has(said.out, "\"from\": \"default\""));
  CHECK_FALSE(has(said.out + said.err, "hunter2"));
  CHECK(has(run({"settings", "show"}).out, "schema.rollout.lease"));
}
