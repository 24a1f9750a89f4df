// After an operator has decided that a journal in a database which went back counts as it is.
#include "../rules.hpp"
#include "journal/mysql.hpp"
#include "store.hpp"

namespace millrace::journal {

using namespace statekit;
using namespace mysql;

namespace {

JournalResult<std::size_t> services(Store& store) {
  Sql look("SELECT member FROM millrace_presence WHERE workspace = ");
  look << store.workspace() << " AND until_ms > CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)";
  const auto found = store.client().ask(look, store.tuning().call_ms_max);
  if (!found) return tl::unexpected(found.error());
  return found->rows.size();
}

JournalResult<void> check_last(Store& store, const Head& head) {
  if (head.last < head.first) return {};
  const auto found = store.client().ask(select_commits(store.workspace(), head.last - 1, head.last),
                                        store.tuning().call_ms_max);
  if (!found) return tl::unexpected(found.error());
  if (found->rows.empty()) return damaged(head.last, "the commit");
  const auto commit = read_commit(head.last, found->rows.front());
  if (!commit) return tl::unexpected(commit.error());
  if (commit->entry.digest != head.digest) return damaged(head.last, "the commit");
  return {};
}

}  // namespace

JournalResult<Head> accept_mysql_rewind(const MysqlAddress& address, const Incarnation& incarnation,
                                        const MysqlTuning& tuning) {
  if (auto good = check_incarnation(incarnation); !good) return tl::unexpected(good.error());
  Store store(address, tuning, false);
  const auto root = store.find(tuning.call_ms_max);
  if (!root) return tl::unexpected(root.error());
  if (!*root)
    return refuse(JournalFault::unavailable,
                  "mysql: there is no journal in the workspace " + address.workspace);
  const auto members = services(store);
  if (!members) return tl::unexpected(members.error());
  if (*members > 0)
    return refuse(JournalFault::unavailable,
                  "mysql: " + std::to_string(*members) + " schema services use the workspace " +
                      address.workspace +
                      ": stop them first (one that was killed counts for some seconds more)");
  Head head = (*root)->head;
  if (auto good = check_last(store, head); !good) return tl::unexpected(good.error());
  head.incarnation = incarnation;
  const Root next = sealed(address.workspace, head);
  Sql sql("UPDATE millrace_journal SET incarnation = ");
  sql << incarnation << ", head_seal = " << next.head_seal
      << " WHERE workspace = " << address.workspace << " AND head_seal = " << (*root)->head_seal;
  const auto work = [&](const Run& run) -> Tried<bool> {
    const auto written = run(sql);
    if (!written) return tl::unexpected(written.error());
    return written->changed == 1;
  };
  const auto written = store.client().transact(work, tuning.call_ms_max);
  if (!written) return tl::unexpected(written.error());
  if (*written) return head;
  return refuse(JournalFault::unavailable, "mysql: somebody still writes to the workspace " +
                                               address.workspace +
                                               ": stop the schema services first");
}

}  // namespace millrace::journal
