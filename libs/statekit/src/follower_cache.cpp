#include "statekit/follower_cache.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace millrace::statekit {
namespace {

// The file: magic, then records. A record: kind (1 octet), length (4, big-endian), payload, the
// first 8 octets of its checksum. checksum(n) = SHA-256(checksum(n-1) | kind | length | payload),
// so that a record cannot be lost, moved or changed unseen. The first record is the label.
constexpr BytesView magic = "millrace-feed-cache 1\n";
constexpr char label_kind = 'L';
constexpr char part_kind = 'S';    // one part of the snapshot
constexpr char end_kind = 'E';     // the snapshot is complete
constexpr char commit_kind = 'C';  // revision (8), digest (32), commit
constexpr std::size_t head_bytes = 5;
constexpr std::size_t sum_bytes = 8;
constexpr std::size_t commit_head_bytes = 40;

Bytes big_endian(std::uint64_t number, std::size_t octets) {
  Bytes out(octets, '\0');
  for (std::size_t i = 0; i < octets; ++i)
    out[octets - 1 - i] = static_cast<char>(number >> (8 * i));
  return out;
}

std::uint64_t number_of(BytesView octets) {
  std::uint64_t number = 0;
  for (const char octet : octets) number = number << 8 | static_cast<unsigned char>(octet);
  return number;
}

Digest next_sum(const Digest& previous, BytesView head, BytesView payload) {
  // The payload by its hash, so that a large one is not copied.
  return sha256(to_bytes(previous) + Bytes(head) + to_bytes(sha256(payload)));
}

void put(Bytes& out, Digest& sum, char kind, BytesView payload) {
  const Bytes head = Bytes(1, kind) + big_endian(payload.size(), 4);
  sum = next_sum(sum, head, payload);
  out += head;
  out += payload;
  out += BytesView(to_bytes(sum)).substr(0, sum_bytes);
}

struct Record {
  char kind;
  BytesView payload;
};

enum class Taken { record, cut_off, damaged };

Taken take(BytesView& rest, Digest& sum, Record& record) {
  if (rest.size() < head_bytes) return Taken::cut_off;
  const std::uint64_t length = number_of(rest.substr(1, 4));
  if (rest.size() < head_bytes + length + sum_bytes) return Taken::cut_off;
  record = {rest.front(), rest.substr(head_bytes, length)};
  sum = next_sum(sum, rest.substr(0, head_bytes), record.payload);
  const Bytes expected = to_bytes(sum);
  if (rest.substr(head_bytes + length, sum_bytes) != BytesView(expected).substr(0, sum_bytes))
    return Taken::damaged;
  rest.remove_prefix(head_bytes + length + sum_bytes);
  return Taken::record;
}

bool add_commit(CachedFeed& cached, BytesView payload) {
  FeedCommit commit;
  if (payload.size() < commit_head_bytes || !from_bytes(payload.substr(8, 32), commit.digest))
    return false;
  commit.revision = number_of(payload.substr(0, 8));
  commit.bytes = std::make_shared<const Bytes>(payload.substr(commit_head_bytes));
  cached.commits.push_back(std::move(commit));
  return true;
}

// Reads `content` whole; `good` says how much of it holds complete records.
std::optional<CachedFeed> parse(BytesView content, BytesView label, Digest& sum,
                                std::size_t& good) {
  if (!content.starts_with(magic)) return std::nullopt;
  BytesView rest = content.substr(magic.size());
  CachedFeed cached;
  bool labelled = false;
  bool complete = false;
  while (!rest.empty()) {
    Record record{};
    Digest next = sum;
    const Taken taken = take(rest, next, record);
    if (taken == Taken::damaged) return std::nullopt;
    if (taken == Taken::cut_off) break;
    sum = next;
    good = content.size() - rest.size();
    if (!labelled) {
      if (record.kind != label_kind || record.payload != label) return std::nullopt;
      labelled = true;
    } else if (record.kind == part_kind && !complete) {
      cached.snapshot.emplace_back(record.payload);
    } else if (record.kind == end_kind && !complete) {
      complete = true;
    } else if (record.kind != commit_kind || !complete || !add_commit(cached, record.payload)) {
      return std::nullopt;
    }
  }
  if (!complete) return std::nullopt;
  return cached;
}

}  // namespace

FollowerCache::FollowerCache(std::unique_ptr<CacheFile> file, std::string label,
                             std::size_t tail_bytes_min)
    : file_(std::move(file)), label_(std::move(label)), tail_bytes_min_(tail_bytes_min) {}

Result<CachedFeed> FollowerCache::load() {
  sound_ = false;
  const Result<Bytes> content = file_->read();
  if (!content) return fail(content.error());
  Digest sum;
  std::size_t good = 0;
  std::optional<CachedFeed> cached = parse(*content, label_, sum, good);
  if (!cached) {
    discard();
    return fail(Code::data_loss, "the feed's cache was damaged or another's: thrown away");
  }
  // What a crash cut off at the end must go before anything is appended.
  if (good != content->size() && !file_->replace(BytesView(*content).substr(0, good)))
    return cached.value();
  checksum_ = sum;
  sound_ = true;
  snapshot_bytes_ = tail_bytes_ = 0;
  for (const Bytes& part : cached->snapshot) snapshot_bytes_ += part.size();
  for (const FeedCommit& commit : cached->commits) tail_bytes_ += commit.bytes->size();
  return std::move(*cached);
}

Status FollowerCache::replace(const std::vector<Bytes>& snapshot) {
  sound_ = false;
  Bytes content(magic);
  checksum_ = {};
  snapshot_bytes_ = tail_bytes_ = 0;
  put(content, checksum_, label_kind, label_);
  for (const Bytes& part : snapshot) {
    put(content, checksum_, part_kind, part);
    snapshot_bytes_ += part.size();
  }
  put(content, checksum_, end_kind, {});
  Status written = file_->replace(content);
  sound_ = written.has_value();
  return written;
}

Status FollowerCache::append(const FeedCommit& commit) {
  if (!sound_) return {};
  Bytes record;
  put(record, checksum_, commit_kind,
      big_endian(commit.revision, 8) + to_bytes(commit.digest) + *commit.bytes);
  Status written = file_->append(record);
  sound_ = written.has_value();
  tail_bytes_ += commit.bytes->size();
  return written;
}

bool FollowerCache::outgrown() const {
  return sound_ && tail_bytes_ > std::max(snapshot_bytes_, tail_bytes_min_);
}

void FollowerCache::discard() {
  file_->remove();
  sound_ = false;
}

}  // namespace millrace::statekit
