#include "upkeep.hpp"

#include <algorithm>

namespace millrace::journal::etcd {

using namespace statekit;

namespace {

constexpr std::uint64_t quota_percent_warned = 70;
// A database that is mostly holes is worth a defragmentation from this size on.
constexpr std::int64_t holes_bytes_min = 64 << 20;
// No usual --auto-compaction-retention keeps more than this.
constexpr std::chrono::hours kept_max{25};
constexpr std::int64_t revisions_kept_min = 50'000;

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

Warnings judge(const EndpointStatus& status, std::uint64_t quota_bytes) {
  Warnings found;
  const std::string at = "etcd " + status.endpoint + ": ";
  if (status.leader == 0)
    found.push_back({at + "it knows no leader: start the missing members", true});
  for (const std::string& each : status.alarms) {
    if (each.find("NOSPACE") != std::string::npos)
      found.push_back({at + "its space is full (NOSPACE), so nothing can be written: compact and "
                            "defragment it or raise --quota-backend-bytes, then `etcdctl alarm "
                            "disarm`",
                       true});
    else
      found.push_back({at + "it raises an alarm: " + each});
  }
  const auto bytes = static_cast<std::uint64_t>(status.bytes);
  if (bytes >= quota_bytes / 100 * quota_percent_warned)
    found.push_back({at + "it uses " + mebibytes(bytes) + " of its quota of " +
                     mebibytes(quota_bytes) + ": compact the journal, defragment etcd (`etcdctl " +
                     "defrag`), or raise --quota-backend-bytes and say so with quota=BYTES"});
  if (status.bytes >= holes_bytes_min && status.bytes_used < status.bytes / 2)
    found.push_back({at + "more than half of its " + mebibytes(bytes) +
                     " are holes: defragment it (`etcdctl defrag`), one member at a time"});
  return found;
}

bool Upkeep::still_kept(Client& client, std::int64_t revision, std::int64_t deadline_ms) const {
  Txn txn;
  txn.ranges = {{keys_.format(), {}}};
  txn.ranges.front().at = revision;
  return client.txn(txn, deadline_ms).has_value();
}

// etcd has no call that tells its settings, so it is judged by what it does: a revision seen a day
// ago must be gone, as must the first of many.
bool Upkeep::never_compacts(Client& client, std::int64_t deadline_ms) {
  Txn now;
  now.ranges = {{keys_.format(), {}}};
  const auto answer = client.txn(now, deadline_ms);
  if (!answer) return uncompacted_;
  const auto time = std::chrono::steady_clock::now();
  if (!sample_) {
    sample_ = Sample{answer->revision, time};
    uncompacted_ = answer->revision > revisions_kept_min && still_kept(client, 1, deadline_ms);
  } else if (time - sample_->seen >= kept_max) {
    uncompacted_ = answer->revision - sample_->revision > revisions_kept_min &&
                   still_kept(client, sample_->revision, deadline_ms);
    sample_ = Sample{answer->revision, time};
  }
  return uncompacted_;
}

Warnings Upkeep::look(Client& client, std::int64_t deadline_ms) {
  Warnings found;
  std::vector<std::string> lost;
  const std::vector<EndpointStatus> all = client.status(lost);
  for (const EndpointStatus& each : all) {
    const Warnings more = judge(each, quota_bytes_);
    found.insert(found.end(), more.begin(), more.end());
  }
  if (all.empty() && !lost.empty()) {
    found.push_back({unreachable(lost), true});
  } else {
    for (const std::string& each : lost)
      found.push_back({"etcd " + each + ": it cannot be reached: is it running there?"});
  }
  const bool stopped =
      std::any_of(found.begin(), found.end(), [](const auto& each) { return each.stops_writes; });
  // One that cannot answer is not waited for.
  if (stopped ? uncompacted_ : never_compacts(client, deadline_ms))
    found.push_back(
        {"etcd never compacts its own history, which grows without end: start it with "
         "--auto-compaction-retention=1"});
  return found;
}

}  // namespace millrace::journal::etcd
