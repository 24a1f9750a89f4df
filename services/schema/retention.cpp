#include "services/schema/retention.hpp"

#include <algorithm>

#include "schema/change_codec.hpp"
#include "statekit/envelope.hpp"

namespace millrace::schema_service {

using statekit::fail;
using statekit::Head;
using statekit::Journal;
using statekit::Result;
using statekit::Revision;
using statekit::WallMs;
using statekit::within;

namespace {

constexpr statekit::MonoMs period_ms = 60'000;

tl::unexpected<statekit::Error> failed(const statekit::JournalError& error) {
  return fail(within("dropping old commits", to_error(error)));
}

Result<WallMs> time_of(Journal& journal, Revision revision) {
  const auto entry = journal.read(revision - 1, 1, 1);
  if (!entry) return failed(entry.error());
  if (entry->empty()) return fail(statekit::Code::unavailable, "the journal moved meanwhile");
  const auto envelope = statekit::decode_envelope(entry->front().commit);
  if (!envelope) return fail(envelope.error());
  const auto meta = schema::ChangeCodec::decode_header(envelope->header);
  if (!meta) return fail(meta.error());
  return meta->time_ms;
}

// The newest revision at or before `time`; before the first: first - 1. The times never go back.
Result<Revision> newest_before(Journal& journal, const Head& head, WallMs time) {
  Revision low = head.first - 1;
  Revision high = head.last;
  while (low < high) {
    const Revision middle = low + (high - low + 1) / 2;
    const Result<WallMs> at = time_of(journal, middle);
    if (!at) return fail(at.error());
    if (*at <= time)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

}  // namespace

Result<std::uint64_t> retire(Journal& journal, const RetentionRules& rules, WallMs now) {
  if (rules.commits == 0 && rules.age_ms == 0) return std::uint64_t{0};
  const auto head = journal.head();
  if (!head) return failed(head.error());
  Revision up_to = head->last;
  if (rules.commits > 0) up_to = head->last > rules.commits ? head->last - rules.commits : 0;
  if (rules.age_ms > 0 && up_to >= head->first) {
    const Result<Revision> old = newest_before(journal, *head, now - rules.age_ms);
    if (!old) return fail(old.error());
    up_to = std::min(up_to, *old);
  }
  if (up_to < head->first) return std::uint64_t{0};
  const auto snapshot = journal.load_snapshot(up_to);
  if (!snapshot) return failed(snapshot.error());
  if (!*snapshot || (*snapshot)->revision() < head->first) return std::uint64_t{0};
  const Revision kept = (*snapshot)->revision();
  if (const auto done = journal.compact(kept); !done) return failed(done.error());
  return kept + 1 - head->first;
}

bool Retention::due(statekit::MonoMs now) {
  if ((rules_.commits == 0 && rules_.age_ms == 0) || now < next_) return false;
  next_ = now + period_ms;
  return true;
}

}  // namespace millrace::schema_service
