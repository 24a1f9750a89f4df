#include "services/schema/history.hpp"

#include <algorithm>
#include <limits>

#include "schema/change_codec.hpp"
#include "statekit/commit_codec.hpp"
#include "statekit/machine_parts.hpp"
#include "statekit/snapshot.hpp"

namespace millrace::schema_service {

using schema::ChangeCodec;
using statekit::Bytes;
using statekit::Code;
using statekit::Entry;
using statekit::fail;
using statekit::Head;
using statekit::Journal;
using statekit::JournalResult;
using statekit::Result;
using statekit::Status;
using statekit::within;

namespace {

constexpr std::size_t read_entries = 256;
constexpr std::size_t read_bytes = std::size_t{8} << 20;

tl::unexpected<statekit::Error> failed(const char* doing, const statekit::JournalError& error) {
  return fail(within(doing, to_error(error)));
}

Result<schema::Commit> decode(const Entry& entry) {
  const Result<statekit::Envelope> envelope = statekit::decode_envelope(entry.commit);
  if (!envelope) return fail(envelope.error());
  return statekit::from_envelope<ChangeCodec>(entry.revision, *envelope);
}

Status load(Journal& journal, Revision at_most, State& state) {
  Result<std::optional<std::vector<Bytes>>> parts = statekit::read_snapshot(journal, at_most);
  if (!parts) return fail(within("reading a stored snapshot", std::move(parts.error())));
  if (!*parts) return {};
  auto decoded = statekit::decode_snapshot_parts<ChangeCodec>(std::move(**parts));
  if (!decoded) return fail(std::move(decoded.error()));
  state.restore(decoded->snapshot);
  return {};
}

Status catch_up(Journal& journal, Revision revision, State& state) {
  while (state.revision() < revision) {
    const std::size_t count = std::min<std::size_t>(read_entries, revision - state.revision());
    const auto entries = journal.read(state.revision(), count, read_bytes);
    if (!entries) return failed("reading the journal", entries.error());
    if (entries->empty()) return fail(Code::internal, "the journal ends before its head");
    for (const Entry& entry : *entries) {
      const Result<schema::Commit> commit = decode(entry);
      if (!commit) return fail(commit.error());
      state.apply(*commit);
    }
  }
  return {};
}

}  // namespace

Result<State> state_at(Journal& journal, Revision revision) {
  const JournalResult<Head> head = journal.head();
  if (!head) return failed("reading the journal's head", head.error());
  if (revision > head->last)
    return fail(Code::not_found, "there is no revision " + std::to_string(revision) +
                                     " yet: the newest is " + std::to_string(head->last));
  State state;
  if (Status loaded = load(journal, revision, state); !loaded) return fail(loaded.error());
  if (state.revision() + 1 < head->first)
    return fail(Code::out_of_range, "revision " + std::to_string(revision) +
                                        " is no longer kept: the oldest is " +
                                        std::to_string(head->first - 1));
  if (Status caught_up = catch_up(journal, revision, state); !caught_up)
    return fail(within("rebuilding revision " + std::to_string(revision), caught_up.error()));
  return state;
}

Result<JournalReach> reach_of(Journal& journal) {
  const JournalResult<Head> head = journal.head();
  if (!head) return failed("reading the journal's head", head.error());
  const auto newest = journal.load_snapshot(std::numeric_limits<Revision>::max());
  if (!newest) return failed("looking for stored snapshots", newest.error());
  return JournalReach{*newest ? (*newest)->revision() : 0, head->first};
}

}  // namespace millrace::schema_service
