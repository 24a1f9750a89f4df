// Payload: the octets of one message as they came off the wire, in pieces that are shared and never
// change, with perhaps a few octets of ours behind them. Passing one on copies no body. Knows no
// transport: an adapter makes it around its own buffers. A value; the octets may be read from any
// thread.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::routing {

class Payload {
 public:
  Payload() = default;
  explicit Payload(std::string octets)
      : Payload(std::make_shared<const std::string>(std::move(octets))) {}
  // `owner` keeps the octets of the pieces alive.
  Payload(std::vector<std::string_view> pieces, std::shared_ptr<const void> owner)
      : pieces_(std::move(pieces)), owner_(std::move(owner)) {
    for (const std::string_view piece : pieces_) size_ += piece.size();
  }

  // The same octets with more behind them. REQUIRES: called once.
  void append(std::string octets) {
    if (octets.empty()) return;
    tail_ = std::make_shared<const std::string>(std::move(octets));
    pieces_.emplace_back(*tail_);
    size_ += tail_->size();
  }

  std::span<const std::string_view> pieces() const { return pieces_; }
  std::size_t size() const { return size_; }

 private:
  explicit Payload(std::shared_ptr<const std::string> whole)
      : pieces_{*whole}, owner_(std::move(whole)) {
    size_ = pieces_.front().size();
  }

  std::vector<std::string_view> pieces_;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<const std::string> tail_;
  std::size_t size_ = 0;
};

}  // namespace millrace::routing
