// The drivers under contract: one line each, and the stores that their cases run on.
#include <sqlite3.h>

#include <cstdlib>

#include "access/io/trusted.hpp"
#include "contract/journal_contract.hpp"
#include "contract/journal_mutants.hpp"
#include "journal/etcd.hpp"
#include "journal/http.hpp"
#include "journal/memory.hpp"
#include "journal/mysql.hpp"
#include "journal/sqlite.hpp"
#include "support/certificates.hpp"
#include "support/cut_disk.hpp"
#include "support/etcd_server.hpp"
#include "support/mysql_server.hpp"
#include "support/process.hpp"
#include "support/tcp_proxy.hpp"
#include "support/temp_dir.hpp"

namespace millrace::contract {

namespace {

class InMemory : public Store {
 public:
  std::unique_ptr<Journal> handle() override {
    return journal::make_memory_journal(store_, faults_);
  }
  void fill_disk(bool full) override { faults_->set_disk_full(full); }
  void lose_next_answer() override {
    // Turn by turn: it happened, it did not, it will.
    static constexpr journal::AppendFault ways[] = {journal::AppendFault::after_write,
                                                    journal::AppendFault::before_write,
                                                    journal::AppendFault::late_write};
    faults_->next(ways[turn_++ % 3]);
  }
  void set_unreachable(bool off) override { faults_->set_unavailable(off); }

 private:
  std::shared_ptr<journal::MemoryStore> store_ = journal::make_memory_store();
  std::shared_ptr<journal::Faults> faults_ = std::make_shared<journal::Faults>();
  std::size_t turn_ = 0;
};

class InSqlite : public Store {
 public:
  InSqlite(unsigned needs, journal::SqliteTuning tuning) : tuning_(std::move(tuning)) {
    if ((needs & (disk_full | lost_answer | unreachable)) != 0) disk_ = std::make_unique<CutDisk>();
  }
  std::unique_ptr<Journal> handle() override {
    tuning_.vfs = disk_ ? disk_->vfs() : "";
    return journal::make_sqlite_journal(path(), tuning_);
  }
  std::string path() const override { return folder_ / "journal.db"; }
  void claim_newer_format() override {
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open(path().c_str(), &raw) == SQLITE_OK);
    CHECK(sqlite3_exec(raw, "PRAGMA user_version = 3", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(raw);
  }
  void fill_disk(bool full) override { disk_->set_full(full); }
  void lose_next_answer() override { disk_->fail_syncs(1); }
  void set_unreachable(bool off) override { disk_->set_unreachable(off); }

 private:
  TempDir folder_;
  journal::SqliteTuning tuning_;
  std::unique_ptr<CutDisk> disk_;
};

// A workspace of its own in one server that all cases share, behind a proxy where faults are asked
// for.
class InEtcd : public Store {
 public:
  explicit InEtcd(unsigned needs) {
    static int count = 0;
    workspace_ = "case" + std::to_string(++count);
    if ((needs & (lost_answer | unreachable)) != 0)
      proxy_ = std::make_unique<TcpProxy>(shared_etcd().port(0));
  }
  std::unique_ptr<Journal> handle() override {
    auto address = journal::parse_etcd_url(url());
    REQUIRE(address);
    journal::EtcdTuning tuning;
    tuning.connect_ms_max = 500;
    if (!proxy_) tuning.attempt_ms_max = tuning.call_ms_max = 60'000;  // the machine may be busy
    return journal::make_etcd_journal(*address, tuning);
  }
  std::string url() const override {
    return "etcd://" + (proxy_ ? proxy_->address() : shared_etcd().endpoint(0)) + "/" + workspace_;
  }
  void fill_disk(bool full) override { shared_etcd().set_full(full); }
  void lose_next_answer() override {
    static constexpr TcpProxy::Cut ways[] = {TcpProxy::Cut::after, TcpProxy::Cut::before,
                                             TcpProxy::Cut::late};
    proxy_->cut_next(ways[turn_++ % 3]);
  }
  void set_unreachable(bool off) override { proxy_->set_down(off); }

 private:
  std::string workspace_;
  std::unique_ptr<TcpProxy> proxy_;
  std::size_t turn_ = 0;
};

// A workspace of its own in one MariaDB that all cases share, behind a proxy where faults are asked
// for: it is the COMMIT whose answer gets lost, since whatever fails before it stored nothing.
class InMysql : public Store {
 public:
  explicit InMysql(unsigned needs) {
    static int count = 0;
    workspace_ = "case" + std::to_string(++count);
    if ((needs & (lost_answer | unreachable)) != 0)
      proxy_ = std::make_unique<TcpProxy>(shared_mysql().port(), "COMMIT");
  }
  std::unique_ptr<Journal> handle() override {
    auto address = journal::parse_mysql_url(url());
    REQUIRE(address);
    return journal::make_mysql_journal(*address);
  }
  std::string url() const override {
    return shared_mysql().url(workspace_, proxy_ ? proxy_->address() : "");
  }
  void fill_disk(bool full) override { shared_mysql().set_full(full); }
  void lose_next_answer() override {
    static constexpr TcpProxy::Cut ways[] = {TcpProxy::Cut::after, TcpProxy::Cut::before,
                                             TcpProxy::Cut::late};
    proxy_->cut_next(ways[turn_++ % 3]);
  }
  void set_unreachable(bool off) override { proxy_->set_down(off); }

