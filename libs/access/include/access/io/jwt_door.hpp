// JwtDoor: who shows a JSON Web Token, by the public keys of a JWKS file. The file is looked at
// again once a second, by whoever asks; what is wrong with it is told once, and the keys that were
// read before stay. Made with Trusted, asked by every gate of the process. Thread safe.
#pragma once

#include <memory>
#include <string_view>

#include "access/jwt.hpp"
#include "settings/auth.hpp"
#include "statekit/clock.hpp"

namespace millrace::access {

// Tokens whose signature was found right are known again without looking at it: so many.
inline constexpr std::size_t jwt_verified_max = 4'096;
inline constexpr std::int64_t jwks_look_ms = 1'000;

class JwtDoor {
 public:
  // FailedPrecondition: the file, or what must be set with it.
  static statekit::Result<std::shared_ptr<JwtDoor>> open(const settings::Jwt& settings);
  virtual ~JwtDoor() = default;

  // Has the look of one; tokens of Millrace's own have not.
  static bool is_jwt(std::string_view text);
  // Its signature was verified already, so that to ask for its bearer costs a hash.
  virtual bool knows(std::string_view text) const = 0;
  // Unauthenticated as in access/jwt.hpp.
  virtual statekit::Result<JwtBearer> bearer(std::string_view text, statekit::WallMs wall_ms,
                                             statekit::MonoMs mono_ms) = 0;
};

}  // namespace millrace::access
