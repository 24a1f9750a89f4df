// Faults of the journal's drivers, each one change of the source: `find`, which is there once, becomes `put`.
// `by`: words of a test's title that must go red with it.
const rows = 'libs/journal/src/sqlite_generation2.cpp';
const lock = 'libs/journal/src/sqlite_lock.cpp';
const snapshots = 'libs/journal/src/sqlite_snapshots.cpp';
const format = 'libs/journal/src/sqlite_format.cpp';
const sqlite = 'libs/journal/src/sqlite_journal.cpp';
const etcd = 'libs/journal/src/etcd/journal.cpp';
const store = 'libs/journal/src/etcd/store.cpp';
const client = 'libs/journal/src/etcd/client.cpp';
const links = 'libs/journal/src/etcd/connections.cpp';
const layout = 'libs/journal/src/etcd/layout.cpp';
const records = 'libs/journal/src/etcd/layout.hpp';
const kept = 'libs/journal/src/etcd/snapshots.cpp';
const filling = 'libs/journal/src/sqlite_filling.cpp';
const presence = 'libs/journal/src/etcd/presence.cpp';

export const on_sqlite = [
  // Checksums.
  { name: "a row's seal is not compared", by: 'the row that changed is named', file: rows,
    find: 'if (row.number(3) != row_seal(entry.revision, entry.digest)) return std::nullopt;', put: '' },
  { name: "a commit's row is not held against the chain", by: 'NamesFirstBad', file: rows,
    find: 'if (!chained || *chained != entry->digest)\n        return damaged',
    put: 'if (!chained)\n        return damaged' },
  { name: "a block's seal is not compared", by: 'a changed block is named', file: rows,
    find: '!row.digest(5, seal) ||\n        seal != block_seal(first, last, row.octets(2), row.octets(3), octets))',
    put: '!row.digest(5, seal))' },
  { name: 'the seal of where the journal ends is not compared', by: 'a change of the row that says where', file: format,
    find: 'if (good && seal == seal_of(head, format.version())) return head;', put: 'if (good && (true || seal == seal_of(head, format.version()))) return head;' },
  { name: 'the newest commit need not be the one that the journal ends with', by: 'newest commits gone does not open', file: format,
    find: 'if (empty && newest <= head.last) return {};', put: 'if (head.last + 1 >= head.first) return {};' },
  { name: 'the log that a crash left is not looked at', by: 'a bit flipped in the log', file: sqlite,
    find: 'return check_log(shared_->path);', put: 'return {};' },
  // Packing.
  { name: 'a packed row stays', by: 'older commits are packed', file: rows,
    find: '"DELETE FROM commits WHERE revision BETWEEN ? AND ?"',
    put: '"DELETE FROM commits WHERE revision BETWEEN ? AND ? AND 0"' },
  { name: 'one row more goes than was packed', by: 'older commits are packed', file: rows,
    find: '.bind(static_cast<std::int64_t>(block.last()))\n        .run();',
    put: '.bind(static_cast<std::int64_t>(block.last() + 1))\n        .run();' },
  { name: 'a damaged row is packed', by: 'a damaged row is never packed', file: rows,
    find: 'if (!chained || *chained != entry->digest) return Block{};\n      digest = entry->digest;',
    put: 'if (!chained) return Block{};\n      digest = *chained;' },
  { name: 'a read inside a block begins one too late', by: 'older commits are packed', file: rows,
    find: 'std::size_t i = next - (*block)->first;', put: 'std::size_t i = next - (*block)->first + (next > (*block)->first);' },
  { name: 'nothing is packed', by: 'older commits are packed', file: rows, find: 'if (block->entries.empty()) return {};', put: 'if (!block->entries.empty()) return {};' },
  // The lock.
  { name: 'any number of processes may write', by: 'OneWritingProcess', file: lock, find: 'alone ? LOCK_EX : LOCK_SH', put: 'alone ? LOCK_SH : LOCK_SH' },
  { name: 'the lock is asked for once', by: 'who asks for a moment who holds', file: lock, find: 'constexpr int tries_max = 25;', put: 'constexpr int tries_max = 1;' },
  { name: 'who writes is not told', by: 'OneWritingProcess', file: lock, find: 'return held_by(path, who);', put: 'return held_by(path, "another process");' },
  { name: 'who only reads takes the lock', by: 'OneWritingProcess', file: sqlite, find: 'if (!options.read_only) {', put: 'if (options.read_only || true) {' },
  { name: 'what was acknowledged is not marked', by: 'an acknowledged last transaction', file: lock,
    find: 'if (!alone_ || head.last <= marked_) return;', put: 'return;' },
  { name: 'a handle for reading writes', by: 'OneWritingProcess', file: sqlite,
    find: 'if (read_only && &door == &writing)', put: 'if (false && &door == &writing)' },
  // What is being filled.
  { name: 'what is being filled in a file is opened', by: 'HalfFilledIsRefused', file: sqlite,
    find: 'if (*filling && !shared_->fill) return refuse_half(shared_->path);', put: '' },
  { name: 'the mark of what is being filled in a file stays', by: 'FilledIsWhole', file: filling,
    find: 'set_filling(database, format, false)', put: 'set_filling(database, format, true)' },
  { name: 'who had a file open appends to what is being filled', by: 'FillShutsOut', file: sqlite,
    find: 'if (*filling && !shared.fill) return refuse_half(shared.path);', put: '' },
  { name: 'an empty file that is filled keeps its incarnation', by: 'FillRenewsEmpty', file: filling,
    find: '  *head = head_to_fill(*head, options);\n', put: '' },
  { name: 'a file that is used is filled', by: 'FillRefusesUsed', file: filling,
    find: 'if (auto good = check_fill(*head, options, database.path()); !good)', put: 'if (auto good = check_fill({}, options, database.path()); !good)' },
  // Retention.
  { name: 'compacting goes to the newest snapshot, whatever was asked', by: 'CompactKeepsTail', file: snapshots,
    find: 'const auto kept = newest_row(database, up_to);', put: 'const auto kept = newest_row(database, head->last);' },
  { name: 'compacting drops the block that it begins inside', by: 'compaction inside a packed block', file: rows,
    find: 'SELECT first FROM blocks WHERE last <= ? ORDER BY', put: 'SELECT first FROM blocks WHERE first <= ? ORDER BY' },
  { name: 'compacting leaves the blocks', by: 'compaction inside a packed block', file: rows,
    find: '"(SELECT first FROM blocks WHERE last <= ? ORDER', put: '"(SELECT first FROM blocks WHERE last <= ? AND 0 ORDER' },
  { name: 'compacting leaves the rows', by: 'compaction inside a packed block', file: rows,
    find: '"DELETE FROM commits WHERE revision <= ? AND revision < "', put: '"DELETE FROM commits WHERE 0 AND revision <= ? AND revision < "' },
  { name: 'compacting leaves old snapshots', by: 'compaction inside a packed block', file: snapshots,
    find: '"DELETE FROM snapshots WHERE revision < ?"', put: '"DELETE FROM snapshots WHERE revision < ? AND 0"' },
  { name: 'compacting drops the snapshot on which the journal rests', by: 'CompactKeepsTail', file: snapshots,
    find: 'const std::int64_t compacted = stored(head->first - 1);\n  auto done',
    put: 'const std::int64_t compacted = stored(head->first - 1);\n  auto gone = database.query("DELETE FROM snapshots WHERE revision <= ?").bind(compacted).run();\n  if (!gone) return tl::unexpected(gone.error());\n  auto done' },
  { name: 'compacting to a snapshot of other commits', by: 'whose snapshot to rest on', file: snapshots,
    find: 'if (*digest != (*kept)->digest)\n    return damaged', put: 'if (false)\n    return damaged' },
  // Snapshots.
  { name: "a snapshot's seal is not compared", by: 'a changed part of a snapshot', file: snapshots,
    find: 'snapshot.part_digests) == snapshot.seal)', put: 'snapshot.part_digests) == snapshot.seal || true)' },
  { name: 'a part of a snapshot is not compared with its digest', by: 'a changed part of a snapshot', file: snapshots,
    find: 'if (!part || row.octets(1) != digest)', put: 'if (!part)' },
  { name: 'a snapshot that was not finished is seen', by: 'SnapshotTorn', file: snapshots,
    find: 'FROM snapshots WHERE part = 0 AND revision <= ? "', put: 'FROM snapshots WHERE part <= 0 AND revision <= ? "' },
  { name: 'a new snapshot takes the place of all older ones', by: 'SnapshotRoundTrip', file: snapshots,
    find: 'WHERE part = -1 AND revision < ?)"', put: 'WHERE part <= 0 AND revision < ?)"' },
  { name: 'a snapshot that nobody finished stays for ever', by: 'a snapshot makes room', file: snapshots,
    find: 'WHERE part = -1 AND revision < ?)"', put: 'WHERE part = -9 AND revision < ?)"' },
  { name: 'a snapshot of other commits is taken', by: 'SnapshotRefused', file: snapshots,
    find: 'return check_snapshot(head, draft.revision, draft.digest, *there ? &**there : nullptr);', put: 'return {};' },
  // Trouble.
  { name: 'a commit whose sync failed is told as not written', by: 'after a failed sync the outcome is unknown', file: sqlite,
    find: 'if (!database.surely_unwritten()) done.error().fault = JournalFault::unknown;', put: '' },
  { name: 'a connection is kept after its sync failed', by: 'after a failed sync nothing is written through', file: sqlite,
    find: 'if (!database_ || !database_->must_reopen()) return;', put: 'return;' },
];

