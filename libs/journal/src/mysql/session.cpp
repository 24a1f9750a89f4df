#include "session.hpp"

#include <fcntl.h>
#include <mysql.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>

namespace millrace::journal::mysql {

using namespace statekit;

namespace {

constexpr unsigned too_large_packet = 1153;
constexpr unsigned library_first = 2000, library_last = 2999;
constexpr unsigned killed = 1927, shutting_down = 1053, aborted = 1152, idle_too_long = 4031;
// A row has one part of a snapshot, or one commit; a server that sends more is none of ours.
constexpr std::size_t packet_bytes_max = std::size_t{16} << 20;
// What shows the password to no one in between, or to the server alone.
constexpr char logins[] = "mysql_native_password,client_ed25519,caching_sha2_password";
constexpr char system_trust[] = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::size_t file_bytes_max = 65'536;

unsigned whole_seconds(int ms) { return static_cast<unsigned>(std::max(1, (ms + 999) / 1000)); }

// The first line of a file; of none where no file is named.
Tried<std::string> first_line(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream in(path, std::ios::binary);
  std::string line(file_bytes_max, '\0');
  in.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad() || (line.empty() && !in.eof()))
    return tl::unexpected(Failure{0, "the password file " + path + " cannot be read", true});
  return line.substr(0, line.find_first_of("\r\n"));
}

void set_options(st_mysql* handle, const MysqlAddress& address, const MysqlTuning& tuning) {
  const unsigned connect_s = whole_seconds(tuning.connect_ms_max);
  const unsigned statement_s = whole_seconds(tuning.attempt_ms_max) + 1;
  const unsigned no = 0;
  const my_bool yes = 1;
  mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
  // The client cuts by milliseconds; these are for what it cannot see, such as a login.
  mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &statement_s);
  mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &statement_s);
  mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_bytes_max);
  // A server must not be able to ask for our files, or for the password in clear.
  mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &no);
  mysql_options(handle, MARIADB_OPT_RESTRICTED_AUTH, logins);
  // No character set of theirs touches our octets.
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "binary");
  if (!address.tls) return;
  const auto file = [](const std::string& name) { return name.empty() ? nullptr : name.c_str(); };
  mysql_ssl_set(handle, file(address.key_file), file(address.cert_file),
                address.ca_file.empty() ? system_trust : address.ca_file.c_str(), nullptr, nullptr);
  mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &yes);
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
}

std::uint64_t number_in(const Cell& cell) {
  std::uint64_t number = 0;
  if (cell) std::from_chars(cell->data(), cell->data() + cell->size(), number);
  return number;
}

Row row_of(char** fields, const unsigned long* sizes, unsigned count) {
  Row row(count);
  for (unsigned i = 0; i < count; ++i)
    if (fields[i] != nullptr) row[i].emplace(fields[i], sizes[i]);
  return row;
}

// As it weighs in memory, also where its cells are empty.
std::size_t size_of(const Row& row) {
  std::size_t octets = sizeof row + row.size() * sizeof(Cell);
  for (const Cell& cell : row) octets += cell ? cell->size() : 0;
  return octets;
}

}  // namespace

bool is_tidb(const std::string& version) { return version.find("TiDB") != std::string::npos; }

