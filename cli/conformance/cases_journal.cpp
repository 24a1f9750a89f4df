// The rules of the journal protocol (docs/http-journal.md).
#include <utility>

#include "cli/conformance/conformance.hpp"
#include "cli/conformance/journal_probe.hpp"

namespace millrace::cli {

using namespace journal_probe;

namespace {

void made_once(Probe& probe) {
  probe.want({404}, "GET", journal(probe));
  const Head empty = make(probe);
  probe.expect(empty == Head{incarnation, 1, 0, {}, {}},
               "an empty journal of the incarnation given", wire::head_json(empty));
  append(probe, empty, entries_after(empty, {"one"}));
  const Head again =
      head_of(probe, probe.want({200}, "PUT", journal(probe) + "?incarnation=" + another));
  probe.expect(again.incarnation == incarnation && again.last == 1, "the journal that is there",
               wire::head_json(again));
  probe.want({400}, "PUT", journal(probe) + "?incarnation=short");
}

void appended(Probe& probe) {
  Head at = make(probe);
  Bytes octets;
  for (int i = 0; i < 256; ++i) octets += static_cast<char>(i);
  Entries all = entries_after(at, {"one", "", octets});
  at = append(probe, at, all);
  probe.expect(at.last == 3 && at.digest == all.back().digest, "a head at revision 3",
               wire::head_json(at));
  const Entries more = entries_after(at, {"four"});
  append(probe, at, more);
  all.insert(all.end(), more.begin(), more.end());
  want_entries(probe, "after=0", all);
}

void stale(Probe& probe) {
  const Head empty = make(probe);
  const Entries first = entries_after(empty, {"first", "again"});
  const Head at = append(probe, empty, first);
  const auto refused = send(probe, {412}, empty, entries_after(empty, {"second"}));
  const Head told = head_of(probe, refused);
  probe.expect(told == at, "412 with the head as it is", wire::head_json(told));
  Head other = at;
  other.digest = first.front().digest;
  send(probe, {412}, other, entries_after(other, {"second"}));
  want_entries(probe, "after=0", first);
}

void sent_twice(Probe& probe) {
  const Head empty = make(probe);
  const Entries entries = entries_after(empty, {"once", "only"});
  append(probe, empty, entries);
  send(probe, {412}, empty, entries);
  want_entries(probe, "after=0", entries);
}

void needs_match(Probe& probe) {
  const Head empty = make(probe);
  probe.want({428}, "POST", journal(probe) + "/entries",
             wire::frame_entries(entries_after(empty, {"one"})));
  want_entries(probe, "after=0", {});
}

void refused(Probe& probe) {
  const Head empty = make(probe);
  send(probe, {400, 422}, empty, {});
  Entries gap = entries_after(empty, {"one", "two", "three"});
  gap.erase(gap.begin() + 1);
  send(probe, {400, 422}, empty, gap);
  const Bytes cut = wire::frame_entries(entries_after(empty, {"one"}));
  probe.want({400, 422}, "POST", journal(probe) + "/entries", cut.substr(0, cut.size() - 1),
             {{"If-Match", wire::etag_of(empty)}});
  want_entries(probe, "after=0", {});
}

void limits(Probe& probe) {
  Head at = make(probe);
  const std::size_t frame = entries_after(at, {Bytes(900'000, 'x')})[0].commit.size() - 900'000;
  const Entries largest = entries_after(at, {Bytes(1'000'000 - frame, 'x')});
  at = append(probe, at, largest);
  send(probe, {413}, at, entries_after(at, {Bytes(1'000'001 - frame, 'x')}));
  send(probe, {413}, at, entries_after(at, std::vector<Bytes>(65, "x")));
  append(probe, at, entries_after(at, std::vector<Bytes>(64, "x")));
  want_entries(probe, "after=0&limit=1", largest);
}

void raced(Probe& probe) {
  const Head empty = make(probe);
  std::vector<Entries> each;
  for (int i = 0; i < 8; ++i) each.push_back(entries_after(empty, {std::to_string(i), "of eight"}));
  std::vector<Probe::Sent> requests;
  for (const Entries& entries : each) requests.push_back(appending(probe, empty, entries));
  const auto answers = probe.together(requests);
  std::size_t won = 0, winner = 0;
  for (std::size_t i = 0; i < answers.size(); ++i)
    if (answers[i].status == 200) {
      ++won;
      winner = i;
    }
  probe.expect(won == 1, "one of 8 appends at the same place is taken", std::to_string(won));
  want_entries(probe, "after=0", each[winner]);
}

void batch_whole(Probe& probe) {
  Head at = make(probe);
  for (int round = 0; round < 6; ++round) {
    const Entries batch = entries_after(at, std::vector<Bytes>(64, "x"));
    std::vector<Probe::Sent> requests(16, Probe::Sent{"GET", journal(probe), {}, {}});
    requests.insert(requests.begin() + 4, appending(probe, at, batch));
    for (const Response& each : probe.together(requests)) {
      if (each.status == 0) continue;
      const auto seen = wire::parse_head(each.body);
      probe.expect(seen && seen->last % 64 == 0, "a head at the end of a batch of 64",
                   each.body.substr(0, 200));
    }
    at = head(probe);
    probe.expect(at.last == 64U * static_cast<unsigned>(round + 1), "the batch is there",
                 wire::head_json(at));
  }
}

void read_limits(Probe& probe) {
  const Entries all = ten(probe);
  if (probe.failed()) return;
  const std::size_t size = all[0].commit.size();
  want_entries(probe, "after=0&limit=3", {all.begin(), all.begin() + 3});
  want_entries(probe, "after=4&limit=100&bytes=" + std::to_string(2 * size),
               {all.begin() + 4, all.begin() + 6});
  want_entries(probe, "after=7&bytes=1", {all.begin() + 7, all.begin() + 8});
  want_entries(probe, "after=10", {});
  want_entries(probe, "after=11", {});
}

void waited(Probe& probe) {
  const Entries all = ten(probe);
  if (probe.failed()) return;
  const auto begun = Probe::now_ms();
  const Head at =
      head_of(probe, probe.want({200}, "GET", journal(probe) + "?after=10&wait_ms=300"));
  probe.expect(Probe::now_ms() - begun >= 290, "no answer before 300 ms while nothing is new",
               "one after " + std::to_string(Probe::now_ms() - begun) + " ms");
  probe.expect(at.last == 10, "the head at the deadline", wire::head_json(at));
  probe.want({200}, "GET", journal(probe) + "?after=9&wait_ms=20000");
}

void woken(Probe& probe) {
  Head at = make(probe);
  // Some wait and one appends, a few times over: which of them is first cannot be known.
  for (int round = 0; round < 4 && !probe.failed(); ++round) {
    const Entries one = entries_after(at, {"wake"});
    std::vector<Probe::Sent> requests(
        8, {"GET", journal(probe) + "?after=" + std::to_string(at.last) + "&wait_ms=3000", {}, {}});
    requests.push_back(appending(probe, at, one));
    const auto begun = Probe::now_ms();
    const auto answers = probe.together(requests);
    const auto took = Probe::now_ms() - begun;
    probe.expect(took < 2'700, "who waits is told of an append at once",
                 "an answer after " + std::to_string(took) + " ms");
    for (const Response& each : answers) {
      const auto seen = wire::parse_head(each.body);
      probe.expect(seen && seen->last > at.last, "the head after the append",
                   each.body.substr(0, 200));
    }
    at.last = one.back().revision;
    at.digest = one.back().digest;
  }
}

void snapshots(Probe& probe) {
  const Entries all = ten(probe);
  if (probe.failed()) return;
  want_no_snapshot(probe, 10);
  const Bytes three = parts({"a", Bytes(5'000, '\0'), ""}), six = parts({"six"});
  save(probe, all[5], "u6", six);
  save(probe, all[2], "u3", three);
  want_snapshot(probe, 5, 3, three);
  want_snapshot(probe, 6, 6, six);
  want_snapshot(probe, 100, 6, six);
  want_no_snapshot(probe, 2);
  save(probe, all[5], "u7", parts({"again"}));
  want_snapshot(probe, 6, 6, parts({"again"}));
}

void snapshot_in_messages(Probe& probe) {
  const Entries all = ten(probe);
  if (probe.failed()) return;
  const Entry& at = all[3];
  const auto put = [&](std::size_t from, bool last) {
    return snapshot(probe, at.revision, at.digest, "many", from, last);
  };
  probe.want({202}, "PUT", put(0, false), parts({"a", "b"}));
  want_no_snapshot(probe, 10);
  probe.want({200}, "PUT", put(2, true), parts({"c"}));
  want_snapshot(probe, 10, 4, parts({"a", "b", "c"}));
}

void snapshot_out_of_order(Probe& probe) {
  const Entries all = ten(probe);
  if (probe.failed()) return;
  const Entry& at = all[3];
  probe.want({409}, "PUT", snapshot(probe, at.revision, at.digest, "x", 1, true), parts({"b"}));
  want_no_snapshot(probe, 10);
}

void snapshot_refused(Probe& probe) {
  const Entries all = ten(probe);
  if (probe.failed()) return;
  probe.want({422}, "PUT", snapshot(probe, 3, all[1].digest, "x", 0, true), parts({"x"}));
  probe.want({422}, "PUT", snapshot(probe, 11, all[9].digest, "y", 0, true), parts({"x"}));
  want_no_snapshot(probe, 100);
}

void beginning(Probe& probe) {
  const Head empty = make(probe);
  const Entries all = entries_after(empty, std::vector<Bytes>(5, "elsewhere"));
  save(probe, all[4], "restore", parts({"five"}));
  const Head at = head(probe);
  probe.expect(at == Head{incarnation, 6, 5, all[4].digest, all[4].digest},
               "a journal that begins after the snapshot", wire::head_json(at));
  append(probe, at, entries_after(at, {"six"}));
}

void compacted(Probe& probe) {
  const Entries all = ten(probe);
  if (probe.failed()) return;
  const auto compact = [&](std::initializer_list<int> wanted, Revision up_to) {
    return probe.want(wanted, "POST", journal(probe) + "/compact?up_to=" + std::to_string(up_to));
  };
  compact({422}, 4);
  want_entries(probe, "after=0", all);
  for (const std::size_t at : {2, 5, 8})
    save(probe, all[at - 1], "u" + std::to_string(at), parts({std::to_string(at)}));
  compact({200}, 6);
  const Head wanted{incarnation, 6, 10, all[4].digest, all[9].digest};
  probe.expect(head(probe) == wanted, wire::head_json(wanted), "another head");
  compact({200}, 6);
  compact({200}, 2);
  probe.expect(head(probe) == wanted, "the same head after compacting again", "another head");
  want_entries(probe, "after=5", {all.begin() + 5, all.end()});
  want_snapshot(probe, 7, 5, parts({"5"}));
  want_snapshot(probe, 10, 8, parts({"8"}));
  want_no_snapshot(probe, 4);
}

void gone(Probe& probe) {
  const Entries all = ten(probe);
  if (probe.failed()) return;
  save(probe, all[5], "u", parts({"x"}));
  probe.want({200}, "POST", journal(probe) + "/compact?up_to=6");
  const Head told = head_of(probe, probe.want({410}, "GET", journal(probe) + "/entries?after=2"));
  probe.expect(told.first == 7, "410 with the head, first 7", wire::head_json(told));
  probe.want({410}, "PUT", snapshot(probe, 3, all[2].digest, "old", 0, true), parts({"x"}));
}

// A server need not know it: then its head does not say it.
void filling(Probe& probe) {
  const std::string fill = "?fill=true";
  const auto made = probe.want({201}, "PUT", journal(probe) + fill + "&incarnation=" + incarnation);
  if (!wire::says_filling(made.body)) return;
  const Head empty = head_of(probe, made);
  const Entries one = entries_after(empty, {"one"});
  probe.want({409}, "GET", journal(probe));
  probe.want({409}, "GET", journal(probe) + "/entries?after=0");
  probe.want({409}, "PUT", journal(probe) + "?incarnation=" + another);
  send(probe, {409}, empty, one);
  probe.want({200}, "POST", journal(probe) + "/entries" + fill, wire::frame_entries(one),
             {{"If-Match", wire::etag_of(empty)}});
  const auto still = probe.want({200}, "GET", journal(probe) + fill);
  probe.expect(wire::says_filling(still.body), "a head that says filling", still.body);
  for (int again = 0; again < 2; ++again)
    probe.want({200}, "POST", journal(probe) + "/filled" + fill);
  want_entries(probe, "after=0", one);
  probe.want({422}, "PUT", journal(probe) + fill + "&incarnation=" + another);
}

void apart(Probe& probe) {
  const Head one = make(probe);
  append(probe, one, entries_after(one, {"mine"}));
  probe.want({404}, "GET", journal(probe, "-b"));
  const Head other = make(probe, "-b");
  probe.expect(other.last == 0, "an empty journal in another workspace", wire::head_json(other));
}

}  // namespace

std::vector<ConformanceCase> journal_cases() {
  return {
      {"journal.made-once", "PUT makes a journal once, and then answers with what is there.",
       made_once},
      {"journal.filling", "What is being filled, where that is known, is 409 for everybody else.",
       filling},
      {"journal.apart", "One workspace's journal is never seen by another.", apart},
      {"append.round-trip", "What was appended is read back, octet for octet.", appended},
      {"append.stale", "An append at another end than the journal's is 412 with the head.", stale},
      {"append.sent-twice", "The same append again is 412 and stores nothing twice.", sent_twice},
      {"append.needs-match", "An append without If-Match is 428.", needs_match},
      {"append.refused", "No entry, a gap or a frame that is cut off changes nothing.", refused},
      {"append.limits", "64 entries and 1,000,000 octets are taken, more is 413.", limits},
      {"append.raced", "Of several appends at one place one is taken.", raced},
      {"append.whole", "No head lies within a batch.", batch_whole},
      {"read.limits", "A read gives what fits both limits, at least one, from anywhere.",
       read_limits},
      {"read.compacted", "What was compacted away is 410 with the head.", gone},
      {"wait.deadline", "A wait ends at its deadline with the head, and not before.", waited},
      {"wait.woken", "A wait ends when somebody appends.", woken},
      {"snapshot.round-trip", "Several snapshots are kept, and the newest at most R is found.",
       snapshots},
      {"snapshot.in-messages", "A snapshot is seen only once its last message is there.",
       snapshot_in_messages},
      {"snapshot.out-of-order", "A message whose predecessors are not there is 409.",
       snapshot_out_of_order},
      {"snapshot.refused", "A snapshot with another digest than the journal's is 422.",
       snapshot_refused},
      {"snapshot.beginning", "An empty journal takes any snapshot as its beginning.", beginning},
      {"compact.keeps-tail", "Compacting keeps a snapshot, the later ones, and what follows.",
       compacted},
  };
}

}  // namespace millrace::cli
