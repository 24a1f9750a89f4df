// Saying who may do what: tokens and roles. Whether the caller may say it was checked before, at
// the gate.
#include <set>
#include <utility>

#include "services/schema/decide_parts.hpp"

namespace millrace::schema_service {

using access::Grant;
using access::RoleBinding;
using statekit::Code;
using statekit::CommandMeta;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

Status check_principal(const std::string& principal) {
  if (access::is_own_name(principal))
    return fail(
        Code::invalid_argument,
        "`" + principal + "` is what Millrace calls itself in the audit: take another name");
  if (access::is_principal(principal)) return {};
  return fail(Code::invalid_argument, "a principal has a name of 1 to " +
                                          std::to_string(access::name_bytes_max) +
                                          " visible ASCII characters without spaces");
}

Status check_roles(const std::vector<RoleBinding>& roles) {
  if (roles.size() > access::roles_of_grant_max)
    return fail(Code::invalid_argument,
                "a principal has at most " + std::to_string(access::roles_of_grant_max) + " roles");
  for (const RoleBinding& role : roles) {
    // The way that people write it says whether each pattern is one.
    if (access::binding_of(access::text_of(role)) == role) continue;
    return fail(Code::invalid_argument, "`" + access::text_of(role) +
                                            "` is no role: a pattern has letters, digits, _ and "
                                            "*, or is workspace:PATTERN, where - and . may stand "
                                            "too, and there are at most " +
                                            std::to_string(access::patterns_of_role_max));
  }
  return {};
}

Status check_token(const CommandMeta& meta, const access::Token& token) {
  if (!access::is_token_id(token.id) || token.hash == statekit::Digest{})
    return fail(Code::invalid_argument, "a token has an id of " +
                                            std::to_string(access::token_id_characters) +
                                            " lower-case letters and digits, and a hash");
  if (token.note.size() > access::note_bytes_max)
    return fail(Code::invalid_argument,
                "a note has at most " + std::to_string(access::note_bytes_max) + " octets");
  if (token.expires_ms < 0 || (token.expires_ms != 0 && token.expires_ms <= meta.now_ms))
    return fail(Code::invalid_argument, "this token would have expired already");
  return check_principal(token.principal);
}

Status check_room(const State& state) {
  if (state.book().tokens().size() < access::tokens_max &&
      state.book().grants().size() < access::grants_max)
    return {};
  return fail(Code::resource_exhausted,
              "there are " + std::to_string(state.book().tokens().size()) + " tokens and " +
                  std::to_string(state.book().grants().size()) +
                  " principals with roles, the most there may be of one of them: revoke those that "
                  "have expired");
}

}  // namespace

Result<Events> decide_token(const State& state, const CommandMeta& meta,
                            const CreateToken& command) {
  const access::Token& token = command.token;
  if (Status checked = check_token(meta, token); !checked) return fail(checked.error());
  if (Status checked = check_roles(command.roles); !checked) return fail(checked.error());
  if (Status room = check_room(state); !room) return fail(room.error());
  if (state.book().token(token.id) != nullptr)
    return fail(Code::already_exists, "there is a token " + token.id + " already: draw another");
  const Grant* before = state.book().grant(token.principal);
  if (before == nullptr && command.roles.empty())
    return fail(
        Code::failed_precondition,
        token.principal + " has no roles yet: say which it gets (" + access::roles_known() + ")");
  if (before != nullptr && !command.roles.empty() && before->roles != command.roles)
    return fail(Code::already_exists, token.principal + " has other roles (" +
                                          access::text_of(before->roles) +
                                          "): give none, or change them with `millrace role set`");
  Events events;
  if (before == nullptr)
    events.push_back(schema::RolesSet{{token.principal, command.roles, 0, "", 0}});
  events.push_back(schema::TokenCreated{token});
  return events;
}

Result<Events> decide_revocation(const State& state, const RevokeTokens& command) {
  if (command.ids.empty()) return fail(Code::invalid_argument, "names no token to revoke");
  if (command.ids.size() > tokens_revoked_max)
    return fail(Code::resource_exhausted,
                "at most " + std::to_string(tokens_revoked_max) + " tokens are revoked at a time");
  Events events;
  std::vector<std::string> unknown;
  for (const std::string& id : std::set<std::string>(command.ids.begin(), command.ids.end())) {
    const access::Token* token = state.book().token(id);
    if (token == nullptr)
      unknown.push_back("no token " + id.substr(0, access::name_bytes_max));
    else
      events.push_back(schema::TokenRevoked{id, token->principal});
  }
  if (unknown.empty()) return events;
  return fail(Code::not_found, "no such token, so nothing was done: `millrace token list` has all",
              std::move(unknown));
}

Result<Events> decide_roles(const State& state, const SetRoles& command) {
  const Grant* before = state.book().grant(command.principal);
  if (!command.roles.empty() || before == nullptr)  // what there is can be taken away
    if (Status checked = check_principal(command.principal); !checked) return fail(checked.error());
  if (Status checked = check_roles(command.roles); !checked) return fail(checked.error());
  if (command.roles.empty()) {
    if (before == nullptr)
      return fail(Code::not_found, command.principal + " has no roles that could be taken away");
    return Events{schema::RolesUnset{command.principal}};
  }
  if (before != nullptr && before->roles == command.roles) return Events{};
  if (before == nullptr)
    if (Status room = check_room(state); !room) return fail(room.error());
  return Events{schema::RolesSet{{command.principal, command.roles, 0, "", 0}}};
}

}  // namespace millrace::schema_service