std::vector<Greeting> greetings(bool tidb, const MysqlTuning& tuning) {
  std::vector<Greeting> all;
  // Whatever its own settings are: values are checked, quotes are escaped as the library does it.
  all.push_back({Sql("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'")});
  all.push_back({Sql("SET SESSION autocommit = 1")});
  all.push_back({Sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")});
  Sql patience("SET SESSION innodb_lock_wait_timeout = ");
  patience << std::uint64_t{whole_seconds(tuning.lock_ms_max)};
  all.push_back({patience});
  // Who vanished without a word holds its rows no longer than this.
  const std::uint64_t silent_s = whole_seconds(tuning.silent_ms_max);
  if (tidb) {
    all.push_back({Sql("SET SESSION tidb_txn_mode = 'pessimistic'")});
    Sql silent("SET SESSION tidb_idle_transaction_timeout = ");
    silent << silent_s;
    all.push_back({silent, true});
  } else {
    Sql silent("SET SESSION idle_transaction_timeout = ");
    silent << silent_s;
    all.push_back({silent, true});
  }
  return all;
}

Tried<std::unique_ptr<Session>> Session::connect(const MysqlAddress& address,
                                                 const std::string& endpoint,
                                                 const MysqlTuning& tuning) {
  auto password = first_line(address.password_file);
  if (!password) return tl::unexpected(password.error());
  std::unique_ptr<Session> made(new Session);
  made->endpoint_ = endpoint;
  static const bool ready = mysql_library_init(0, nullptr, nullptr) == 0;
  made->handle_ = ready ? mysql_init(nullptr) : nullptr;
  check(made->handle_ != nullptr, "a connection of the client library is made");
  set_options(made->handle_, address, tuning);
  const std::size_t colon = endpoint.rfind(':');
  std::string host = endpoint.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const auto port = static_cast<unsigned>(std::stoul(endpoint.substr(colon + 1)));
  // By name it would take a socket of its own choice.
  const unsigned tcp = MYSQL_PROTOCOL_TCP;
  mysql_options(made->handle_, MYSQL_OPT_PROTOCOL, &tcp);
  const bool reached =
      mysql_real_connect(made->handle_, host.c_str(), address.user.c_str(), password->c_str(),
                         address.database.c_str(), port, nullptr, 0) != nullptr;
  std::fill(password->begin(), password->end(), '\0');
  if (!reached) {
    Failure failure = made->failure();
    failure.lost = true;
    return tl::unexpected(std::move(failure));
  }
  made->socket_ = fcntl(static_cast<int>(mysql_get_socket(made->handle_)), F_DUPFD_CLOEXEC, 0);
  if (made->socket_ < 0)
    return tl::unexpected(Failure{0, "this process has no file descriptors left", true});
  return made;
}

Session::~Session() {
  int socket = -1;
  {
    const std::lock_guard lock(mutex_);
    std::swap(socket, socket_);
  }
  mysql_close(handle_);
  if (socket >= 0) ::close(socket);
}

void Session::cut() {
  const std::lock_guard lock(mutex_);
  if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
}

Failure Session::failure() const {
  const unsigned code = mysql_errno(handle_);
  const bool lost = (code >= library_first && code <= library_last) || code == killed ||
                    code == shutting_down || code == aborted || code == idle_too_long;
  return {code, mysql_error(handle_), lost};
}

Tried<void> Session::greet(const MysqlTuning& tuning) {
  if (auto learned = learn_facts(); !learned) return learned;
  for (const Greeting& each : greetings(facts_.tidb, tuning)) {
    const auto said = run(each.words);
    if (!said && (said.error().lost || !each.optional)) return tl::unexpected(said.error());
  }
  return {};
}

Tried<void> Session::learn_facts() {
  const auto told = run(Sql("SELECT VERSION(), @@max_allowed_packet"));
  if (!told) return tl::unexpected(told.error());
  if (told->rows.size() != 1 || told->rows[0].size() != 2 || !told->rows[0][0])
    return tl::unexpected(Failure{0, "it does not say which version it is", true});
  facts_.version = *told->rows[0][0];
  facts_.packet_bytes_max = number_in(told->rows[0][1]);
  facts_.tidb = is_tidb(facts_.version);
  if (facts_.tidb) return {};
  const auto more = run(Sql("SELECT @@global.read_only, @@innodb_flush_log_at_trx_commit"));
  if (!more) return tl::unexpected(more.error());
  if (more->rows.size() != 1 || more->rows[0].size() != 2) return {};
  facts_.read_only = number_in(more->rows[0][0]) != 0;
  facts_.syncs = number_in(more->rows[0][1]) == 1;
  return {};
}

Tried<std::string> Session::render(const Sql& sql) const {
  std::string text;
  for (const Sql::Piece& each : sql.pieces()) {
    if (!each.value) {
      text += each.octets;
      continue;
    }
    const std::size_t at = text.size() + 1;
    text.resize(at + 2 * each.octets.size() + 1, '\'');
    const unsigned long size =
        mysql_real_escape_string(handle_, text.data() + at, each.octets.data(), each.octets.size());
    text.resize(at + size);
    text += '\'';
  }
  // One octet of the packet says that it is a statement.
  if (facts_.packet_bytes_max == 0 || text.size() + 1 < facts_.packet_bytes_max) return text;
  return tl::unexpected(Failure{too_large_packet,
                                "a statement of " + std::to_string(text.size()) +
                                    " bytes is more than its max_allowed_packet of " +
                                    std::to_string(facts_.packet_bytes_max),
                                false});
}

Tried<Outcome> Session::run(const Sql& sql, const std::function<bool(Row)>& each) {
  const auto text = render(sql);
  if (!text) return tl::unexpected(text.error());
  if (mysql_real_query(handle_, text->data(), text->size()) != 0) return tl::unexpected(failure());
  Outcome outcome;
  MYSQL_RES* result = mysql_use_result(handle_);
  if (result == nullptr) {
    if (mysql_field_count(handle_) != 0) return tl::unexpected(failure());
    outcome.changed = mysql_affected_rows(handle_);
    outcome.id = mysql_insert_id(handle_);
    return outcome;
  }
  const unsigned count = mysql_num_fields(result);
  std::size_t octets = 0;
  bool more = true, endless = false;
  while (more) {
    char** fields = mysql_fetch_row(result);
    if (fields == nullptr) break;
    Row row = row_of(fields, mysql_fetch_lengths(result), count);
    if (each) {
      more = each(std::move(row));
      continue;
    }
    octets += size_of(row);
    endless = octets > answer_bytes_max;
    more = !endless;
    outcome.rows.push_back(std::move(row));
  }
  // What is left of it must not be read to its end, which may never come.
  if (endless) cut();
  const bool broken = more && mysql_errno(handle_) != 0;
  Failure found = failure();
  mysql_free_result(result);
  if (broken) return tl::unexpected(std::move(found));
  if (endless) return tl::unexpected(Failure{0, "its answer has no end", true});
  return outcome;
}

}  // namespace millrace::journal::mysql
