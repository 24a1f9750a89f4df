#include <chrono>
#include <set>
#include <thread>

#include "cli/conformance/conformance.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t racers = 8;
constexpr int expiry_polls_max = 150;
constexpr auto expiry_poll = std::chrono::milliseconds(100);

void held(Probe& probe) {
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({423}, "LOCK", probe.state(), lock_info("two"));
}

void holder(Probe& probe) {
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  const auto answer = probe.want({423}, "LOCK", probe.state(), lock_info("two"));
  const auto says = [&](const char* member, const std::string& value) {
    probe.expect(Probe::member(answer, member) == value,
                 "the holder's LockInfo with " + std::string(member) + " " + value, answer.body);
  };
  says("ID", "one");
  says("Who", "conformance@one");
  says("Operation", "OperationTypeApply");
  says("Created", "2026-01-02T03:04:05Z");
}

void retried(Probe& probe) {
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({423}, "LOCK", probe.state(), lock_info("two"));
  probe.want({200}, "UNLOCK", probe.state(), lock_info("one"));
  probe.want({200}, "LOCK", probe.state(), lock_info("two"));
}

void wrong_id(Probe& probe) {
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({409}, "UNLOCK", probe.state(), lock_info("two"));
  probe.want({423}, "LOCK", probe.state(), lock_info("two"));
}

void unlocked_again(Probe& probe) {
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({200}, "UNLOCK", probe.state(), lock_info("one"));
  probe.want({200}, "UNLOCK", probe.state(), lock_info("one"));
}

void malformed(Probe& probe) {
  for (const char* body : {"", "{", "[]", "{}", R"({"ID":""})", R"({"ID":1})"})
    probe.want({400}, "LOCK", probe.state(), body);
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({400}, "UNLOCK", probe.state(), "{");
  probe.want({423}, "LOCK", probe.state(), lock_info("two"));
}

void write_without(Probe& probe) {
  probe.want({200, 201}, "POST", probe.state(), "before");
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    const auto answer =
        probe.want({423}, method, probe.state(), std::string(method) == "DELETE" ? "" : "after");
    probe.expect(Probe::member(answer, "ID") == "one", "the holder's LockInfo", answer.body);
  }
  probe.want_body(probe.state(), "before");
}

void write_with_wrong(Probe& probe) {
  probe.want({200, 201}, "POST", probe.state(), "before");
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({409}, "POST", probe.state() + "?ID=two", "after");
  probe.want({409}, "DELETE", probe.state() + "?ID=two");
  probe.want_body(probe.state(), "before");
}

void write_with(Probe& probe) {
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({200, 201}, "POST", probe.state() + "?ID=one", "mine");
  probe.want_body(probe.state(), "mine");
  probe.want({200}, "DELETE", probe.state() + "?ID=one");
  probe.want_none(probe.state());
}

void write_with_lost(Probe& probe) {
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({200, 201}, "POST", probe.state() + "?ID=one", "mine");
  probe.want({200}, "UNLOCK", probe.state());
  probe.want({409}, "POST", probe.state() + "?ID=one", "late");
  probe.want({200}, "LOCK", probe.state(), lock_info("two"));
  probe.want({409}, "POST", probe.state() + "?ID=one", "later");
  probe.want_body(probe.state(), "mine");
}

void checksum(Probe& probe) {
  const std::vector<httpkit::Header> of_nothing = {{"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="}};
  probe.want({400}, "LOCK", probe.state(), lock_info("one"), of_nothing);
  probe.want({200}, "LOCK", probe.state(), lock_info("two"));
  probe.want({400}, "UNLOCK", probe.state(), lock_info("two"), of_nothing);
  probe.want({423}, "LOCK", probe.state(), lock_info("one"));
}

void makes_no_workspace(Probe& probe) {
  probe.want({409}, "POST", probe.state() + "?ID=one", "late");
  probe.want({404}, "GET", probe.workspace());
}

void forced(Probe& probe) {
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({200}, "UNLOCK", probe.state());
  probe.want({200}, "LOCK", probe.state(), lock_info("two"));
  probe.want({409}, "UNLOCK", probe.state(), R"({"ID":"one"})");
  probe.want({200}, "UNLOCK", probe.state(), R"({"ID":"two"})");
  probe.want({200}, "LOCK", probe.state(), lock_info("three"));
  const auto audit = probe.want({200}, "GET", probe.workspace() + "/audit");
  std::size_t times = 0;
  for (std::size_t at = audit.body.find("force-unlock"); at != std::string::npos;
       at = audit.body.find("force-unlock", at + 1))
    ++times;
  probe.expect(times == 2, "two force-unlocks in the audit", audit.body);
}

