#include "faults.hpp"

#include <algorithm>
#include <initializer_list>

namespace millrace::journal::mysql {

using namespace statekit;

namespace {

// Numbers of MariaDB and MySQL; those from 8000 on are TiDB's.
constexpr auto races = {1213u, 1205u, 1020u, 9007u, 8002u, 8022u, 8028u};
constexpr auto read_only = {1290u, 1792u, 1836u};
constexpr auto full = {1021u, 1114u};
constexpr auto damaged_table = {1034u, 1194u, 1195u, 1877u, 1932u};
constexpr auto unknown_user = {1045u, 1698u, 1251u, 2059u};
constexpr auto no_right = {1044u, 1142u, 1143u, 1227u, 1370u};
constexpr auto too_many = {1040u, 1203u, 1226u};
constexpr unsigned no_database = 1049, no_table = 1146, no_column = 1054, duplicate = 1062;
constexpr unsigned large_packet = 1153, write_error = 3, handler_error = 1030, no_tls = 2026;

bool is_one_of(const Failure& failure, std::initializer_list<unsigned> codes) {
  return std::find(codes.begin(), codes.end(), failure.code) != codes.end();
}

bool is_full(const Failure& failure) {
  if (is_one_of(failure, full)) return true;
  const bool other = failure.code == write_error || failure.code == handler_error;
  return other && (failure.text.find("28") != std::string::npos ||
                   failure.text.find("No space") != std::string::npos);
}

std::string meaning_of(const Failure& failure, const MysqlAddress& address) {
  if (is_one_of(failure, unknown_user))
    return std::string("it does not accept the user and password of the journal's address") +
           (address.tls ? "" : ", or it wants TLS");
  if (is_one_of(failure, no_right))
    return "this user may not do that: GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON `" +
           address.database + "`.* TO '" + address.user + "'";
  if (failure.code == no_database)
    return "it has no database " + address.database + ": CREATE DATABASE `" + address.database +
           "`, or name another one";
  if (is_one_of(failure, read_only))
    return "it takes no writes (it is read-only): name the primary, or let it write again";
  if (is_full(failure)) return "its disk is full, nothing was written: make room";
  if (is_one_of(failure, too_many))
    return "it has no connection left: raise max_connections or its user's limit";
  if (failure.code == no_table) return "the tables of the journal are gone";
  if (failure.code == no_column)
    return "its tables millrace_... are not as this program knows them: it is a newer format, or "
           "another program's";
  if (is_one_of(failure, damaged_table)) return "a table is damaged: restore a backup";
  if (is_one_of(failure, races)) return "other writers were in the way again and again: try again";
  if (failure.code == no_tls) return "no TLS connection to it was made";
  if (failure.lost && failure.code != 0) return "it cannot be reached";
  return {};
}

JournalFault fault_of(const Failure& failure) {
  if (failure.code == large_packet) return JournalFault::too_large;
  if (failure.code == no_column) return JournalFault::wrong_format;
  if (failure.code == no_table || is_one_of(failure, damaged_table)) return JournalFault::corrupt;
  return JournalFault::unavailable;
}

}  // namespace

bool lost_a_race(const Failure& failure) { return is_one_of(failure, races); }

bool surely_nothing(const Failure& failure) {
  return !failure.lost && (lost_a_race(failure) || is_one_of(failure, read_only));
}

bool stops_writes(const Failure& failure) {
  return is_full(failure) || is_one_of(failure, read_only);
}

bool is_duplicate(const Failure& failure) { return failure.code == duplicate; }

bool is_no_table(const Failure& failure) { return failure.code == no_table; }

JournalError to_error(const Failure& failure, const std::string& endpoint,
                      const MysqlAddress& address) {
  std::string message = "mysql " + endpoint + ": ";
  const std::string meaning = meaning_of(failure, address);
  message += meaning;
  if (!failure.text.empty()) message += (meaning.empty() ? "" : ": ") + failure.text;
  if (failure.code != 0) message += " (" + std::to_string(failure.code) + ")";
  return {fault_of(failure), std::move(message), {}, 0};
}

}  // namespace millrace::journal::mysql
