// Trusted: what a process takes for true of callers without asking the state, read from its
// settings once, before anything starts; the files of tokens and keys that they name are read
// again. Handed to every gate of the process.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/caller.hpp"
#include "access/io/jwt_door.hpp"
#include "access/io/own_tokens.hpp"
#include "settings/auth.hpp"
#include "statekit/result.hpp"

namespace millrace::access {

struct Trusted {
  bool required = false;  // false: nobody is asked, all is as if there were no gate
  // What this process shows to other services, and takes from them; null: nothing.
  std::shared_ptr<OwnTokens> own;
  std::optional<Digest> bootstrap;
  std::vector<std::string> service_identities;
  std::shared_ptr<JwtDoor> jwt;  // null: no JWT is taken

  // Whose token this is, where it is one of the two.
  std::optional<Caller> caller_by_token(const Digest& hash) const;
  std::optional<Caller> caller_by_identity(std::string_view identity) const;
};

// A token as `millrace token` makes them: mlr_<id>_<secret>, from the system's generator.
std::string draw_token();
// Makes a file of mode 0600 with a token; AlreadyExists where there is one.
statekit::Status write_token_file(const std::string& path, const std::string& token);
// FailedPrecondition where others can read the file, or it holds no token.
statekit::Result<std::string> read_token_file(const std::string& path);
// The same of a token of any kind, to be shown to others: one line of visible characters.
statekit::Result<std::string> read_shown_token(const std::string& path);

// With mode off nothing is read. Without a token file the process draws a token of its own, which
// does inside one process only.
statekit::Result<Trusted> trusted_by(const settings::Auth& auth);
// `millrace serve`: makes `DATA/bootstrap.token` where no other is named. The path that it uses.
statekit::Result<std::string> make_bootstrap_file(const std::string& data);

}  // namespace millrace::access