export const on_etcd = [
  // Appending.
  { name: 'an append does not compare the head', by: 'ConcurrentAppendersOneWinner', file: etcd, find: 'txn.when = {{keys.head(), root.head_mod}};', put: '' },
  { name: 'an append that is behind is answered from memory', by: 'AppendStaleConflicts', file: etcd,
    find: 'if (!check_append(root.head, expected_last, entries)) {', put: 'if (false) {' },
  { name: 'a write whose answer was lost is sent again', by: 'AmbiguousAppend', file: client,
    find: 'if (!elsewhere || wrote || in_ms', put: 'if (!elsewhere || in_ms' },
  { name: 'a write whose answer was lost is told as not written', by: 'AmbiguousAppend', file: links,
    find: 'return {writes ? JournalFault::unknown : JournalFault::unavailable,', put: 'return {JournalFault::unavailable,' },
  { name: 'of two who make a workspace both believe they were first', by: 'of many who make one workspace', file: etcd,
    find: 'txn.when = {{keys.begin(), 0}, {keys.format(), 0}, {keys.head(), 0}};', put: '' },
  // Watching.
  { name: 'a watch begins from now instead of from what is known', by: 'a watch that ended begins again', file: store,
    find: 'client_->watch({keys_.root(), answer->revision + 1}, changed)', put: 'client_->watch({keys_.root(), 0}, changed)' },
  { name: 'a watch that etcd gave up is waited for', by: 'a watch that etcd does not serve', file: client, find: 'if (response.canceled())\n', put: 'if (false)\n' },
  { name: 'a watch whose beginning was compacted is waited for', by: 'a watch whose beginning was compacted', file: client,
    find: 'if (response.canceled() && response.compact_revision() > 0)', put: 'if (response.canceled() && response.compact_revision() > 0)\n      return std::nullopt;\n    if (false)' },
  { name: 'a watch that ended is not begun again', by: 'a watch whose beginning was compacted', file: store,
    find: '    follow_once();\n    look_soon();', put: '    follow_once();\n    std::unique_lock lock(mutex_);\n    return changed_.wait(lock, [&] { return closed_; });' },
  { name: 'there is no watch', by: 'a watch whose beginning was compacted', file: store, find: '    follow_once();\n', put: '' },
  // Compacted under us.
  { name: 'what was compacted while it is read is told as damage', by: 'ReadCompactedTyped', file: etcd,
    find: 'if (auto good = check_readable(head, after); !good) return tl::unexpected(good.error());', put: '' },
  { name: 'compacting drops one commit too many', by: 'CompactKeepsTail', file: kept,
    find: 'keys.commit(std::min(from + sweep_commits_max, first))', put: 'keys.commit(std::min(from + sweep_commits_max, first + 1))' },
  { name: 'compacting leaves the commits', by: 'compacting leaves in etcd', file: kept, find: 'some.writes = {removal(key, keys.commit(', put: 'return {};\n    some.writes = {removal(key, keys.commit(' },
  { name: 'compacting leaves old snapshots', by: 'compacting leaves in etcd', file: kept,
    find: 'if (const auto done = ask(store, snapshots); !done)', put: 'if (const auto done = ask(store, {}); !done)' },
  { name: 'compacting drops the parts of the snapshot on which the journal rests', by: 'CompactKeepsTail', file: kept,
    find: 'removal(keys.parts_of(0), keys.parts_of(first - 1))', put: 'removal(keys.parts_of(0), keys.parts_of(first))' },
  { name: 'compacting goes to the newest snapshot, whatever was asked', by: 'CompactKeepsTail', file: kept,
    find: 'const auto kept = seal_at_most(store, up_to, mod);', put: 'const auto kept = seal_at_most(store, root->head.last, mod);' },
  // Workspaces.
  { name: "a workspace's prefix has no end", by: 'two workspaces in one etcd', file: records, find: 'prefix_("/" + workspace + "/")', put: 'prefix_("/" + workspace)' },
  { name: "another program's keys are taken for an empty workspace", by: 'a workspace that holds something else', file: etcd,
    find: 'const bool empty = answer->found[0].empty() && answer->found[1].empty();', put: 'const bool empty = answer->found[0].empty();' },
  // What is being filled.
  { name: 'what is being filled in etcd is opened', by: 'HalfFilledIsRefused', file: layout,
    find: 'if (*half && filling == Filling::refused)', put: 'if (false)' },
  { name: 'the mark of what is being filled in etcd stays', by: 'FilledIsWhole', file: etcd,
    find: 'txn.writes = {{keys.format(), format_value()}};', put: 'txn.writes = {{keys.format(), format_value(true)}};' },
  { name: 'who had a journal in etcd open appends to what is being filled', by: 'FillShutsOut', file: etcd,
    find: 'txn.writes = {{keys.format(), format_value(true)},\n                    {keys.head(), head_value(head_to_fill(root.head, options))}};',
    put: 'txn.writes = {{keys.format(), format_value(true)}};' },
  { name: 'a newer format is opened', by: 'a newer format', file: layout, find: 'if (format == etcd_format) return false;', put: 'return false;' },
  // Checks.
  { name: 'a record need not match its digest', by: 'a record in which anything changed', file: layout,
    find: 'return value.substr(at) == hex(sha256("millrace etcd 1|" + value.substr(0, at)));', put: 'return at > 0;' },
  { name: 'a commit need not match its digest', by: 'a commit in etcd closes its own link', file: layout,
    find: 'if (!next || *next != stored.entry.digest) return damaged(revision, "the commit");', put: '' },
  { name: 'a commit need not follow the one before it', by: 'a whole commit of another journal', file: etcd,
    find: '(found.empty() && next != head.first) || (stored && stored->before == before);', put: 'true;' },
  { name: 'a commit may be missing at the end', by: 'a commit that was changed or taken out', file: etcd,
    find: 'if (found.size() < limit && last < head.last) return damaged(last + 1, "the commit");', put: '' },
  { name: 'a part of a snapshot need not match its digest', by: "a snapshot's seal and parts", file: layout,
    find: 'if (sha256(part) != digest) return std::nullopt;', put: '' },
  { name: 'a snapshot need not be the one that was sealed', by: 'a whole part of another snapshot', file: kept,
    find: 'if (sha256(part_digests_) == seal_.content) return', put: 'return' },
  { name: 'a snapshot written again mixes with the older one', by: 'a snapshot that is written again', file: kept,
    find: 'return answer->revision;', put: 'return std::int64_t{1};' },
  // Failover.
  { name: 'an endpoint that does not answer is not left', by: 'an endpoint that stands still', file: links,
    find: 'current_.compare_exchange_strong(endpoint, (endpoint + 1) % count());', put: '(void)endpoint;' },
  { name: 'a member that has lost its leader is asked all the same', by: 'a minority refuses', file: links,
    find: 'context.AddMetadata("hasleader", "true");', put: '' },
  { name: 'a login that etcd forgot is used for ever', by: 'etcd with users', file: client,
    find: 'if (is_token_fault(status) && again && connections_->forget_token()) {', put: 'if (is_token_fault(status) && again && false) {' },
  { name: 'a replica that died stays listed', by: 'members in etcd see each other', file: presence,
    find: 'txn.writes = {{key(member.id), member.about, false, {}, lease_}};', put: 'txn.writes = {{key(member.id), member.about, false, {}, 0}};' },
];
