// The http driver of the journal before servers that answer wrongly, endlessly or not at all: what
// it believes, and how long and how much it waits for.
#include <atomic>
#include <functional>

#include "journal/http.hpp"
#include "journal/http_wire.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/talk_server.hpp"

using namespace millrace;
using namespace millrace::journal;
using statekit::Bytes;
using statekit::Entry;
using statekit::Head;
using statekit::JournalFault;
using test::TalkServer;

namespace {

struct Asked {
  std::string method, target;
};

constexpr int silence = 0;

// Status, headers and body for each request.
struct Said {
  int status = 200;
  std::string headers = {};
  std::string body = {};
};

TalkServer::Talk answering(const std::function<Said(const Asked&)>& answer) {
  return [answer](TalkServer::Link& link) {
    for (;;) {
      std::string request;
      while (request.find("\r\n\r\n") == std::string::npos) {
        const std::string more = link.receive();
        if (more.empty()) return;
        request += more;
      }
      const std::size_t space = request.find(' ');
      const Said said =
          answer({request.substr(0, space),
                  request.substr(space + 1, request.find(' ', space + 1) - space - 1)});
      if (said.status == silence) {
        while (!link.receive().empty()) {
        }
        return;
      }
      if (!link.send("HTTP/1.1 " + std::to_string(said.status) + " x\r\n" + said.headers +
                     "content-length: " + std::to_string(said.body.size()) + "\r\n\r\n" +
                     said.body))
        return;
    }
  };
}

Said head_said(const Head& head) {
  return {200, "etag: " + http::etag_of(head) + "\r\n", http::head_json(head)};
}

const Head empty{test::incarnation_a, 1, 0, {}, {}};

// A journal that was opened at a server which answers the head to that and then as it likes.
struct Opened {
  TalkServer server;
  std::unique_ptr<statekit::Journal> journal;

  Opened(const Head& head, const std::function<Said(const Asked&)>& answer, HttpTuning tuning = {})
      : server(answering([head, answer](const Asked& asked) {
          const bool opens = asked.method == "GET" && asked.target.ends_with("/journal");
          return opens ? head_said(head) : answer(asked);
        })) {
    auto address = parse_http_url("http://" + server.address() + "/v1/workspaces/w");
    REQUIRE(address);
    journal = make_http_journal(*address, tuning);
    REQUIRE(journal->open({test::incarnation_a}));
  }
  JournalFault append() {
    const auto done = journal->append(0, test::entries_after(empty, 1), {2'000});
    REQUIRE_FALSE(done);
    return done.error().fault;
  }
};

Head after_one() {
  const Entry entry = test::entries_after(empty, 1).front();
  return {test::incarnation_a, 1, 1, {}, entry.digest};
}

}  // namespace

TEST_CASE("G1: an append that something in between answers is unknown and not stored") {
  const std::string page = "<html>Please log in to this network</html>";
  for (const Said& said : {Said{200, "content-type: text/html\r\n", page}, Said{204}, Said{200},
                           head_said(empty), Said{502, {}, page}, Said{504}}) {
    Opened one(empty, [&](const Asked&) { return said; });
    CAPTURE(said.status, said.body);
    CHECK(one.append() == JournalFault::unknown);
  }
  Head other = after_one();
  other.digest = statekit::sha256("another");
  Opened forked(empty, [&](const Asked&) { return head_said(other); });
  CHECK(forked.append() == JournalFault::unknown);
  // Said by the server of the protocol: it happened, even if the head is further on by now.
  Head later = after_one();
  later.last = 7;
  for (const Head& head : {after_one(), later}) {
    Opened good(empty, [&](const Asked&) { return head_said(head); });
    CHECK(good.journal->append(0, test::entries_after(empty, 1), {}) == 1);
  }
}

TEST_CASE("a conflict that contradicts itself ends, and is no endless round") {
  std::atomic<int> asked = 0;
  Opened one(empty, [&](const Asked&) {
    ++asked;
    Said said = head_said(empty);
    said.status = 412;
    return said;
  });
  CHECK(one.append() == JournalFault::unavailable);
  CHECK(asked < 10);
  Opened bare(empty, [](const Asked&) { return Said{412}; });
  CHECK(bare.append() == JournalFault::unavailable);
}

TEST_CASE("entries that something in between answers are not there, and are no damage") {
  Opened one(after_one(), [](const Asked&) { return Said{200, {}, "<html></html>"}; });
  CHECK(one.journal->read(0, 10, 1'000).error().fault == JournalFault::unavailable);
}

TEST_CASE("entries that are not those of the journal are damage, with the first bad revision") {
  const auto fault = [](const std::vector<Entry>& given) {
    Head head = after_one();
    head.last = 3;
    Opened one(head, [&](const Asked&) {
      return Said{200, "etag: " + http::etag_of(head) + "\r\n", http::frame_entries(given)};
    });
    const auto read = one.journal->read(0, 10, 1'000'000);
    REQUIRE_FALSE(read);
    CHECK(read.error().fault == JournalFault::corrupt);
    return read.error().revision;
  };
  const auto whole = test::entries_after(empty, 3);
  std::vector<Entry> changed = whole;
  changed[1].commit = test::commit_of("another");
  CHECK(fault(changed) == 2);
  CHECK(fault({whole[1], whole[2]}) == 1);            // the first is kept back
  CHECK(fault({whole[0], whole[0], whole[1]}) == 2);  // one comes twice
  CHECK(fault({}) == 1);                              // there is more, it says, and gives none
}

TEST_CASE("G8: a snapshot without an end is given up") {
  HttpTuning tuning;
  tuning.snapshot_bytes_max = 2'000'000;
  const std::string headers =
      "millrace-revision: 1\r\nmillrace-digest: " + hex(after_one().digest) +
      "\r\nmillrace-more: true\r\n";
  for (const std::size_t octets : {std::size_t{1'000'000}, std::size_t{0}}) {
    Bytes parts;
    for (int i = 0; i < (octets == 0 ? 500'000 : 4); ++i)
      http::frame_part(parts, Bytes(octets, 'x'));
    Opened one(
        after_one(),
        [&](const Asked&) {
          return Said{200, headers, parts};
        },
        tuning);
    auto reader = one.journal->load_snapshot(1);
    REQUIRE(reader);
    REQUIRE(*reader);
    statekit::JournalResult<std::optional<Bytes>> part = std::nullopt;
    int count = 0;
    do part = (*reader)->next();
    while (part && *part && ++count < 5'000'000);
    REQUIRE_FALSE(part);
    CHECK(part.error().message.find("has no end") != std::string::npos);
  }
}

TEST_CASE("a snapshot that something in between takes is not saved") {
  Opened one(after_one(), [](const Asked&) { return Said{203, {}, "thank you"}; });
  const auto saved = one.journal->save_snapshot(test::source_of(1, after_one().digest, {"a", "b"}));
  REQUIRE_FALSE(saved);
  CHECK(saved.error().fault == JournalFault::unavailable);
}

TEST_CASE("a server that takes a request and says nothing is waited for until the deadline") {
  HttpTuning tuning;
  tuning.call_ms_max = 200;
  Opened one(
      empty, [](const Asked&) { return Said{silence}; }, tuning);
  const auto done = one.journal->append(0, test::entries_after(empty, 1), {200});
  REQUIRE_FALSE(done);
  CHECK(done.error().fault == JournalFault::unknown);
  CHECK(one.journal->load_snapshot(1).error().fault == JournalFault::unavailable);
}
