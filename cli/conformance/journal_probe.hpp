// What the cases of the journal protocol have in common: how its requests are made and its answers
// read. Used by those cases. One thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/conformance/probe.hpp"
#include "journal/http_wire.hpp"
#include "statekit/envelope.hpp"

namespace millrace::cli::journal_probe {

namespace wire = journal::http;
using httpkit::Response;
using statekit::Bytes;
using statekit::Digest;
using statekit::Entry;
using statekit::Head;
using statekit::Revision;

inline constexpr const char* incarnation = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf";
inline constexpr const char* another = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf";
using Entries = std::vector<Entry>;

inline std::string journal(const Probe& probe, const std::string& suffix = {}) {
  return probe.workspace(suffix) + "/journal";
}

inline Head head_of(Probe& probe, const Response& response) {
  const auto head = wire::parse_head(response.body);
  if (!probe.failed()) {
    probe.expect(head.has_value(), "a head of a journal", response.body.substr(0, 200));
    if (head)
      probe.expect(Probe::etag(response) == wire::etag_of(*head), wire::etag_of(*head),
                   "the ETag " + Probe::etag(response));
  }
  return head ? *head : Head{};
}

inline Head make(Probe& probe, const std::string& suffix = {}) {
  return head_of(probe,
                 probe.want({201}, "PUT", journal(probe, suffix) + "?incarnation=" + incarnation));
}

inline Head head(Probe& probe) { return head_of(probe, probe.want({200}, "GET", journal(probe))); }

inline Entries entries_after(const Head& head, const std::vector<Bytes>& events) {
  Entries entries;
  Revision last = head.last;
  Digest digest = head.digest;
  for (const Bytes& event : events) {
    Entry entry{++last, statekit::encode({"conformance", {{event, false, {}}}}), {}};
    if (const auto next = statekit::chain(digest, last, entry.commit)) digest = *next;
    entry.digest = digest;
    entries.push_back(std::move(entry));
  }
  return entries;
}

inline Response send(Probe& probe, std::initializer_list<int> wanted, const Head& at,
                     const Entries& entries, const std::string& suffix = {}) {
  return probe.want(wanted, "POST", journal(probe, suffix) + "/entries",
                    wire::frame_entries(entries), {{"If-Match", wire::etag_of(at)}});
}

inline Head append(Probe& probe, const Head& at, const Entries& entries,
                   const std::string& suffix = {}) {
  return head_of(probe, send(probe, {200}, at, entries, suffix));
}

inline Probe::Sent appending(const Probe& probe, const Head& at, const Entries& entries) {
  return {"POST",
          journal(probe) + "/entries",
          wire::frame_entries(entries),
          {{"If-Match", wire::etag_of(at)}}};
}

inline void want_entries(Probe& probe, const std::string& query, const Entries& wanted,
                         const std::string& suffix = {}) {
  const auto answer = probe.want({200}, "GET", journal(probe, suffix) + "/entries?" + query);
  if (probe.failed()) return;
  const auto found = wire::parse_entries(answer.body);
  probe.expect(
      found && *found == wanted,
      std::to_string(wanted.size()) + " entries, as appended, for ?" + query,
      found ? std::to_string(found->size()) + " entries, or others" : found.error().message);
}

inline Entries ten(Probe& probe) {
  const Head at = make(probe);
  Entries entries = entries_after(at, std::vector<Bytes>(10, "ten"));
  append(probe, at, entries);
  return entries;
}

inline std::string snapshot(const Probe& probe, Revision revision, const Digest& digest,
                            const std::string& upload, std::size_t from, bool last) {
  return journal(probe) + "/snapshots/" + std::to_string(revision) + "?digest=" + hex(digest) +
         "&upload=" + upload + "&from=" + std::to_string(from) +
         "&last=" + (last ? "true" : "false");
}

inline Bytes parts(const std::vector<Bytes>& all) {
  Bytes octets;
  for (const Bytes& each : all) wire::frame_part(octets, each);
  return octets;
}

inline void save(Probe& probe, const Entry& at, const std::string& upload, const Bytes& octets) {
  probe.want({200}, "PUT", snapshot(probe, at.revision, at.digest, upload, 0, true), octets);
}

inline void want_snapshot(Probe& probe, Revision at_most, Revision revision, const Bytes& octets) {
  const auto answer =
      probe.want({200}, "GET", journal(probe) + "/snapshots?at_most=" + std::to_string(at_most));
  const auto is = httpkit::find_header(answer.headers, "millrace-revision").value_or("none");
  probe.expect(is == std::to_string(revision),
               "the snapshot at revision " + std::to_string(revision),
               "that at " + std::string(is));
  probe.expect(answer.body == octets, "its parts as they were sent",
               std::to_string(answer.body.size()) + " octets");
}

inline void want_no_snapshot(Probe& probe, Revision at_most) {
  probe.want({204}, "GET", journal(probe) + "/snapshots?at_most=" + std::to_string(at_most));
}

}  // namespace millrace::cli::journal_probe
