// How a store's file is recognized before SQLite may touch it, and how a new one gets its name.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "rules.hpp"
#include "sqlite_format.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

namespace fs = std::filesystem;

// Where SQLite's file format puts these, big-endian: https://sqlite.org/fileformat.html
constexpr std::size_t header_bytes = 100;
constexpr std::size_t user_version_at = 60;
constexpr std::size_t application_id_at = 68;
constexpr std::string_view magic{"SQLite format 3\0", 16};

std::uint32_t big_endian_at(BytesView header, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number = number << 8 | static_cast<unsigned char>(header[at + i]);
  return number;
}

tl::unexpected<JournalError> cannot(const std::string& path, const std::string& what, int reason) {
  const bool full = reason == ENOSPC || reason == EDQUOT;
  return refuse(JournalFault::unavailable,
                path + ": " + what + ": " + std::strerror(reason) +
                    (full ? ": free some space" : ": check the folder and who may write to it"));
}

// The first octets of the file. Read through SQLite's VFS: closing a descriptor of our own would
// drop the locks that this process holds on the file (POSIX).
JournalResult<Bytes> read_header(const std::string& path, sqlite3_vfs* vfs) {
  const char* name = sqlite3_create_filename(path.c_str(), (path + "-journal").c_str(),
                                             (path + "-wal").c_str(), 0, nullptr);
  std::vector<std::uint64_t> room(static_cast<std::size_t>(vfs->szOsFile) / 8 + 1);
  auto* file = reinterpret_cast<sqlite3_file*>(room.data());
  int code = vfs->xOpen(vfs, name, file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, nullptr);
  Bytes header;
  if (code == SQLITE_OK) {
    sqlite3_int64 size = 0;
    code = file->pMethods->xFileSize(file, &size);
    header.resize(std::min<std::size_t>(static_cast<std::size_t>(size), header_bytes));
    if (code == SQLITE_OK && !header.empty())
      code = file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0);
  }
  if (file->pMethods) file->pMethods->xClose(file);
  sqlite3_free_filename(name);
  if (code != SQLITE_OK) return tl::unexpected(sqlite_error(code, path, sqlite3_errstr(code)));
  return header;
}

JournalResult<const SqliteFormat*> judge(const std::string& path, BytesView header) {
  const BytesView start = header.substr(0, magic.size());
  if (header.empty())
    return refuse(JournalFault::corrupt,
                  path +
                      ": it is an empty file, and no store of ours ever "
                      "was one: restore a backup, or remove it to begin anew");
  if (header.size() < header_bytes && start == magic.substr(0, start.size()))
    return refuse(JournalFault::corrupt,
                  path + ": it is cut off after " + std::to_string(header.size()) +
                      " octets: restore a backup, or remove it to begin anew");
  if (start != magic)
    return refuse(JournalFault::wrong_format,
                  path + ": it is no journal of Millrace's: name another file");
  if (big_endian_at(header, application_id_at) != sqlite_application_id)
    return refuse(JournalFault::wrong_format,
                  path + ": it is a database of some other program: name another file");
  const std::uint32_t format = big_endian_at(header, user_version_at);
  if (const SqliteFormat* known = sqlite_generation(format)) return known;
  // The mark of one that is being filled is judged once it is open: the log may know better.
  if (const SqliteFormat* known = sqlite_generation(std::int64_t{format} - filling_format))
    return known;
  return refuse(JournalFault::wrong_format, path + ": its format is " + std::to_string(format) +
                                                ", this program knows up to " +
                                                std::to_string(sqlite_format_newest) +
                                                ": use the newer millrace that wrote it");
}

JournalResult<void> sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return cannot(folder, "cannot open the folder", errno);
  const int failed = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (failed) return cannot(folder, "cannot make the new file durable", failed);
  return {};
}

