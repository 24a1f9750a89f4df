// TokenFile: the token that a user names a file for, as the file has it now. Whoever runs for long
// (`millrace run`) would else go on showing one that has expired since, while a fresh one lies
// beside it. Made by main; thread safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "statekit/result.hpp"

namespace millrace::cli {

class TokenFile {
 public:
  // Errors as access::read_shown_token.
  static statekit::Result<std::shared_ptr<TokenFile>> open(const std::string& path);

  // "Bearer TOKEN". Looks whether the file is another one, which costs a call of the system; while
  // something is wrong with it the token before is shown.
  std::shared_ptr<const std::string> shown();

 private:
  // Device, inode, octets, and when it was changed: another file, or another content.
  using Stamp = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t, std::int64_t>;

  explicit TokenFile(std::string path) : path_(std::move(path)) {}
  Stamp stamp() const;
  statekit::Status read();

  const std::string path_;
  std::mutex mutex_;
  Stamp seen_;
  std::shared_ptr<const std::string> shown_;
};

}  // namespace millrace::cli
