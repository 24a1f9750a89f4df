#include "access/model.hpp"

#include <algorithm>
#include <array>

namespace millrace::access {

namespace {

struct NamedRole {
  Role role;
  std::string_view name;
};
constexpr std::array<NamedRole, 6> roles = {{{Role::viewer, "viewer"},
                                             {Role::deployer, "deployer"},
                                             {Role::operator_, "operator"},
                                             {Role::secret_reader, "secret-reader"},
                                             {Role::service, "service"},
                                             {Role::admin, "admin"}}};

bool is_base36(std::string_view text) {
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string_view::npos;
}

bool is_pattern(std::string_view text) {
  constexpr std::string_view of_modules =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_*";
  constexpr std::string_view of_workspaces =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_*-.";
  const bool workspace = is_for_workspace(text);
  if (workspace) text.remove_prefix(workspace_prefix.size());
  return !text.empty() && text.size() <= name_bytes_max &&
         text.find_first_not_of(workspace ? of_workspaces : of_modules) == std::string_view::npos;
}

}  // namespace

std::string_view name_of(Role role) {
  for (const NamedRole& each : roles)
    if (each.role == role) return each.name;
  return "unknown";
}

std::optional<Role> role_of(std::string_view name) {
  for (const NamedRole& each : roles)
    if (each.name == name) return each.role;
  return std::nullopt;
}

std::string roles_known() {
  std::string out;
  for (const NamedRole& each : roles) out += (out.empty() ? "" : ", ") + std::string(each.name);
  return out;
}

// Greedy with one place to come back to: linear for the patterns that people write.
bool matches(std::string_view pattern, std::string_view module) {
  std::size_t p = 0, m = 0, star = std::string_view::npos, from = 0;
  while (m < module.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = m;
    } else if (p < pattern.size() && pattern[p] == module[m]) {
      ++p;
      ++m;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      m = ++from;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(p), pattern.end(),
                     [](char c) { return c == '*'; });
}

std::string text_of(const RoleBinding& binding) {
  std::string out(name_of(binding.role));
  for (const std::string& pattern : binding.modules)
    out += (&pattern == &binding.modules.front() ? "=" : ",") + pattern;
  return out;
}

std::string text_of(const std::vector<RoleBinding>& bindings) {
  std::string out;
  for (const RoleBinding& binding : bindings) out += (out.empty() ? "" : " ") + text_of(binding);
  return out;
}

std::optional<RoleBinding> binding_of(std::string_view text) {
  const std::size_t equals = text.find('=');
  const auto role = role_of(text.substr(0, equals));
  if (!role) return std::nullopt;
  RoleBinding binding{*role, {}};
  if (equals == std::string_view::npos) return binding;
  std::string_view rest = text.substr(equals + 1);
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view pattern = rest.substr(0, comma);
    if (!is_pattern(pattern) || binding.modules.size() == patterns_of_role_max) return std::nullopt;
    binding.modules.emplace_back(pattern);
    if (comma == std::string_view::npos) return binding;
    rest.remove_prefix(comma + 1);
  }
}

bool is_token_id(std::string_view id) { return id.size() == token_id_characters && is_base36(id); }

std::string_view id_of_token(std::string_view text) {
  constexpr std::size_t size =
      token_prefix.size() + token_id_characters + 1 + token_secret_characters;
  if (text.size() != size || !text.starts_with(token_prefix)) return {};
  const std::string_view id = text.substr(token_prefix.size(), token_id_characters);
  const std::string_view secret = text.substr(size - token_secret_characters);
  const bool well_formed = is_token_id(id) && is_base36(secret) &&
                           text[token_prefix.size() + token_id_characters] == '_';
  return well_formed ? id : std::string_view{};
}

bool is_principal(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_own_name(std::string_view name) {
  return name == "schema" || name == "millrace" || name == "bootstrap";
}

}  // namespace millrace::access
