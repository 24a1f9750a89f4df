#include "pack.hpp"

#include <memory>

#include <zstd.h>

namespace millrace::journal {

using namespace statekit;

namespace {

constexpr int level = 3;  // measured: docs/decisions/0100-second-sqlite-generation.md
constexpr char as_it_is = 0;
constexpr char zstandard = 1;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

Bytes pack(BytesView octets) {
  Bytes packed(1 + ZSTD_compressBound(octets.size()), zstandard);
  // Its tables are a megabyte or so: making them each time would cost as much as packing a block.
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  const std::size_t size = ZSTD_compressCCtx(context.get(), packed.data() + 1, packed.size() - 1,
                                             octets.data(), octets.size(), level);
  if (ZSTD_isError(size) == 0 && size < octets.size()) {
    packed.resize(1 + size);
    return packed;
  }
  packed.assign(1, as_it_is);
  packed += octets;
  return packed;
}

std::optional<Bytes> unpack(BytesView packed, std::size_t max) {
  if (packed.empty()) return std::nullopt;
  const BytesView rest = packed.substr(1);
  if (packed.front() == as_it_is && rest.size() <= max) return Bytes(rest);
  if (packed.front() != zstandard) return std::nullopt;
  const unsigned long long size = ZSTD_getFrameContentSize(rest.data(), rest.size());
  // Also true for the two values that stand for "unknown" and "no frame".
  if (size > max) return std::nullopt;
  Bytes octets(static_cast<std::size_t>(size), '\0');
  if (ZSTD_decompress(octets.data(), octets.size(), rest.data(), rest.size()) != octets.size())
    return std::nullopt;
  return octets;
}

}  // namespace millrace::journal
