// Faults of the mysql driver, as those of faults.mjs.
const journal = 'libs/journal/src/mysql/journal.cpp';
const client = 'libs/journal/src/mysql/client.cpp';
const session = 'libs/journal/src/mysql/session.cpp';
const store = 'libs/journal/src/mysql/store.cpp';
const layout = 'libs/journal/src/mysql/layout.cpp';
const kept = 'libs/journal/src/mysql/snapshots.cpp';
const presence = 'libs/journal/src/mysql/presence.cpp';
const accept = 'libs/journal/src/mysql/accept.cpp';

export const on_mysql = [
  // Appending.
  { name: 'an append does not compare the head in the database', by: 'ConcurrentAppendersOneWinner', file: journal,
    find: '<< " AND rev = " << root.head.last << " AND head_seal = " << root.head_seal\n', put: '\n' },
  { name: 'an append that is behind in a database is answered from memory', by: 'AppendStaleConflicts', file: journal,
    find: 'if (asked || !check_append(root.head, expected_last, entries)) {', put: 'if (asked) {' },
  { name: 'a commit whose answer was lost is told as not written', by: 'AmbiguousAppend', file: client,
    find: 'return End::unsure;\n', put: 'return tl::unexpected(Failure{done.error().code, done.error().text, false});\n' },
  { name: 'a commit whose answer was lost is sent again', by: 'AmbiguousAppend', file: client,
    find: 'return End::unsure;\n', put: 'return tl::unexpected(done.error());\n' },
  { name: 'what another wrote is told before it is on the disk', by: 'what a killed server had acknowledged or told anybody', file: store,
    find: 'if (!client_.facts().tidb) {', put: 'if (false) {' },
  // Servers.
  { name: 'who falls silent in a transaction keeps its row', by: 'who vanishes in the middle of an append', file: session,
    find: 'Sql silent("SET SESSION idle_transaction_timeout = ");\n    silent << silent_s;', put: 'Sql silent("SET SESSION idle_transaction_timeout = ");\n    silent << silent_s + 600;' },
  { name: 'a certificate is not checked', by: 'whose certificate is for another name', file: session,
    find: 'mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);', put: '' },
  { name: 'a replica is read', by: 'of two servers the one that takes writes', file: client, find: 'if (made && (*made)->facts().read_only) {', put: 'if (false) {' },
  { name: 'a statement is sent whatever its size', by: 'larger than the server', file: session,
    find: 'if (facts_.packet_bytes_max == 0 || text.size() + 1 < facts_.packet_bytes_max) return text;', put: 'return text;' },
  { name: 'TiDB is not asked for pessimistic transactions', by: 'TiDB is known by its version', file: session,
    find: `all.push_back({Sql("SET SESSION tidb_txn_mode = 'pessimistic'")});`, put: '' },
  { name: 'nothing is cut at its deadline', by: 'a link that stands still', file: client, find: '        session->cut();\n      else', put: '        static_cast<void>(session);\n      else' },
  { name: 'closing a handle cuts nothing', by: 'closing a handle ends a call', file: client,
    find: 'for (auto& [session, end] : busy_) session->cut();\n  idle.swap', put: 'idle.swap' },
  { name: 'a value is put in as it is', by: 'members in a database see each other', file: session,
    find: 'mysql_real_escape_string(handle_, text.data() + at, each.octets.data(), each.octets.size());',
    put: 'each.octets.copy(text.data() + at, each.octets.size());' },
  // What is stored.
  { name: 'a newer format in a database is opened', by: 'a newer format in a database', file: layout, find: 'if (!half && format != format_of(false))', put: 'if (!half && format == 0)' },
  { name: 'the seals of the row are not compared', by: 'row that was changed by hand', file: layout,
    find: 'row[3] != root.begin_seal || row[7] != root.head_seal || ', put: '' },
  { name: 'a commit need not follow the one before it in a database', by: 'a whole commit of another journal', file: journal,
    find: 'if (!linked || next > root->head.last)', put: 'if ((!linked && next == 0) || next > root->head.last)' },
  { name: 'a commit may be missing at the end in a database', by: 'a commit that was changed or taken out', file: journal,
    find: 'if (!full && found.size() < wanted && last < root->head.last)', put: 'if (wanted == 0)' },
  { name: 'the seal of a snapshot in a database is not compared', by: 'a snapshot with a part', file: layout,
    find: '&&\n                    row[5] == seal_seal(workspace, seal);', put: '&& !workspace.empty();' },
  { name: 'a part of a snapshot in a database is not compared', by: 'a snapshot with a part', file: kept,
    find: ' || to_bytes(sha256(*row[1])) != *row[0])', put: ')' },
  { name: 'a snapshot written again in a database mixes with the older one', by: 'SnapshotSavedAgain', file: kept,
    find: 'return answer->id;', put: 'return std::uint64_t{1};' },
  { name: 'a compaction in a database sweeps other workspaces too', by: 'two workspaces in one database', file: kept,
    find: 'Sql commits("DELETE FROM millrace_commits WHERE workspace = ");\n  commits << store.workspace() << " AND',
    put: 'Sql commits("DELETE FROM millrace_commits WHERE ");\n  commits << "' },
  // What is being filled.
  { name: 'what is being filled in a database is opened', by: 'HalfFilledIsRefused', file: layout,
    find: 'if (half && filling == Filling::refused)', put: 'if (false)' },
  { name: 'the mark of what is being filled in a database stays', by: 'FilledIsWhole', file: journal,
    find: 'sql << format_of(false) << " WHERE', put: 'sql << format_of(true) << " WHERE' },
  { name: 'who had a journal in a database open appends to what is being filled', by: 'FillShutsOut', file: journal,
    find: '\n         << " AND format = " << format_of(store.filling() == Filling::also);', put: ';' },
  // Who is there.
  { name: 'a replica that fell silent stays listed in a database', by: 'members in a database see each other', file: presence,
    find: '<< " AND until_ms > CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) ORDER BY member";', put: '<< " ORDER BY member";' },
  { name: 'a rewind in a database is accepted under running services', by: 'a rewind is accepted with a new incarnation', file: accept, find: 'if (*members > 0)', put: 'if (false)' },
];
