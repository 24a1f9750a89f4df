// OwnTokens: what Millrace's own services show to each other, as auth.token_file has it now. Its
// first line is shown, every line is taken, so that a new token can come in beside the old one and
// no service has to be started again (docs/access.md, docs/decisions/0180). Made by trusted_by,
// asked by the gates and by each channel. Thread safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "access/model.hpp"
#include "statekit/io/program.hpp"
#include "statekit/result.hpp"

namespace millrace::access {

inline constexpr std::size_t own_tokens_max = 4;
inline constexpr std::int64_t own_tokens_interval_ms = 1'000;

// FailedPrecondition where others can read the file, or a line of it is no token.
statekit::Result<std::vector<std::string>> read_own_tokens(const std::string& path);

class OwnTokens {
 public:
  static statekit::Result<std::shared_ptr<OwnTokens>> open(const std::string& path);
  // One that no file holds.
  static std::shared_ptr<OwnTokens> of(const std::string& token);

  std::string token() const;                         // what is shown: the first
  std::shared_ptr<const std::string> shown() const;  // "Bearer TOKEN" of it; never null
  bool has(const Digest& hash) const;
  std::size_t size() const;

  // Reads the file again. True: what it holds now is in force from here on. Errors as open(); then
  // what was in force stays so.
  statekit::Result<bool> reload();
  const std::string& path() const { return path_; }  // empty: no file holds it

 private:
  struct Known {
    std::vector<std::string> tokens;
    std::vector<Digest> hashes;
    std::shared_ptr<const std::string> shown;
  };

  OwnTokens(std::string path, std::vector<std::string> tokens);
  static std::shared_ptr<const Known> known_of(std::vector<std::string> tokens);
  std::shared_ptr<const Known> known() const;

  const std::string path_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Known> known_;
};

// As the next part of the program: reads the file again once a second, and says in the log what
// became of it. Nothing to do where no file holds them.
void watch_own_tokens(statekit::Program& program, std::shared_ptr<OwnTokens> tokens);

}  // namespace millrace::access
