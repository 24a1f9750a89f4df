#include "sqlite_block.hpp"

#include "pack.hpp"
#include "rules.hpp"
#include "statekit/envelope.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

constexpr std::size_t length_bytes = 4;
constexpr std::size_t unpacked_max = 8 * block_bytes_max;

}  // namespace

Bytes encode_block(const Block& block) {
  Bytes octets;
  for (const Entry& entry : block.entries) {
    for (std::size_t i = 0; i < length_bytes; ++i)
      octets += static_cast<char>(entry.commit.size() >> (8 * i) & 0xff);
    octets += entry.commit;
  }
  return pack(octets);
}

JournalResult<void> decode_block(BytesView octets, Revision last, const Digest& digest,
                                 Block& block) {
  const auto bad = [](Revision revision, const char* what) {
    return refuse(JournalFault::corrupt, what, {}, revision);
  };
  const std::optional<Bytes> all = unpack(octets, unpacked_max);
  if (!all) return bad(block.first, "the block that begins there cannot be unpacked");
  BytesView rest = *all;
  Digest so_far = block.before;
  for (Revision next = block.first; next <= last; ++next) {
    if (rest.size() < length_bytes) return bad(next, "the block ends before the commit");
    std::size_t length = 0;
    for (std::size_t i = length_bytes; i > 0; --i)
      length = length << 8 | static_cast<unsigned char>(rest[i - 1]);
    rest.remove_prefix(length_bytes);
    if (rest.size() < length) return bad(next, "the block ends inside the commit");
    Entry entry{next, Bytes(rest.substr(0, length)), {}};
    rest.remove_prefix(length);
    const Result<Digest> chained = chain(so_far, next, entry.commit);
    if (!chained) return bad(next, "the commit is no envelope");
    entry.digest = so_far = *chained;
    block.entries.push_back(std::move(entry));
  }
  if (so_far != digest || !rest.empty()) return bad(block.first, "the block has another digest");
  return {};
}

Digest block_seal(Revision first, Revision last, BytesView before, BytesView digest,
                  BytesView octets) {
  Bytes all =
      "millrace journal block 2|" + std::to_string(first) + "|" + std::to_string(last) + "|";
  all += before;
  all += digest;
  all += octets;
  return sha256(all);
}

}  // namespace millrace::journal
