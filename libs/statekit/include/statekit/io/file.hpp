// Files as the house writes them: whole and at once, or appended. Any thread, one writer a file.
#pragma once

#include <string>

#include "statekit/follower_cache.hpp"
#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::statekit {

// The whole file; NotFound when there is none.
Result<Bytes> read_file(const std::string& path);
// Beside it, synced, then renamed over it, and the folder synced. Makes the folder.
Status write_file(const std::string& path, BytesView content);

class DiskFile final : public CacheFile {
 public:
  explicit DiskFile(std::string path);
  ~DiskFile() override;
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  Result<Bytes> read() override;
  Status replace(BytesView content) override;
  Status append(BytesView bytes) override;
  void remove() override;

 private:
  void close();

  const std::string path_;
  int descriptor_ = -1;  // open for appending
};

}  // namespace millrace::statekit
