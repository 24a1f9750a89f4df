#include "support/mysql_server.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "journal/mysql.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"

namespace millrace::test {

namespace {

namespace fs = std::filesystem;

// The password has what a careless statement would stumble over.
constexpr char password[] = "it's a \"secret\"";

// What one server of ours needs, since many run side by side.
const std::vector<std::string> small = {
    "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=16M", "--innodb-use-native-aio=0"};

std::string run(const std::string& command) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  char octets[4096];
  while (const std::size_t size = fread(octets, 1, sizeof octets, pipe))
    output.append(octets, size);
  const int status = pclose(pipe);
  INFO(command << ": " << output);
  REQUIRE(status == 0);
  return output;
}

// It takes seconds, so it is done once; others wait for whoever does it.
fs::path pristine() {
  const fs::path made = MYSQL_PRISTINE;
  const int lock = open((made.string() + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE(lock >= 0);
  REQUIRE(flock(lock, LOCK_EX) == 0);
  if (!fs::exists(made)) {
    const fs::path fresh = made.string() + ".new";
    fs::remove_all(fresh);
    std::string command = "mariadb-install-db --no-defaults --datadir=" + fresh.string() +
                          " --auth-root-authentication-method=normal --skip-test-db"
                          " --skip-name-resolve --force";  // also where no host has a name
    if (geteuid() == 0) command += " --user=root";
    for (const std::string& each : small) command += " " + each;
    run(command);
    fs::rename(fresh, made);
  }
  close(lock);
  return made;
}

}  // namespace

MysqlServer::MysqlServer(std::vector<std::string> arguments, std::string query, std::string ready)
    : arguments_(std::move(arguments)), query_(std::move(query)), ready_(std::move(ready)) {
  fs::copy(pristine(), folder_ / "data", fs::copy_options::recursive);
  fs::create_directory(folder_ / "tmp");
  std::ofstream(password_file()) << password << "\n";
  std::ofstream(folder_ / "init.sql")
      << "CREATE DATABASE IF NOT EXISTS millrace;\n"
      << "CREATE USER IF NOT EXISTS millrace IDENTIFIED BY 'it''s a \"secret\"';\n"
      << "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON millrace.* TO millrace;\n";
  start();
}

void MysqlServer::start() {
  std::vector<std::string> argv = {"/usr/sbin/mariadbd",
                                   "--no-defaults",
                                   "--datadir=" + (folder_ / "data"),
                                   "--socket=" + (folder_ / "socket"),
                                   "--pid-file=" + (folder_ / "pid"),
                                   "--port=" + std::to_string(port_),
                                   "--bind-address=127.0.0.1",
                                   "--skip-name-resolve",
                                   "--init-file=" + (folder_ / "init.sql")};
  // A server that starts clears temporary tables away there: in /tmp those of all others.
  argv.push_back("--tmpdir=" + (folder_ / "tmp"));
  if (geteuid() == 0) argv.push_back("--user=root");
  argv.insert(argv.end(), small.begin(), small.end());
  argv.insert(argv.end(), arguments_.begin(), arguments_.end());
  // Handed down: a file that may not grow is an error for it, and not its end.
  std::signal(SIGXFSZ, SIG_IGN);
  if (!library_.empty()) argv.insert(argv.begin(), {"/usr/bin/env", "LD_PRELOAD=" + library_});
  process_ = std::make_unique<Process>(argv, folder_ / "log");
  const bool ready = eventually([&] {
    const auto address = journal::parse_mysql_url(url("nothing"));
    const auto opened = journal::make_mysql_journal(*address)->open({"", false});
    return !opened && opened.error().message.find(ready_) != std::string::npos;
  });
  INFO(process_->log());
  REQUIRE(ready);
}

std::string MysqlServer::url(const std::string& workspace, const std::string& at) const {
  return "mysql://" + (at.empty() ? endpoint() : at) + "/millrace/" + workspace +
         "?user=millrace&password-file=" + password_file() + query_;
}

void MysqlServer::kill() { process_->kill(); }

void MysqlServer::limit_files(std::optional<std::uint64_t> bytes) const {
  const rlimit most{bytes ? *bytes : RLIM_INFINITY, RLIM_INFINITY};
  REQUIRE(prlimit(process_->pid(), RLIMIT_FSIZE, &most, nullptr) == 0);
}

bool MysqlServer::runs() const { return !process_->wait(std::chrono::milliseconds(0)); }

void MysqlServer::restart() {
  kill();
  start();
}

void MysqlServer::set_full(bool full) const {
  std::string statements;
  for (const std::string table : {"millrace_commits", "millrace_parts"}) {
    statements += "DROP TRIGGER IF EXISTS millrace." + table + "_full;";
    if (full)
      statements += "CREATE TRIGGER millrace." + table + "_full BEFORE INSERT ON millrace." +
                    table +
                    " FOR EACH ROW SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = "
                    "'The table is full';";
  }
  sql(statements);
}

std::string MysqlServer::sql(const std::string& statements) const {
  const std::string file = folder_ / "statements.sql";
  std::ofstream(file) << statements;
  return run("mariadb --no-defaults --socket=" + (folder_ / "socket") +
             " --user=root --batch --skip-column-names < " + file);
}

MysqlServer& shared_mysql() {
  static MysqlServer one;
  return one;
}

}  // namespace millrace::test
