// What the timeline keeps for the audit, in a SQLite file of its own that a killed process and a
// power cut leave whole. It holds rows by number, opaque here, and a note of all of them; the room
// that they are of bounds it. Unlike an index it is derived from nothing: what is damaged, foreign
// or newer is refused with what to do, and never changed. Called by the timeline's Audit, from one
// thread at a time. Errors: JournalError; after one the handle is given up and the file opened
// again. The format is described in docs/decisions/0177-the-audit-has-a-room-of-its-own.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "statekit/clock.hpp"
#include "statekit/journal.hpp"

namespace millrace::journal {

inline constexpr int audit_format_newest = 1;            // PRAGMA user_version
inline constexpr int audit_application_id = 0x6d617564;  // PRAGMA application_id: "maud"
inline constexpr std::size_t audit_rows_bytes_max = 1U
                                                    << 30;  // of octets; more is no audit of ours

struct AuditRow {
  std::uint64_t id = 0;
  statekit::Bytes octets;
  bool operator==(const AuditRow&) const = default;
};

struct AuditNote {
  std::string file;  // drawn when it was made: which file it is
  std::uint64_t newest_id = 0;
  // What made room, of each kind: how many, and of what time the newest of them is.
  std::uint64_t done_gone = 0;
  statekit::WallMs done_gone_ms = 0;
  std::uint64_t denied_gone = 0;
  statekit::WallMs denied_gone_ms = 0;
  bool operator==(const AuditNote&) const = default;
};

struct AuditContent {
  AuditNote note;
  std::vector<AuditRow> rows;  // by id
};

class AuditFile {
 public:
  virtual ~AuditFile() = default;
  virtual statekit::JournalResult<AuditContent> read() = 0;
  // Whole or not at all; on the disk when it returns. Takes rows out, as far as they are there,
  // before it puts rows in. REQUIRES: the added are not there.
  virtual statekit::JournalResult<void> write(const AuditNote& note,
                                              const std::vector<AuditRow>& added,
                                              const std::vector<std::uint64_t>& removed) = 0;
};

// Opens the file for this process alone, or makes it (mode 0600) and its folder. `file_if_new`: the
// note's `file` of one that is made. `vfs`: the name of a registered SQLite VFS; empty: its own.
statekit::JournalResult<std::unique_ptr<AuditFile>> open_audit_file(const std::string& path,
                                                                    const std::string& file_if_new,
                                                                    const std::string& vfs = {});

}  // namespace millrace::journal
