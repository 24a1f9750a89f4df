// After an operator has decided that a journal in etcd which went back counts as it is.
#include "../rules.hpp"
#include "client.hpp"
#include "journal/etcd.hpp"
#include "layout.hpp"

namespace millrace::journal {

using namespace statekit;
using namespace etcd;

namespace {

struct Found {
  Root root;
  std::size_t services = 0;
};

JournalResult<Found> look(Client& client, const Keys& keys, const EtcdTuning& tuning) {
  Txn txn;
  const Bytes presence = keys.prefix() + "presence/";
  Bytes past = presence;
  past.back() = '/' + 1;
  txn.ranges = {keys.root(), {presence, past, 0, true}};
  const auto answer = client.txn(txn, tuning.call_ms_max);
  if (!answer) return tl::unexpected(answer.error());
  const auto root = read_root(keys, answer->found[0]);
  if (!root) return tl::unexpected(root.error());
  if (!*root)
    return refuse(JournalFault::unavailable,
                  "etcd: there is no journal in the workspace " + keys.prefix());
  return Found{**root, answer->found[1].size()};
}

JournalResult<void> check_last(Client& client, const Keys& keys, const Head& head,
                               const EtcdTuning& tuning) {
  if (head.last < head.first) return {};
  Txn txn;
  txn.ranges = {{keys.commit(head.last), {}}};
  const auto answer = client.txn(txn, tuning.call_ms_max);
  if (!answer) return tl::unexpected(answer.error());
  const auto& found = answer->found.front();
  if (found.empty()) return damaged(head.last, "the commit");
  const auto commit = read_commit(head.last, found.front().value);
  if (!commit) return tl::unexpected(commit.error());
  if (commit->entry.digest != head.digest) return damaged(head.last, "the commit");
  return {};
}

}  // namespace

JournalResult<Head> accept_etcd_rewind(const EtcdAddress& address, const Incarnation& incarnation,
                                       const EtcdTuning& tuning) {
  if (auto good = check_incarnation(incarnation); !good) return tl::unexpected(good.error());
  const auto client = make_client(address, tuning);
  if (!client) return tl::unexpected(client.error());
  const Keys keys(address.workspace);
  const auto found = look(**client, keys, tuning);
  if (!found) return tl::unexpected(found.error());
  if (found->services > 0)
    return refuse(JournalFault::unavailable,
                  "etcd: " + std::to_string(found->services) +
                      " schema services use the workspace " + address.workspace +
                      ": stop them first (one that was killed counts for some seconds more)");
  Head head = found->root.head;
  if (auto good = check_last(**client, keys, head, tuning); !good)
    return tl::unexpected(good.error());
  head.incarnation = incarnation;
  Txn txn;
  txn.when = {{keys.head(), found->root.head_mod}};
  txn.writes = {{keys.head(), head_value(head)}};
  const auto written = (*client)->txn(txn, tuning.call_ms_max);
  if (!written) return tl::unexpected(written.error());
  if (written->held) return head;
  return refuse(JournalFault::unavailable, "etcd: somebody still writes to the workspace " +
                                               address.workspace +
                                               ": stop the schema services first");
}

}  // namespace millrace::journal
