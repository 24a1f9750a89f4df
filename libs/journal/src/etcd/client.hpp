// A client of etcd for what the driver needs, in words of our own: transactions, a watch, leases,
// upkeep. It tries the endpoints in turn, logs in where a user is set, and says of a write whether
// it surely did not happen (`unavailable`) or may have (`unknown`); it never sends one twice.
// Thread safe; `close` ends every call that is under way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "journal/etcd.hpp"
#include "statekit/journal.hpp"

namespace millrace::journal::etcd {

using statekit::Bytes;
using statekit::Revision;

struct KeyValue {
  Bytes key, value;
  std::int64_t mod = 0;  // etcd's own revision at which it was written
  bool removed = false;  // in a watch: the key is gone
};

struct Range {
  Bytes key, end;  // [key, end); an empty end: that key alone
  std::int64_t limit = 0;
  bool keys_only = false;
  bool newest_first = false;  // by descending key
  bool serializable = false;  // may be answered by one member alone, perhaps an old one
  std::int64_t at = 0;        // as it was at that revision of etcd; 0: now
};

struct Write {
  Bytes key;
  Bytes value;
  bool remove = false;  // [key, end)
  Bytes end = {};
  std::int64_t lease = 0;
};

struct Compare {
  Bytes key;
  std::int64_t mod = 0;  // 0: there is no such key
};

struct Txn {
  std::vector<Compare> when;
  std::vector<Write> writes;     // when all of `when` hold
  std::vector<Range> ranges;     // the same, behind the writes
  std::vector<Range> otherwise;  // when one does not
};

struct TxnAnswer {
  bool held = false;
  std::int64_t revision = 0;                 // etcd's
  std::vector<std::vector<KeyValue>> found;  // one for each range
};

struct EndpointStatus {
  std::string endpoint;
  std::string version;
  std::int64_t bytes = 0;
  std::int64_t bytes_used = 0;
  std::uint64_t leader = 0;
  std::uint64_t member = 0;
  std::vector<std::string> alarms;
};

// What to say where none of these can be had.
std::string unreachable(const std::vector<std::string>& endpoints);

struct WatchFrom {
  Range range;
  std::int64_t revision = 0;
};

template <class T>
using Answer = statekit::JournalResult<T>;

class Client {
 public:
  virtual ~Client() = default;
  virtual Answer<TxnAnswer> txn(const Txn& txn, std::int64_t deadline_ms) = 0;
  // Blocks while the watch lives. `compacted` when its revision is gone.
  virtual Answer<void> watch(const WatchFrom& from,
                             const std::function<void(const std::vector<KeyValue>&)>& changed) = 0;
  virtual Answer<std::int64_t> grant_lease(std::int64_t ttl_s) = 0;
  // The seconds it lives on; 0: it is gone.
  virtual Answer<std::int64_t> keep_lease(std::int64_t id) = 0;
  virtual Answer<void> revoke_lease(std::int64_t id) = 0;
  // One for each endpoint that can be reached; the errors of the others go into `lost`.
  virtual std::vector<EndpointStatus> status(std::vector<std::string>& lost) = 0;
  virtual void close() = 0;
};

// Unavailable when a file that the address names cannot be read.
Answer<std::shared_ptr<Client>> make_client(const EtcdAddress& address, const EtcdTuning& tuning);

}  // namespace millrace::journal::etcd
