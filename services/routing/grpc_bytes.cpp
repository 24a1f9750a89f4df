#include "services/routing/grpc_bytes.hpp"

#include <algorithm>
#include <array>

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/string_ref.h>

namespace millrace::routing {
namespace {

// Below it a copy costs less than one more shared owner.
constexpr std::size_t copied_bytes_max = 4096;

constexpr std::array<std::string_view, 6> reserved = {
    "user-agent", "content-type", "te", "host", "accept-encoding", "content-length"};

bool is_users(std::string_view key) {
  return !key.starts_with("grpc-") && !key.starts_with(":") &&
         std::find(reserved.begin(), reserved.end(), key) == reserved.end();
}

grpc::Slice to_slice(std::string_view piece, const std::shared_ptr<const Payload>& owner) {
  if (piece.size() <= copied_bytes_max) return grpc::Slice(piece.data(), piece.size());
  using Owner = std::shared_ptr<const Payload>;
  void* octets = const_cast<char*>(piece.data());  // gRPC does not write to a slice's octets
  return grpc::Slice(
      octets, piece.size(), [](void* kept) { delete static_cast<Owner*>(kept); }, new Owner(owner));
}

}  // namespace

Payload to_payload(const grpc::ByteBuffer& buffer) {
  auto slices = std::make_shared<std::vector<grpc::Slice>>();
  // Dump fails only for a buffer that was never filled: an empty message.
  if (!buffer.Valid() || !buffer.Dump(slices.get()).ok()) return {};
  std::vector<std::string_view> pieces;
  pieces.reserve(slices->size() + 1);
  for (const grpc::Slice& slice : *slices)
    pieces.emplace_back(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return {std::move(pieces), std::move(slices)};
}

grpc::ByteBuffer to_buffer(const Payload& payload) {
  const bool large = payload.size() > copied_bytes_max;
  const auto owner = large ? std::make_shared<const Payload>(payload) : nullptr;
  std::vector<grpc::Slice> slices;
  slices.reserve(payload.pieces().size());
  for (const std::string_view piece : payload.pieces()) slices.push_back(to_slice(piece, owner));
  return grpc::ByteBuffer(slices.data(), slices.size());
}

Headers to_headers(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  Headers out;
  for (const auto& [key, value] : metadata) {
    const std::string_view name(key.data(), key.size());
    if (is_users(name)) out.emplace_back(name, std::string(value.data(), value.size()));
  }
  return out;
}

}  // namespace millrace::routing
