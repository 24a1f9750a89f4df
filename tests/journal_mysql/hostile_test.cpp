// The mysql driver before a server that is none, or one that somebody put in between: what it may
// take from us, how much it may make us hold, and that no call waits for it longer than it may.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <thread>

#include "journal/mysql.hpp"
#include "mysql/client.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/eventually.hpp"
#include "support/mysql_talk.hpp"
#include "support/temp_dir.hpp"

namespace millrace::journal::mysql {
namespace {

using statekit::JournalFault;
using test::MysqlTalk;
using test::TalkServer;

MysqlAddress address_of(const TalkServer& server) {
  auto address = parse_mysql_url("mysql://" + server.address() + "/millrace/w?user=millrace");
  REQUIRE(address);
  return *address;
}

// Why a journal cannot be opened there.
statekit::JournalError refused(const TalkServer::Talk& talk) {
  const TalkServer server(talk);
  const auto opened =
      make_mysql_journal(address_of(server))->open({test::incarnation_a, false, false});
  REQUIRE_FALSE(opened);
  return opened.error();
}

TalkServer::Talk serving(const std::function<bool(MysqlTalk&, const std::string&)>& answer) {
  return [answer](TalkServer::Link& link) {
    MysqlTalk talk(link);
    talk.serve([&](const std::string& statement) { return answer(talk, statement); });
  };
}

bool holds(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("G10: a server that asks for a file of ours in place of an answer gets none") {
  const test::TempDir folder;
  std::ofstream(folder / "secret") << "the secret of this machine";
  std::string got;
  std::atomic<int> asked = 0;
  const auto error = refused(serving([&](MysqlTalk& talk, const std::string&) {
    ++asked;
    if (!talk.packet("\xfb" + (folder / "secret"))) return false;
    while (const auto more = talk.next()) {
      got += *more;
      if (more->empty()) break;
    }
    return talk.ok();
  }));
  CHECK(asked > 0);
  CHECK(error.fault == JournalFault::unavailable);
  CHECK(got.find("secret") == std::string::npos);
}

TEST_CASE("G11: whatever a server says first, it gets an error and no crash") {
  std::string noise(70'000, '\0');
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * 131 + i / 251);
  const std::vector<std::string> greetings = {"",
                                              "\n",
                                              "SSH-2.0-OpenSSH_9.2\r\n",
                                              "HTTP/1.1 400 Bad Request\r\n\r\n",
                                              noise,
                                              std::string("\0\0\0\0", 4),
                                              std::string("\1\0\0\0\x0a", 5),
                                              std::string("\xff\xff\xff\0", 4) + noise,
                                              std::string("\x10\0\0\0\x0a"
                                                          "10.11\0\1\2\3\4salt",
                                                          20),
                                              std::string("\x09\0\0\0\xff\x10\x04"
                                                          "#08004",
                                                          13)};
  for (const std::string& greeting : greetings) {
    CAPTURE(greeting.substr(0, 40));
    const auto error = refused([&](TalkServer::Link& link) { link.send(greeting); });
    CHECK(error.fault == JournalFault::unavailable);
  }
}

TEST_CASE("G11: an answer that is none, or is cut off, is an error and no crash") {
  const std::vector<std::string> answers = {{},
                                            "\xff",
                                            "\xfe",
                                            std::string("\x01", 1),
                                            std::string("\xfc\xff\xff", 3),
                                            std::string("\xfd\xff\xff\xff", 4),
                                            std::string("\xff\x1a\x04#42S02the table is gone", 26),
                                            "garbage"};
  for (const std::string& answer : answers) {
    CAPTURE(answer);
    const auto error = refused(
        serving([&](MysqlTalk& talk, const std::string&) { return talk.packet(answer) && false; }));
    CHECK((error.fault == JournalFault::unavailable || error.fault == JournalFault::corrupt));
  }
  // Rows whose cells are longer than the row.
  const auto error = refused(serving([](MysqlTalk& talk, const std::string&) {
    return talk.columns(1) &&
           talk.packet(
               "\xfd\xff\xff\x7f"
               "few") &&
           talk.end_of_rows();
  }));
  CHECK(error.fault == JournalFault::unavailable);
}

TEST_CASE("G8: rows without an end, and one row without an end, are given up") {
  const std::string large(std::size_t{1} << 20, 'x');
  const auto endless = refused(serving([&](MysqlTalk& talk, const std::string&) {
    bool open = talk.columns(1);
    for (int i = 0; i < 200 && open; ++i) open = talk.packet(MysqlTalk::cells({large}));
    return open && talk.end_of_rows();
  }));
  CHECK(holds(endless.message, "no end"));
  // Rows that weigh nothing on the way weigh something here.
  const auto empty = refused(serving([&](MysqlTalk& talk, const std::string&) {
    bool open = talk.columns(1);
    std::string many;
    for (int i = 0; i < 2'000; ++i) many += talk.framed(MysqlTalk::cells({""}));
    for (int i = 0; i < 2'000 && open; ++i) open = talk.send(many);
    return open && talk.end_of_rows();
  }));
  CHECK(holds(empty.message, "no end"));
  const std::string full(0xff'ff'ff, 'x');
  const auto one = refused(serving([&](MysqlTalk& talk, const std::string&) {
    return talk.columns(1) && talk.packet(full) && talk.packet(full) && talk.packet("x") &&
           talk.end_of_rows();
  }));
  CHECK(one.fault == JournalFault::unavailable);
}

TEST_CASE("closing a client ends a connection that is still being greeted") {
  std::atomic<bool> asked = false;
  const TalkServer server([&](TalkServer::Link& link) {
    MysqlTalk talk(link);
    if (!talk.log_in() || !talk.next()) return;
    asked = true;
    talk.next();  // no answer, ever
  });
  MysqlTuning patient;
  patient.attempt_ms_max = patient.call_ms_max = 120'000;
  Client client(address_of(server), patient);
  std::atomic<bool> ended = false, answered = false;
  std::thread asking([&] {
    answered = client.ask(Sql("SELECT 1"), 120'000).has_value();
    ended = true;
  });
  CHECK(test::eventually([&] { return asked.load(); }));
  client.close();
  CHECK(test::eventually([&] { return ended.load(); }));
  asking.join();
  CHECK_FALSE(answered);
}

// The library closes its socket when it finds the connection lost. Whoever opens a file then gets
// its number, and the watcher may still be about to cut what it takes for this connection.
TEST_CASE("what is cut late is never another's connection") {
  const TalkServer server(serving([](MysqlTalk&, const std::string&) { return false; }));
  auto session = Session::connect(address_of(server), server.address(), {});
  REQUIRE(session);
  REQUIRE((*session)->greet({}));
  const auto lost = (*session)->run(Sql("SELECT 1"));
  REQUIRE_FALSE(lost);
  REQUIRE(lost.error().lost);
  std::array<std::array<int, 2>, 8> others{};
  for (auto& pair : others)
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
  (*session)->cut();
  for (auto& pair : others) {
    char octet = 'x';
    CHECK(send(pair[0], &octet, 1, MSG_NOSIGNAL) == 1);
    CHECK(recv(pair[1], &octet, 1, MSG_DONTWAIT) == 1);
    CHECK(send(pair[1], &octet, 1, MSG_NOSIGNAL) == 1);
    CHECK(recv(pair[0], &octet, 1, MSG_DONTWAIT) == 1);
    close(pair[0]);
    close(pair[1]);
  }
}

}  // namespace millrace::journal::mysql
