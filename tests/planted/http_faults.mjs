// Faults of what speaks HTTP, and of the mysql driver before hostile servers, as those of faults.mjs.
const held = 'services/schema/workspace/held_journal.cpp';
const keeper = 'services/schema/workspace/keeper.cpp';
const answers = 'services/schema/workspace/answer.cpp';
const service = 'services/schema/workspace/service.cpp';
const journals = 'services/schema/workspace/journal_service.cpp';
const json = 'services/schema/workspace/json.cpp';
const rules = 'services/schema/workspace/decide.cpp';
const driver = 'libs/journal/src/http/journal.cpp';
const snapshots = 'libs/journal/src/http/snapshots.cpp';
const connection = 'libs/httpkit/src/connection.cpp';
const reader = 'libs/httpkit/src/response_reader.cpp';
const session = 'libs/journal/src/mysql/session.cpp';
const client = 'libs/journal/src/mysql/client.cpp';

export const over_http = [
  // Who asks.
  { name: 'a name that only begins so is this machine', by: 'requests that a web page makes', file: answers,
    find: 'return dots == 3;', put: 'return dots >= 0;' },
  { name: 'a body is read whoever sends it', by: 'who may not ask is told so before', file: connection,
    find: '!look || std::exchange(looked, true))', put: 'true || std::exchange(looked, true))' },
  { name: 'all bodies together have no limit', by: 'all bodies together have a limit', file: connection,
    find: 'return more == 0 || all <= std::max(limits_.bodies_bytes_max, limits_.body_bytes_max);',
    put: 'return more == 0 || all > 0;' },
  // States.
  { name: 'a LockInfo is not held against its MD5', by: 'states on the wire: a LockInfo', file: service,
    find: 'if (request.body.size() <= lock_body_bytes_max) return take_body(request, lock_body_bytes_max);',
    put: 'if (request.body.size() <= lock_body_bytes_max) return {std::nullopt, request.body};' },
  { name: 'a workspace is made for a lock that is not held', by: 'states on the wire: locks', file: keeper,
    find: 'const bool create = !guard.match && !guard.match_any && guard.lock_id.empty();',
    put: 'const bool create = !guard.match && !guard.match_any;' },
  { name: 'If-None-Match with ETags is not looked at', by: 'states on the wire: ETags', file: rules,
    find: 'if (is_among(guard.not_match)) return', put: 'if (false) return' },
  { name: 'a weight of zero is taken for a wish', by: 'states on the wire: gzip', file: service,
    find: 'return weight.empty() || weight.find_first_of("123456789") != std::string_view::npos;', put: 'return weight.size() < 1000;' },
  { name: 'any text is a time', by: 'a time that is none is replaced', file: json,
    find: '  if (!has_shape(text.substr(0, shape.size()), shape)) return false;\n', put: '  if (!text.empty()) return true;\n' },
  { name: 'a lock is watched anew each time its workspace is opened', by: 'a lock ends by itself also where', file: keeper,
    find: 'if (oldest->second->watch.revision != 0) watches_', put: 'if (false) watches_' },
  { name: 'a workspace that was closed leaves its file when it is deleted', by: 'what a deleted workspace held goes', file: keeper,
    find: 'if (place != places_.end() && place->second.use_count() > 1) return {};',
    put: 'if (place == places_.end() || place->second.use_count() > 1) return {};' },
  // Journals.
  { name: 'a journal that cannot be read counts as empty', by: 'a workspace whose journal cannot be read', file: journals,
    find: '  if (!held) return fail(held.error());\n  if (!*held) return false;', put: '  if (!held || !*held) return false;' },
  { name: 'a snapshot that was given up keeps its room', by: 'a snapshot that nobody finishes', file: held,
    find: 'for (const auto& each : uploads_) (is_its(each) ? sum : others) += each->octets;',
    put: 'for (const auto& each : uploads_) sum += each->octets;' },
  { name: 'what was sent of a refused snapshot stays', by: 'a snapshot over the quota is refused', file: held,
    find: '    std::erase_if(uploads_, is_its);\n    return false;', put: '    return false;' },
  { name: 'any piece of a snapshot goes on where the last one ended', by: 'a snapshot is given piece by piece', file: held,
    find: 'if (kept && download_.at == from && kept', put: 'if (kept && kept' },
  { name: 'any 200 is an append', by: 'an append that something in between', file: driver,
    find: '    if (!stands)\n', put: '    if (!stands && !head) return newest.revision;\n    if (!stands)\n' },
  { name: 'an answer without an ETag is damage', by: 'entries that something in between', file: driver,
    find: 'if (!end) return refuse(JournalFault::unavailable,', put: 'if (!end) return refuse(JournalFault::corrupt,' },
  { name: 'a snapshot has no limit', by: 'a snapshot without an end', file: snapshots,
    find: 'if (octets_ > store_->tuning().snapshot_bytes_max)', put: 'if (given_ > 1\'000\'000\'000)' },
  { name: 'any 200 is a part taken', by: 'a snapshot that something in between', file: snapshots,
    find: 'if (response->status != (last ? 200 : 202))', put: 'if (response->status == 0)' },
  { name: 'a line of an answer may be as long as it likes', by: 'an answer without an end', file: reader,
    find: 'if (octets.size() <= unread_bytes_max) break;', put: 'if (octets.size() <= unread_bytes_max * 2000) break;' },
  // Servers that are none.
  { name: 'a file is sent to a server that asks for it', by: 'a server that asks for a file', file: session,
    find: 'mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &no);', put: 'static_cast<void>(no);\n  const unsigned wide_open = 1;\n  mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &wide_open);' },
  { name: 'rows are gathered without a limit', by: 'rows without an end', file: session,
    find: 'endless = octets > answer_bytes_max;', put: 'endless = false;' },
  { name: 'a number that the library closed is cut', by: 'what is cut late', file: session,
    find: 'made->socket_ = fcntl(static_cast<int>(mysql_get_socket(made->handle_)), F_DUPFD_CLOEXEC, 0);',
    put: 'made->socket_ = static_cast<int>(mysql_get_socket(made->handle_));' },
  { name: 'a greeting cannot be cut', by: 'closing a client ends a connection', file: client,
    find: '  auto greeted = session.greet(tuning_);\n  unwatched(session);',
    put: '  unwatched(session);\n  auto greeted = session.greet(tuning_);' },
];
