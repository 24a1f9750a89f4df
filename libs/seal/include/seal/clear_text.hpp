// ClearText: a secret while it is in clear, wiped from memory when it goes. Whoever holds secrets
// holds them in this, and writes no core dumps. Values; move only.
#pragma once

#include <sys/resource.h>

#include <string>
#include <string_view>
#include <utility>

#include "statekit/result.hpp"

namespace millrace::seal {

// Overwrites the text and empties it.
void wipe(std::string& text);

class ClearText {
 public:
  ClearText() = default;
  // A short text is copied when it is moved, so what it came in is wiped.
  explicit ClearText(std::string text) : text_(text) { wipe(text); }
  ClearText(ClearText&& other) noexcept { text_.swap(other.text_); }
  ClearText& operator=(ClearText&& other) noexcept {
    if (this != &other) {
      wipe(text_);
      text_.swap(other.text_);
    }
    return *this;
  }
  ClearText(const ClearText&) = delete;
  ClearText& operator=(const ClearText&) = delete;
  ~ClearText() { wipe(text_); }

  std::string_view view() const { return text_; }
  std::size_t size() const { return text_.size(); }
  // To be filled by whoever makes it; its size is not to be changed.
  char* data() { return text_.data(); }

 private:
  std::string text_;
};

// From now on this process leaves no core dump, and no other process of the same user may look into
// it. Its children may.
void write_no_core_dumps();
// As above, for who starts programs of others: `setrlimit(RLIMIT_CORE)` with what is returned gives
// them back what they may write.
rlimit write_no_core_dumps_but_in_children();

}  // namespace millrace::seal
