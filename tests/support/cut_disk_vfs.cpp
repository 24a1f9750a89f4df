#include "support/cut_disk_vfs.hpp"

#include <new>

namespace millrace::test {

namespace {

// One open file: ours in front, SQLite's own behind it in the same memory.
struct OpenFile {
  sqlite3_file base;
  CutDisk* disk;
  const char* path;  // SQLite keeps it until the file is closed; null: a nameless temporary file
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

OpenFile& ours(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return ours(file).real(); }
CutDisk& disk_of(sqlite3_vfs* vfs) { return *static_cast<CutDisk*>(vfs->pAppData); }
sqlite3_vfs* real(sqlite3_vfs* vfs) { return disk_of(vfs).real(); }

int on_close(sqlite3_file* file) {
  const int code = real(file)->pMethods->xClose(real(file));
  if (ours(file).path) ours(file).disk->closed(ours(file).path);
  return code;
}

int on_read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  if (const int code = ours(file).disk->before_read()) return code;
  return real(file)->pMethods->xRead(real(file), to, size, at);
}

int on_write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  sqlite3_int64 now = 0;
  real(file)->pMethods->xFileSize(real(file), &now);
  if (const int code = ours(file).disk->before_change(at + size > now, false)) return code;
  const int code = real(file)->pMethods->xWrite(real(file), from, size, at);
  if (code == SQLITE_OK && ours(file).path)
    ours(file).disk->written(
        ours(file).path,
        {static_cast<std::uint64_t>(at),
         std::string(static_cast<const char*>(from), static_cast<std::size_t>(size)), false});
  return code;
}

int on_truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = ours(file).disk->before_change(false, false)) return code;
  const int code = real(file)->pMethods->xTruncate(real(file), size);
  if (code == SQLITE_OK && ours(file).path)
    ours(file).disk->written(ours(file).path, {static_cast<std::uint64_t>(size), {}, true});
  return code;
}

int on_sync(sqlite3_file* file, int flags) {
  if (const int code = ours(file).disk->before_change(false, true)) return code;
  const int code = real(file)->pMethods->xSync(real(file), flags);
  if (code == SQLITE_OK && ours(file).path) ours(file).disk->synced(ours(file).path);
  return code;
}

int on_size(sqlite3_file* file, sqlite3_int64* size) {
  if (const int code = ours(file).disk->before_read()) return code;
  return real(file)->pMethods->xFileSize(real(file), size);
}

int on_lock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int on_unlock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int on_reserved(sqlite3_file* file, int* held) {
  return real(file)->pMethods->xCheckReservedLock(real(file), held);
}
int on_control(sqlite3_file* file, int what, void* with) {
  return real(file)->pMethods->xFileControl(real(file), what, with);
}
int on_sector(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int on_traits(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int on_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, at);
}
int on_shm_lock(sqlite3_file* file, int from, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), from, count, flags);
}
void on_shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int on_shm_unmap(sqlite3_file* file, int deletes) {
  return real(file)->pMethods->xShmUnmap(real(file), deletes);
}

const sqlite3_io_methods methods = {
    2,           on_close,       on_read,      on_write,   on_truncate, on_sync,   on_size,
    on_lock,     on_unlock,      on_reserved,  on_control, on_sector,   on_traits, on_shm_map,
    on_shm_lock, on_shm_barrier, on_shm_unmap, nullptr,    nullptr};

int on_open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
  CutDisk& disk = disk_of(vfs);
  OpenFile* opened = new (file) OpenFile{{nullptr}, &disk, path};
  int existed = 0;
  if (disk.before_read()) return SQLITE_CANTOPEN;
  if (path) real(vfs)->xAccess(real(vfs), path, SQLITE_ACCESS_EXISTS, &existed);
  const int code = real(vfs)->xOpen(real(vfs), path, opened->real(), flags, out);
  if (code != SQLITE_OK) return code;
  file->pMethods = &methods;
  if (path) disk.opened(path, existed != 0);
  return SQLITE_OK;
}

int on_delete(sqlite3_vfs* vfs, const char* path, int sync) {
  if (disk_of(vfs).before_change(false, false)) return SQLITE_IOERR_DELETE;
  const int code = real(vfs)->xDelete(real(vfs), path, sync);
  if (code == SQLITE_OK) disk_of(vfs).removed(path, sync != 0);
  return code;
}

int on_access(sqlite3_vfs* vfs, const char* path, int flags, int* answer) {
  if (disk_of(vfs).before_read()) return SQLITE_IOERR_ACCESS;
  return real(vfs)->xAccess(real(vfs), path, flags, answer);
}
int on_full_name(sqlite3_vfs* vfs, const char* path, int size, char* out) {
  return real(vfs)->xFullPathname(real(vfs), path, size, out);
}
int on_random(sqlite3_vfs* vfs, int size, char* out) {
  return real(vfs)->xRandomness(real(vfs), size, out);
}
int on_sleep(sqlite3_vfs* vfs, int us) { return real(vfs)->xSleep(real(vfs), us); }
int on_time(sqlite3_vfs* vfs, double* now) { return real(vfs)->xCurrentTime(real(vfs), now); }
int on_last_error(sqlite3_vfs* vfs, int size, char* out) {
  return real(vfs)->xGetLastError(real(vfs), size, out);
}
int on_time64(sqlite3_vfs* vfs, sqlite3_int64* now) {
  return real(vfs)->xCurrentTimeInt64(real(vfs), now);
}

}  // namespace

void fill_vfs(sqlite3_vfs& vfs, CutDisk& disk, const char* name) {
  vfs = {};
  vfs.iVersion = 2;
  vfs.szOsFile = static_cast<int>(sizeof(OpenFile)) + disk.real()->szOsFile;
  vfs.mxPathname = disk.real()->mxPathname;
  vfs.zName = name;
  vfs.pAppData = &disk;
  vfs.xOpen = on_open;
  vfs.xDelete = on_delete;
  vfs.xAccess = on_access;
  vfs.xFullPathname = on_full_name;
  vfs.xRandomness = on_random;
  vfs.xSleep = on_sleep;
  vfs.xCurrentTime = on_time;
  vfs.xGetLastError = on_last_error;
  vfs.xCurrentTimeInt64 = on_time64;
}

}  // namespace millrace::test
