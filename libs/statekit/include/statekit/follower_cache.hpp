// FollowerCache: what a follower keeps on disk so that it starts and serves while the schema
// service is away: the snapshot that it was sent, byte for byte, and each later commit appended.
// Every record is checksummed, and each checksum covers the one before it; a damaged file is thrown
// away, a tail that a crash cut off is dropped. One thread. The file itself is a seam: a CacheFile.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "statekit/feed.hpp"
#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::statekit {

// One file. Implementations: DiskFile (statekit/io/file.hpp), and one in memory for tests.
class CacheFile {
 public:
  virtual ~CacheFile() = default;
  // NotFound when there is none.
  virtual Result<Bytes> read() = 0;
  // All of it at once: a crash leaves the old or the new content.
  virtual Status replace(BytesView content) = 0;
  // At the end; a crash may cut it off anywhere.
  virtual Status append(BytesView bytes) = 0;
  virtual void remove() = 0;
};

struct CachedFeed {
  std::vector<Bytes> snapshot;  // parts, header first
  std::vector<FeedCommit> commits;
};

class FollowerCache {
 public:
  // `label` names who can read this cache ("routing 1": kind and format); another label's cache is
  // thrown away. The tail has outgrown its snapshot beyond max(snapshot, tail_bytes_min).
  FollowerCache(std::unique_ptr<CacheFile> file, std::string label,
                std::size_t tail_bytes_min = std::size_t{4} << 20);

  Result<CachedFeed> load();
  Status replace(const std::vector<Bytes>& snapshot);
  // Does nothing until there is a snapshot to append to.
  Status append(const FeedCommit& commit);
  bool outgrown() const;
  void discard();

 private:
  const std::unique_ptr<CacheFile> file_;
  const std::string label_;
  const std::size_t tail_bytes_min_;
  bool sound_ = false;  // the file holds a snapshot and all that was appended
  Digest checksum_;     // of the last record
  std::size_t snapshot_bytes_ = 0;
  std::size_t tail_bytes_ = 0;
};

}  // namespace millrace::statekit