void without_lock_method(Probe& probe) {
  const std::string lock = probe.workspace() + "/lock";
  probe.want({200}, "POST", lock, lock_info("one"));
  probe.want({423}, "PUT", lock, lock_info("two"));
  probe.want({423}, "LOCK", probe.state(), lock_info("two"));
  probe.want({409}, "DELETE", lock, lock_info("two"));
  probe.want({200}, "DELETE", lock, lock_info("one"));
  probe.want({200}, "LOCK", probe.state(), lock_info("two"));
}

void listed(Probe& probe) {
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  for (const std::string& path : {probe.workspace() + "/locks", std::string("/v1/locks")}) {
    const auto answer = probe.want({200}, "GET", path);
    probe.expect(answer.body.find("conformance@one") != std::string::npos &&
                     answer.body.find(probe.name()) != std::string::npos,
                 "the lock and its workspace in " + path, answer.body);
  }
}

void raced(Probe& probe) {
  const auto answers = probe.at_once(racers, "LOCK", probe.state(),
                                     [](std::size_t i) { return lock_info(std::to_string(i)); });
  std::size_t won = 0, refused = 0;
  std::set<std::string> holders;
  for (const auto& answer : answers) {
    won += answer.status == 200 ? 1 : 0;
    refused += answer.status == 423 ? 1 : 0;
    if (answer.status == 423) holders.insert(Probe::member(answer, "ID"));
  }
  probe.expect(won == 1 && refused == racers - 1, "one 200 and seven 423 in a race of eight",
               std::to_string(won) + " times 200, " + std::to_string(refused) + " times 423");
  probe.expect(holders.size() == 1, "one holder in all refusals",
               std::to_string(holders.size()) + " of them");
}

// Two locks of one second, one renewed for longer. When the first is over the second must not be.
void expires(Probe& probe) {
  probe.want({400}, "LOCK", probe.state() + "?ttl=0", lock_info("one"));
  probe.want({200}, "LOCK", probe.state("-b") + "?ttl=1", lock_info("one"));
  probe.want({200}, "LOCK", probe.state("-b") + "?ttl=600", lock_info("one"));
  const auto begun = Probe::now_ms();
  probe.want({200}, "LOCK", probe.state() + "?ttl=1", lock_info("one"));
  auto answer = probe.want({200, 423}, "LOCK", probe.state(), lock_info("two"));
  probe.expect(answer.status == 423 || Probe::now_ms() - begun >= 1'000,
               "423 before the second is over", answer.body);
  for (int i = 0; i < expiry_polls_max && answer.status == 423; ++i) {
    std::this_thread::sleep_for(expiry_poll);
    answer = probe.want({200, 423}, "LOCK", probe.state(), lock_info("two"));
  }
  probe.expect(answer.status == 200, "a lock of one second ends within fifteen", answer.body);
  probe.want({409}, "POST", probe.state() + "?ID=one", "late");
  probe.want({423}, "LOCK", probe.state("-b"), lock_info("two"));
}

}  // namespace

std::vector<ConformanceCase> lock_cases() {
  return {
      {"lock.refused-while-held", "LOCK by another is 423.", held},
      {"lock.typed-holder", "The refusal is the holder's LockInfo.", holder},
      {"lock.retry-idempotent", "LOCK with the same ID is 200, and one UNLOCK ends it.", retried},
      {"lock.wrong-id-refused", "UNLOCK with another ID is 409 and changes nothing.", wrong_id},
      {"lock.unlock-idempotent", "UNLOCK when nothing is held is 200.", unlocked_again},
      {"lock.malformed-refused", "A LockInfo that does not parse is 400.", malformed},
      {"lock.write-without-id", "A write without the ID is 423 with the holder.", write_without},
      {"lock.write-with-wrong-id", "A write with another ID is 409.", write_with_wrong},
      {"lock.write-with-id", "A write with the ID is taken.", write_with},
      {"lock.write-with-lost-id", "A write with the ID of a lock that is gone is 409.",
       write_with_lost},
      {"lock.checksum", "A LockInfo with a wrong Content-MD5 is 400 and changes nothing.",
       checksum},
      {"lock.makes-no-workspace", "A write with an ID where no workspace is makes none.",
       makes_no_workspace},
      {"lock.forced", "No body, or the ID alone, forces the lock and is on record.", forced},
      {"lock.without-lock-method", "POST and DELETE of /lock do the same.", without_lock_method},
      {"lock.listed", "Who holds what can be read.", listed},
      {"lock.raced", "Of eight at once exactly one gets the lock.", raced},
      {"lock.expires", "A lock with a time to live ends, unless it is renewed.", expires},
  };
}

}  // namespace millrace::cli