 private:
  std::string workspace_;
  std::unique_ptr<TcpProxy> proxy_;
  std::size_t turn_ = 0;
};

// A server of the journal protocol, for all cases of a program.
class Host {
 public:
  virtual ~Host() = default;
  virtual std::string address() const = 0;
  virtual std::string scheme() const { return "http://"; }
  virtual std::string options() const { return {}; }
};

// Ours, on SQLite.
class OurHost : public Host {
 public:
  OurHost()
      : process_({MILLRACE_SCHEMA, "--data=" + (folder_ / "data"), "--schema.listen=127.0.0.1:0",
                  "--schema.http_listen=127.0.0.1:0", "--schema.health_listen=127.0.0.1:0"},
                 folder_ / "log"),
        address_(process_.logged("state.started listen=")) {}
  std::string address() const override { return address_; }

 private:
  TempDir folder_;
  Process process_;
  std::string address_;
};

// Ours behind TLS, for those who show a certificate and a token.
class ClosedHost : public Host {
 public:
  ClosedHost()
      : files_(Authority().write(folder_, "keeper")),
        token_file_(folder_ / "token"),
        made_(access::write_token_file(token_file_, access::draw_token())),
        process_({MILLRACE_SCHEMA, "--settings-version=2", "--data=" + (folder_ / "data"),
                  "--schema.listen=127.0.0.1:0", "--schema.http_listen=127.0.0.1:0",
                  "--schema.health_listen=127.0.0.1:0", "--auth.mode=required",
                  "--auth.bootstrap_token_file=" + token_file_, "--tls.http_client=require",
                  "--tls.ca=" + files_.ca, "--tls.certificate=" + files_.certificate,
                  "--tls.key=" + files_.key},
                 folder_ / "log"),
        address_(process_.logged("state.started listen=")) {
    REQUIRE(made_);
  }
  std::string address() const override { return address_; }
  std::string scheme() const override { return "https://"; }
  std::string options() const override {
    return "?ca=" + files_.ca + "&cert=" + files_.certificate + "&key=" + files_.key +
           "&token-file=" + token_file_;
  }

 private:
  TempDir folder_;
  tls::Files files_;
  std::string token_file_;
  Status made_;
  Process process_;
  std::string address_;
};

// The one in journal_server.mjs, which knows no line of ours.
class OtherHost : public Host {
 public:
  OtherHost()
      : process_({NODE, CLIENTS "/journal_server.mjs", folder_ / "store"}, folder_ / "log"),
        address_("127.0.0.1:" + process_.logged("listening ")) {}
  std::string address() const override { return address_; }

 private:
  TempDir folder_;
  Process process_;
  std::string address_;
};

template <class Where>
class OverHttp : public Store {
 public:
  explicit OverHttp(unsigned needs) {
    static int count = 0;
    static Where host;
    const std::string address = host.address();
    if ((needs & (lost_answer | unreachable)) != 0)
      proxy_ = std::make_unique<TcpProxy>(std::stoi(address.substr(address.rfind(':') + 1)));
    url_ = host.scheme() + (proxy_ ? proxy_->address() : address) + "/v1/workspaces/case" +
           std::to_string(++count) + host.options();
  }
  std::unique_ptr<Journal> handle() override {
    auto address = journal::parse_http_url(url_);
    REQUIRE(address);
    return journal::make_http_journal(*address);
  }
  std::string url() const override { return url_; }
  void lose_next_answer() override {
    static constexpr TcpProxy::Cut ways[] = {TcpProxy::Cut::after, TcpProxy::Cut::before,
                                             TcpProxy::Cut::late};
    proxy_->cut_next(ways[turn_++ % 3]);
  }
  void set_unreachable(bool off) override { proxy_->set_down(off); }

 private:
  std::string url_;
  std::unique_ptr<TcpProxy> proxy_;
  std::size_t turn_ = 0;
};

template <class T>
std::unique_ptr<Store> fresh(unsigned needs) {
  if constexpr (std::is_default_constructible_v<T>)
    return std::make_unique<T>();
  else
    return std::make_unique<T>(needs);
}

// `loose` and `block`: after how many commits older ones are packed, and by how many.
std::function<std::unique_ptr<Store>(unsigned)> in_sqlite(int format, std::size_t loose = 1024,
                                                          std::size_t block = 256) {
  journal::SqliteTuning tuning;
  tuning.format_if_new = format;
  tuning.loose_entries = loose;
  tuning.block_entries = block;
  return [tuning](unsigned needs) { return std::make_unique<InSqlite>(needs, tuning); };
}

constexpr unsigned sqlite_can = own_process | file | disk_full | lost_answer | unreachable;

}  // namespace

std::vector<Driver> whole_drivers() {
  return {
      {"memory", disk_full | lost_answer | unreachable, fresh<InMemory>},
      {"sqlite1", sqlite_can, in_sqlite(1)},
      {"sqlite", sqlite_can | one_process, in_sqlite(2)},
      {"sqlite-packed", sqlite_can | one_process, in_sqlite(2, 5, 3)},
      {"etcd", own_process | disk_full | lost_answer | unreachable, fresh<InEtcd>},
      {"mysql", own_process | disk_full | lost_answer | unreachable, fresh<InMysql>},
      {"http", own_process | lost_answer | unreachable, fresh<OverHttp<OurHost>>},
      {"https", own_process | lost_answer | unreachable, fresh<OverHttp<ClosedHost>>},
      {"http-other", own_process | lost_answer | unreachable, fresh<OverHttp<OtherHost>>},
  };
}

std::vector<Driver> drivers() {
  const char* mutant = std::getenv("MILLRACE_JOURNAL_MUTANT");
  if (mutant == nullptr) return whole_drivers();
  return {{mutant, nothing, [name = std::string(mutant)](unsigned needs) {
             return make_mutant(name, fresh<InMemory>(needs));
           }}};
}

}  // namespace millrace::contract
