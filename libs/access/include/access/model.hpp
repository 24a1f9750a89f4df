// Who may do what, as values: roles with patterns of modules, the grant of a principal, and tokens,
// of which only a hash is known. The schema service decides them; every service folds them into a
// Book (book.hpp). Pure; free of threads. Times in milliseconds since 1970.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "statekit/clock.hpp"
#include "statekit/types.hpp"

namespace millrace::access {

using statekit::Digest;
using statekit::Revision;
using statekit::WallMs;

enum class Role : std::uint8_t { viewer = 1, deployer, operator_, secret_reader, service, admin };

std::string_view name_of(Role role);  // "viewer", "secret-reader", ...
std::optional<Role> role_of(std::string_view name);
std::string roles_known();  // "viewer, deployer, ..."

// A role for the modules that one of the patterns matches; `*` stands for any letters. No pattern:
// for all modules. The role `service` is the one exception: without a pattern it is Millrace's own
// services, with one it is what serves these modules, and calls as them.
//
// A pattern that begins with `workspace:` is for states over HTTP: a role that has one reaches the
// workspaces that it names and no others, and one that has nothing else is for no module. They
// stand in the same list, so that who does not know them takes them for modules that do not exist.
struct RoleBinding {
  Role role = Role::viewer;
  std::vector<std::string> modules;  // and workspaces
  bool operator==(const RoleBinding&) const = default;
};

inline constexpr std::string_view workspace_prefix = "workspace:";

bool matches(std::string_view pattern, std::string_view module);
inline bool is_for_workspace(std::string_view pattern) {
  return pattern.starts_with(workspace_prefix);
}
std::string text_of(const RoleBinding& binding);                // "deployer=shop*,cart"
std::string text_of(const std::vector<RoleBinding>& bindings);  // with spaces between
std::optional<RoleBinding> binding_of(std::string_view text);   // the other way

// What a principal may do: a person, a service, a module's deployment.
struct Grant {
  std::string principal;
  std::vector<RoleBinding> roles;
  Revision revision = 0;  // of the commit that made it, by whom and when
  std::string author;
  WallMs time_ms = 0;
  bool operator==(const Grant&) const = default;
};

// A token is `mlr_<id>_<secret>`. The secret has 256 bits of randomness, so a plain hash of the
// whole text is enough to know it by, and tells nothing.
struct Token {
  std::string id;  // 10 base36 characters
  Digest hash;     // SHA-256 of the whole text
  std::string principal;
  std::string note;
  WallMs expires_ms = 0;  // 0: never
  Revision revision = 0;  // of the commit that made it, by whom and when
  std::string author;
  WallMs time_ms = 0;
  bool operator==(const Token&) const = default;
};

// Limits of names, notes and lists.
inline constexpr std::size_t name_bytes_max = 256;
inline constexpr std::size_t note_bytes_max = 1'024;
inline constexpr std::size_t roles_of_grant_max = 64;
inline constexpr std::size_t patterns_of_role_max = 64;
inline constexpr std::size_t tokens_max = 10'000;
inline constexpr std::size_t grants_max = 10'000;
inline constexpr std::size_t token_id_characters = 10;
inline constexpr std::size_t token_secret_characters = 52;  // base36: over 256 bits
inline constexpr std::string_view token_prefix = "mlr_";

bool is_token_id(std::string_view id);
// The id inside a token's text; empty: it has not the form of one.
std::string_view id_of_token(std::string_view text);
// A name that may stand in logs and commits: no spaces, no control characters.
bool is_principal(std::string_view name);
// What Millrace calls itself as the author of a change ("schema", "millrace", "bootstrap"): whoever
// had such a name could hide behind it in the audit.
bool is_own_name(std::string_view name);

}  // namespace millrace::access
