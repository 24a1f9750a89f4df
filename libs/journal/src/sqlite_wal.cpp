#include "sqlite_wal.hpp"

#include <bit>
#include <cstdint>
#include <fstream>
#include <sstream>

#include "rules.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

constexpr std::size_t header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::uint32_t magic = 0x377f0682;  // the lowest bit: checksums read words big-endian

struct Sum {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  bool operator==(const Sum&) const = default;
};

class Log {
 public:
  explicit Log(BytesView octets) : octets_(octets) {
    big_endian_ = (word(0) & 1) != 0;
    const std::uint32_t size = word(8);
    page_bytes_ = size >= 512 && size <= 65536 && std::has_single_bit(size) ? size : 4096;
    frames_ = (octets.size() - header_bytes) / (frame_header_bytes + page_bytes_);
  }

  std::size_t frames() const { return frames_; }
  bool header_good() const {
    return (word(0) & ~1U) == magic && sum(octets_.substr(0, 24), {}) == header_sum();
  }
  Sum header_sum() const { return {word(24), word(28)}; }
  Sum stored_sum(std::size_t frame) const { return {word(at(frame) + 16), word(at(frame) + 20)}; }
  bool of_this_log(std::size_t frame) const {
    return octets_.substr(at(frame) + 8, 8) == octets_.substr(16, 8);
  }
  bool ends_transaction(std::size_t frame) const { return word(at(frame) + 4) != 0; }
  // That the frame follows one which has the sum `before`.
  bool follows(std::size_t frame, Sum before) const {
    const Sum own = sum(octets_.substr(at(frame), 8), before);
    return sum(octets_.substr(at(frame) + frame_header_bytes, page_bytes_), own) ==
           stored_sum(frame);
  }

 private:
  std::size_t at(std::size_t frame) const {
    return header_bytes + frame * (frame_header_bytes + page_bytes_);
  }
  std::uint32_t word(std::size_t where, bool big_endian = true) const {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t from = big_endian ? i : 3 - i;
      number = number << 8 | static_cast<unsigned char>(octets_[where + from]);
    }
    return number;
  }
  Sum sum(BytesView over, Sum so_far) const {
    const auto begin = static_cast<std::size_t>(over.data() - octets_.data());
    for (std::size_t i = begin; i < begin + over.size(); i += 8) {
      so_far.a += word(i, big_endian_) + so_far.b;
      so_far.b += word(i + 4, big_endian_) + so_far.a;
    }
    return so_far;
  }

  BytesView octets_;
  bool big_endian_ = false;
  std::size_t page_bytes_ = 0;
  std::size_t frames_ = 0;
};

// With a bad header SQLite takes the whole log for empty. One that was never finished has no
// transaction after it, because it is synced first.
std::optional<std::size_t> judge_without_header(const Log& log) {
  for (std::size_t i = 1; i < log.frames(); ++i)
    if (log.ends_transaction(i) && log.follows(i, log.stored_sum(i - 1))) return 0;
  return std::nullopt;
}

Bytes contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream octets;
  octets << in.rdbuf();
  return std::move(octets).str();
}

}  // namespace

std::optional<std::size_t> damaged_frame(BytesView octets) {
  if (octets.size() <= header_bytes) return std::nullopt;
  const Log log(octets);
  if (!log.header_good()) return judge_without_header(log);
  std::size_t bad = 0;
  for (Sum before = log.header_sum(); bad < log.frames(); ++bad) {
    if (!log.of_this_log(bad) || !log.follows(bad, before)) break;
    before = log.stored_sum(bad);
  }
  bool ended = false;
  for (std::size_t i = bad; i < log.frames(); ++i) {
    if (ended && log.of_this_log(i) && log.follows(i, log.stored_sum(i - 1))) return bad + 1;
    ended = ended || (log.ends_transaction(i) && (i == bad || log.of_this_log(i)));
  }
  return std::nullopt;
}

JournalResult<void> check_log(const std::string& path) {
  // Read twice: a frame that was being written during the first look is whole in the second.
  const std::optional<std::size_t> bad = damaged_frame(contents(path + "-wal"));
  if (!bad || damaged_frame(contents(path + "-wal")) != bad) return {};
  return refuse(JournalFault::corrupt,
                path + "-wal: the log that a crash left is damaged at frame " +
                    std::to_string(*bad) +
                    ", commits after it would be lost: restore a backup of both files");
}

}  // namespace millrace::journal
