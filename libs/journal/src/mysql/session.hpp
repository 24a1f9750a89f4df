// One connection to a server, in words of our own: the only part that knows the client library.
// Used by the client: one thread at a time, but `cut` from any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "journal/mysql.hpp"
#include "sql.hpp"

struct st_mysql;

namespace millrace::journal::mysql {

struct Failure {
  unsigned code = 0;  // the server's, or of the client library from 2000 to 2999
  std::string text;
  bool lost = false;  // the connection is gone with it
};

template <class T>
using Tried = tl::expected<T, Failure>;

using Cell = std::optional<statekit::Bytes>;
using Row = std::vector<Cell>;

struct Outcome {
  std::vector<Row> rows;
  std::uint64_t changed = 0;  // rows that a write changed
  std::uint64_t id = 0;       // what LAST_INSERT_ID was set to
};

// What a server is and how it was set up, as far as the driver minds.
struct Facts {
  std::string version;
  bool tidb = false;
  bool read_only = false;
  bool syncs = true;                   // each commit is on the disk before it is answered
  std::uint64_t packet_bytes_max = 0;  // 0: it does not say
};

// True where the version string is one of TiDB's.
bool is_tidb(const std::string& version);
// What is said at the beginning of each connection. Pure.
struct Greeting {
  Sql words;
  bool optional = false;  // a server that does not know it is good enough
};
std::vector<Greeting> greetings(bool tidb, const MysqlTuning& tuning);

inline constexpr std::size_t answer_bytes_max = std::size_t{64} << 20;

class Session {
 public:
  // Logged in, and to be greeted first.
  static Tried<std::unique_ptr<Session>> connect(const MysqlAddress& address,
                                                 const std::string& endpoint,
                                                 const MysqlTuning& tuning);
  // Learns what the server is and sets up the connection.
  Tried<void> greet(const MysqlTuning& tuning);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Facts& facts() const { return facts_; }
  const std::string& endpoint() const { return endpoint_; }

  // Each row of the answer goes to `each` where there is one, until it says false. Rows that are
  // gathered are at most answer_bytes_max.
  Tried<Outcome> run(const Sql& sql, const std::function<bool(Row)>& each = {});
  // Ends what is under way, from another thread.
  void cut();

 private:
  Session() = default;
  Failure failure() const;
  Tried<void> learn_facts();
  Tried<std::string> render(const Sql& sql) const;

  st_mysql* handle_ = nullptr;
  std::string endpoint_;
  Facts facts_;
  std::mutex mutex_;  // of socket_ between its user and `cut`
  // Ours beside the library's: that one closes its own when the connection is lost, and the number
  // may be another connection's before `cut` comes.
  int socket_ = -1;
};

}  // namespace millrace::journal::mysql
