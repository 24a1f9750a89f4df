// The etcd driver on one real server: what only this engine can do to it.
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "journal/etcd.hpp"
#include "journal/verify.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/etcd_server.hpp"
#include "support/eventually.hpp"
#include "support/tcp_proxy.hpp"

namespace millrace::journal {
namespace {

using namespace statekit;
using namespace test;

// Which gives up on a connection soon, and on a call as late as a busy machine needs.
EtcdTuning brisk() {
  EtcdTuning tuning;
  tuning.connect_ms_max = 500;
  tuning.call_ms_max = 30'000;
  return tuning;
}

// On a machine that may be busy.
EtcdTuning patient() {
  EtcdTuning tuning;
  tuning.connect_ms_max = tuning.attempt_ms_max = tuning.call_ms_max = 30'000;
  return tuning;
}

std::unique_ptr<Journal> handle(const std::string& url, EtcdTuning tuning = brisk()) {
  auto address = parse_etcd_url(url);
  REQUIRE(address);
  return make_etcd_journal(std::move(*address), tuning);
}

std::unique_ptr<Journal> opened(const std::string& url, EtcdTuning tuning = brisk()) {
  auto journal = handle(url, tuning);
  const auto head = journal->open({incarnation_a});
  INFO((head ? std::string() : head.error().message));
  REQUIRE(head);
  return journal;
}

std::string url_of(const std::string& workspace) {
  return "etcd://" + shared_etcd().endpoint(0) + "/" + workspace;
}

void append(Journal& journal, std::size_t count) {
  const auto head = journal.head();
  REQUIRE(head);
  const auto done = journal.append(head->last, entries_after(*head, count), {});
  INFO((done ? std::string() : done.error().message));
  REQUIRE(done);
}

// At the newest revision: what etcd remembers of earlier ones is gone.
void compact_etcd() {
  const std::string status = shared_etcd().ctl("get nothing --write-out=json");
  const std::size_t at = status.find("\"revision\":") + 11;
  shared_etcd().ctl("compact " + status.substr(at, status.find_first_of(",}", at) - at));
}

}  // namespace

TEST_CASE(
    "a handle for reading makes no workspace of a name that was mistyped, and writes nothing") {
  JournalOptions reading{incarnation_a};
  reading.read_only = true;
  const auto missed = handle(url_of("prdo"));
  const auto looked = missed->open(reading);
  REQUIRE_FALSE(looked);
  CHECK(looked.error().message == "etcd: there is no journal in the workspace prdo");
  CHECK(shared_etcd().ctl("get --prefix /prdo --keys-only").find("prdo") == std::string::npos);

  append(*opened(url_of("prod")), 2);
  const auto there = handle(url_of("prod"));
  const auto head = there->open(reading);
  REQUIRE(head);
  CHECK(there->read(0, 10, 1'000)->size() == 2);
  const auto written = there->append(2, entries_after(*head, 1), {});
  REQUIRE_FALSE(written);
  CHECK(written.error().fault == JournalFault::invalid);
  CHECK(there->compact(1).error().fault == JournalFault::invalid);
  CHECK(there->head()->last == 2);
}

TEST_CASE("two workspaces in one etcd know nothing of each other") {
  const auto one = opened(url_of("one")), two = opened(url_of("one.two"));
  append(*one, 3);
  CHECK(two->head()->last == 0);
  append(*two, 1);
  CHECK(one->head()->last == 3);
}

TEST_CASE("G9: a newer format in etcd is refused and not one key is written") {
  { append(*opened(url_of("newer")), 1); }
  shared_etcd().ctl("put /newer/format 'millrace journal 2'");
  const std::string before = shared_etcd().ctl("get --prefix /newer/");
  const auto head = handle(url_of("newer"))->open({incarnation_b});
  REQUIRE_FALSE(head);
  CHECK(head.error().fault == JournalFault::wrong_format);
  CHECK(shared_etcd().ctl("get --prefix /newer/") == before);
}

TEST_CASE("a workspace that holds something else is refused and left as it is") {
  shared_etcd().ctl("put /foreign/zzz something");
  const auto head = handle(url_of("foreign"))->open({incarnation_a});
  REQUIRE_FALSE(head);
  CHECK(head.error().fault == JournalFault::wrong_format);
  CHECK(shared_etcd().ctl("get --prefix --keys-only /foreign/") == "/foreign/zzz\n\n");
}

TEST_CASE("a commit that was changed or taken out of etcd is corrupt and named") {
  const auto journal = opened(url_of("damaged"));
  append(*journal, 10);
  shared_etcd().ctl("put /damaged/00000000000000000004 nonsense");
  const auto changed = verify(*journal);
  REQUIRE_FALSE(changed);
  CHECK(changed.error().fault == JournalFault::corrupt);
  CHECK(changed.error().revision == 4);
  shared_etcd().ctl("del /damaged/00000000000000000004");
  CHECK(journal->read(0, 100, 100'000).error().revision == 4);
  CHECK(journal->read(4, 100, 100'000)->size() == 6);
  shared_etcd().ctl("del /damaged/00000000000000000010");
  CHECK(journal->read(4, 100, 100'000).error().revision == 10);
}

TEST_CASE("etcd's own compaction loses no commit and wakes no one wrongly") {
  const auto journal = opened(url_of("compacted")), waiter = opened(url_of("compacted"));
  append(*journal, 5);
  CHECK(waiter->wait(0, {60'000})->last == 5);  // its watch is up
  append(*journal, 5);
  compact_etcd();
  CHECK(verify(*journal)->entries == 10);
  append(*journal, 1);
  CHECK(waiter->wait(10, {60'000})->last == 11);
}

TEST_CASE("a watch whose beginning was compacted begins again") {
  TcpProxy proxy(shared_etcd().port(0));
  EtcdTuning slow;
  slow.poll_ms = 60'000;  // the watch alone wakes it
  const auto waiter = opened("etcd://" + proxy.address() + "/rewatched", slow);
  const auto journal = opened(url_of("rewatched"));
  append(*journal, 1);
  CHECK(waiter->wait(0, {60'000})->last == 1);
  proxy.set_down(true);
  append(*journal, 3);
  compact_etcd();
  proxy.set_down(false);
  CHECK(waiter->wait(1, {60'000})->last == 4);
  append(*journal, 1);
  CHECK(waiter->wait(4, {60'000})->last == 5);
}

TEST_CASE("a link that stands still makes an append unknown by its deadline, and it is settled") {
  TcpProxy proxy(shared_etcd().port(0));
  EtcdTuning tuning;
  tuning.attempt_ms_max = tuning.call_ms_max = 1'000;
  const auto journal = handle("etcd://" + proxy.address() + "/still", tuning);
  REQUIRE(eventually([&] { return journal->open({incarnation_a}).has_value(); }));
  const std::vector<Entry> entries = entries_after(0, {}, 2);
  proxy.set_still(true);
  const auto lost = journal->append(0, entries, {300});
  REQUIRE_FALSE(lost);
  CHECK(lost.error().fault == JournalFault::unknown);
  CHECK(journal->head().error().fault == JournalFault::unavailable);
  proxy.set_still(false);
  // It waited on the way: it happens now, or never.
  JournalResult<Revision> again;
  REQUIRE(eventually([&] {
    again = journal->append(0, entries, {300});
    return again || again.error().fault == JournalFault::conflict;
  }));
  CHECK(eventually([&] {
    const auto there = journal->read(0, 10, 100'000);
    return there && *there == entries;
  }));
}

TEST_CASE("reads of commits of a megabyte come in answers that can be taken") {
  const auto journal = opened(url_of("large"), patient());  // tens of megabytes an answer
  Revision last = 0;
  Digest digest;
  for (int i = 0; i < 40; ++i) {
    const std::vector<Entry> entry = {
        entry_after(last, digest, commit_of(Bytes(990'000, static_cast<char>('a' + i % 26))))};
    REQUIRE(journal->append(last, entry, {}));
    last = entry.front().revision;
    digest = entry.front().digest;
  }
  CHECK(journal->read(0, 1000, 100'000'000)->size() == 40);
  CHECK(journal->read(0, 1000, 5'000'000)->size() == 5);
  shared_etcd().ctl("del --prefix /large/");
  compact_etcd();
}

TEST_CASE("G1: kill -9 of etcd itself under a loop of appends loses nothing acknowledged") {
  EtcdCluster etcd(1);
  const std::string url = "etcd://" + etcd.endpoint(0) + "/killed";
  const auto journal = opened(url);
  std::vector<Entry> acked;
  for (int round = 0; round < 3; ++round) {
    std::atomic<int> done{0};
    std::atomic<bool> over{false};  // an append may be too late without a kill as well
    std::jthread killer([&] {
      while (done < 5 + 7 * round && !over) std::this_thread::yield();
      etcd.kill(0);
    });
    for (;;) {
      const std::vector<Entry> next =
          acked.empty() ? entries_after(0, {}, 1)
                        : entries_after(acked.back().revision, acked.back().digest, 1);
      if (!journal->append(next.front().revision - 1, next, {500})) break;
      acked.push_back(next.front());
      ++done;
    }
    over = true;
    killer.join();
    etcd.restart(0);
    REQUIRE(etcd.ready(etcd.endpoint(0)));
    auto there = journal->read(0, 100'000, 100'000'000);
    REQUIRE(there);
    REQUIRE(there->size() >= acked.size());
    CHECK(std::equal(acked.begin(), acked.end(), there->begin()));
    CHECK(there->size() <= acked.size() + 1);
    acked = std::move(*there);
  }
}

TEST_CASE("etcd with users lets in who has the right password and says why it lets in no other") {
  EtcdCluster etcd(1);
  for (const char* each :
       {"user add root:r00t", "user grant-role root root", "user add mill:s3cret", "role add mill",
        "role grant-permission mill --prefix=true readwrite /prod/", "user grant-role mill mill",
        "auth enable"})
    etcd.ctl(each);
  TempDir folder;
  std::ofstream(folder / "right") << "s3cret\n";
  std::ofstream(folder / "wrong") << "guess\n";
  const std::string base = "etcd://" + etcd.endpoint(0);
  // etcd hashes passwords slowly.
  const auto journal =
      opened(base + "/prod?user=mill&password-file=" + (folder / "right"), patient());
  append(*journal, 3);
  CHECK(journal->wait(0, {30'000})->last == 3);
  const auto why = [&](const std::string& rest) {
    const auto head = handle(base + rest, patient())->open({incarnation_a});
    REQUIRE_FALSE(head);
    CHECK(head.error().fault == JournalFault::unavailable);
    CHECK(head.error().message.find("s3cret") == std::string::npos);
    CHECK(head.error().message.find("guess") == std::string::npos);
    return head.error().message;
  };
  CHECK(why("/prod").find("wants a user") != std::string::npos);
  CHECK(why("/prod?user=mill&password-file=" + (folder / "wrong")).find("does not accept") !=
        std::string::npos);
  CHECK(why("/other?user=mill&password-file=" + (folder / "right")).find("may not") !=
        std::string::npos);
  CHECK(why("/prod?user=mill&password-file=" + (folder / "none")).find("cannot read the file") !=
        std::string::npos);
  // Its tokens are forgotten with it: the next call logs in again.
  etcd.restart(0);
  REQUIRE(eventually([&] { return journal->head().has_value(); }));
  append(*journal, 1);
}

TEST_CASE("etcd behind TLS is reached with its certificate authority and with no other") {
  TempDir folder;
  const std::string make =
      "cd " + folder.path().string() +
      " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
      " -keyout key.pem -out cert.pem -subj /CN=etcd -addext subjectAltName=IP:127.0.0.1"
      " >/dev/null 2>&1 && cp cert.pem other.pem && openssl req -x509 -newkey ec -pkeyopt"
      " ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout k2.pem -out other.pem -subj /CN=other"
      " >/dev/null 2>&1";
  REQUIRE(std::system(make.c_str()) == 0);
  const int port = unused_port();
  const std::string at = "https://127.0.0.1:" + std::to_string(port);
  const std::string peer = "http://127.0.0.1:" + std::to_string(unused_port());
  Process etcd({"/usr/bin/etcd",
                "--data-dir",
                folder / "data",
                "--name",
                "n0",
                "--listen-client-urls",
                at,
                "--advertise-client-urls",
                at,
                "--listen-peer-urls",
                peer,
                "--initial-advertise-peer-urls",
                peer,
                "--initial-cluster",
                "n0=" + peer,
                "--cert-file",
                folder / "cert.pem",
                "--key-file",
                folder / "key.pem",
                "--logger",
                "zap",
                "--log-level",
                "warn"},
               folder / "log");
  const std::string base = "etcd://127.0.0.1:" + std::to_string(port) + "/secure";
  const std::string url = base + "?ca=" + (folder / "cert.pem");
  INFO(etcd.log());
  REQUIRE(eventually([&] { return handle(url)->open({incarnation_a}).has_value(); }));
  append(*opened(url), 2);
  for (const std::string& wrong : {base + "?ca=" + (folder / "other.pem"), base})
    CHECK(handle(wrong)->open({incarnation_a}).error().fault == JournalFault::unavailable);
}

}  // namespace millrace::journal