// Never over a file that is there. Not every file system knows RENAME_NOREPLACE.
int move_into_place(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  return ::link(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

JournalResult<void> write_beside(const std::string& path, const JournalOptions& options,
                                 const SqliteFormat& format, const SqliteTuning& tuning) {
  // Ours alone: what a store holds is nobody else's business.
  const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return cannot(path, "cannot be made", errno);
  ::close(fd);
  auto database = Database::connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, tuning.vfs);
  if (!database) return tl::unexpected(database.error());
  if (auto done = (*database)->run("PRAGMA synchronous = FULL"); !done) return done;
  if (auto done = write_tables(**database, format, options); !done) return done;
  const JournalResult<std::string> mode = (*database)->text("PRAGMA journal_mode = WAL");
  if (!mode) return tl::unexpected(mode.error());
  return {};
}

}  // namespace

fs::path folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

JournalResult<FileMark> mark_of(const std::string& path, const std::string& vfs_name) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(vfs_name.empty() ? nullptr : vfs_name.c_str());
  if (vfs == nullptr)
    return refuse(JournalFault::invalid, "there is no SQLite VFS named '" + vfs_name + "'");
  const JournalResult<Bytes> header = read_header(path, vfs);
  if (!header) return tl::unexpected(header.error());
  FileMark mark;
  mark.empty = header->empty();
  mark.sqlite = header->size() == header_bytes && header->starts_with(magic);
  if (!mark.sqlite) return mark;
  mark.application_id = big_endian_at(*header, application_id_at);
  mark.user_version = big_endian_at(*header, user_version_at);
  return mark;
}

JournalResult<const SqliteFormat*> recognize(const std::string& path, const std::string& vfs_name) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(vfs_name.empty() ? nullptr : vfs_name.c_str());
  if (vfs == nullptr)
    return refuse(JournalFault::invalid, "there is no SQLite VFS named '" + vfs_name + "'");
  std::error_code failed;
  const fs::path folder = folder_of(path);
  if (!fs::is_directory(folder, failed))
    return refuse(JournalFault::unavailable,
                  path + ": its folder does not exist: make it with `mkdir -p " + folder.string() +
                      "`, or name another file");
  // Whoever comes by another name would find another lock, and another log.
  if (fs::is_symlink(fs::symlink_status(path, failed)))
    return refuse(JournalFault::unavailable, path +
                                                 ": it is a symbolic link: name the file itself, " +
                                                 fs::weakly_canonical(path, failed).string());
  const fs::file_status status = fs::status(path, failed);
  if (fs::is_directory(status))
    return refuse(JournalFault::wrong_format,
                  path + ": it is a folder: name a file, such as " + path + "/journal.db");
  if (fs::exists(status) && !fs::is_regular_file(status))
    return refuse(JournalFault::wrong_format,
                  path + ": it is no file but a device, a pipe or a socket: name another one");
  if (fs::exists(status)) {
    const JournalResult<Bytes> header = read_header(path, vfs);
    if (!header) return tl::unexpected(header.error());
    return judge(path, *header);
  }
  // SQLite would play a forgotten log into a new file.
  for (const char* suffix : {"-wal", "-journal"})
    if (fs::exists(path + suffix, failed))
      return refuse(JournalFault::corrupt, path + ": it is missing, but its " + path + suffix +
                                               " is there: restore both, or move that away");
  return static_cast<const SqliteFormat*>(nullptr);
}

JournalResult<void> create_store(const std::string& path, const JournalOptions& options,
                                 const SqliteFormat& format, const SqliteTuning& tuning) {
  const std::string beside = path + ".new-" + options.incarnation_if_new;
  std::error_code failed;
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) fs::remove(beside + suffix, failed);
  JournalResult<void> made = write_beside(beside, options, format, tuning);
  if (made) {
    const int reason = move_into_place(beside, path);
    if (reason != 0 && reason != EEXIST) made = cannot(path, "cannot be made", reason);
  }
  fs::remove(beside, failed);
  if (!made) return made;
  return sync_folder(folder_of(path));
}

}  // namespace millrace::journal
