#include "journal/presence.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "client.hpp"

namespace millrace::journal {

using namespace statekit;

namespace mysql {

namespace {

// Rows of members that are long gone are removed by whoever comes.
constexpr std::uint64_t gone_ms = 3'600'000;

// One row of this member, which counts until a moment of the server's clock.
class MysqlPresence : public Presence {
 public:
  MysqlPresence(MysqlAddress address, const MysqlTuning& tuning)
      : address_(std::move(address)), tuning_(tuning) {}
  ~MysqlPresence() override { MysqlPresence::leave(); }

  Status announce(const Member& member, std::int64_t ttl_ms) override {
    const auto client = connect();
    if (!client) return fail(Code::unavailable, "this replica has left");
    if (said_.empty()) {
      Sql gone("DELETE FROM millrace_presence WHERE workspace = ");
      gone << address_.workspace
           << " AND until_ms < CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) - " << gone_ms;
      if (const auto done = ask(*client, gone); !done) return fail(to_error(done.error()));
    }
    Sql put("INSERT INTO millrace_presence (workspace, member, about, until_ms) VALUES (");
    put << address_.workspace << ", " << member.id << ", " << member.about
        << ", CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) + "
        << static_cast<std::uint64_t>(std::max<std::int64_t>(ttl_ms, 0))
        << ") ON DUPLICATE KEY UPDATE about = VALUES(about), until_ms = VALUES(until_ms)";
    if (const auto done = ask(*client, put); !done) return fail(to_error(done.error()));
    const std::lock_guard lock(mutex_);
    said_ = member.id;
    return {};
  }

  Result<std::vector<Member>> members() override {
    const auto client = connect();
    if (!client) return fail(Code::unavailable, "this replica has left");
    Sql look("SELECT member, about FROM millrace_presence WHERE workspace = ");
    look << address_.workspace
         << " AND until_ms > CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) ORDER BY member";
    const auto found = ask(*client, look);
    if (!found) return fail(to_error(found.error()));
    std::vector<Member> all;
    for (const Row& row : found->rows)
      if (row.size() == 2 && row[0] && row[1]) all.push_back({*row[0], *row[1]});
    return all;
  }

  void leave() override {
    std::shared_ptr<Client> client;
    std::string said;
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(left_, true)) return;
      client = client_;
      said = said_;
    }
    if (!client) return;
    // Where it cannot be said any more, the row counts no longer by itself.
    if (!said.empty()) {
      Sql gone("DELETE FROM millrace_presence WHERE workspace = ");
      gone << address_.workspace << " AND member = " << said;
      static_cast<void>(client->ask(gone, tuning_.attempt_ms_max));
    }
    client->close();
  }

  bool shared() const override { return true; }

 private:
  Answer<Outcome> ask(Client& client, const Sql& sql) const {
    return client.ask(sql, tuning_.call_ms_max);
  }

  // Null once it has left.
  std::shared_ptr<Client> connect() {
    const std::lock_guard lock(mutex_);
    if (left_) return nullptr;
    if (!client_) client_ = std::make_shared<Client>(address_, tuning_);
    return client_;
  }

  const MysqlAddress address_;
  const MysqlTuning tuning_;
  std::mutex mutex_;
  std::shared_ptr<Client> client_;
  bool left_ = false;
  std::string said_;  // the member that was announced
};

}  // namespace

}  // namespace mysql

std::unique_ptr<Presence> make_mysql_presence(MysqlAddress address, MysqlTuning tuning) {
  return std::make_unique<mysql::MysqlPresence>(std::move(address), tuning);
}

}  // namespace millrace::journal
