// What gRPC makes of a target, from its name resolution as it is: a text that is no URI of a scheme
// that it knows is a DNS name with or without a port. Only what surely leads nowhere is `never`.
#include "settings/target.hpp"

#include <algorithm>
#include <array>

#include "values.hpp"

namespace millrace::settings {
namespace {

constexpr std::string_view form = "write host:port, such as 127.0.0.1:8892";
constexpr std::array<std::string_view, 9> schemes{
    "dns",  "ipv4",          "ipv6",
    "unix", "unix-abstract", "vsock",
    "xds",  "google-c2p",    "google-c2p-experimental"};

std::string quoted(std::string_view text) {
  constexpr std::size_t shown_max = 60;
  const std::string shown = masked(std::string(text));
  return '"' + shown.substr(0, shown_max) + (shown.size() > shown_max ? "...\"" : "\"");
}

// Octets that no URI has, but for spaces at the end, which are cut off.
bool has_stray_octets(std::string_view text) {
  constexpr std::string_view stray = "\"<>\\^`{|}";
  const auto last = text.find_last_not_of(' ');
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  return std::any_of(text.begin(), text.end(), [&](char c) {
    return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7F ||
           stray.find(c) != std::string_view::npos;
  });
}

Reach reach_of_scheme(std::string_view scheme, std::string_view rest) {
  if (rest.empty()) return Reach::never;
  if (scheme.starts_with("ipv") && rest.substr(rest.rfind(']') + 1).find(':') == rest.npos)
    return Reach::never;  // without a port
  return Reach::likely;
}

bool is_ipv6(std::string_view host) {
  return host.find_first_not_of("0123456789abcdefABCDEF:.%") == std::string_view::npos;
}

// Of a name with or without a port, as DNS resolves it.
Reach reach_of_name(std::string_view text) {
  const std::string_view name = text.substr(0, text.find_first_of("/?#"));
  const auto colon = name.find(':');
  if (name.empty() || (colon == 0 && !name.starts_with("::"))) return Reach::never;
  if (!name.starts_with('[') && colon != name.rfind(':') && !is_ipv6(name)) return Reach::never;
  const std::string_view port = name.substr(name.rfind(':') + 1);
  if (port.find_first_not_of('0') == std::string_view::npos && !port.empty()) return Reach::never;
  return check_address(text) ? Reach::likely : Reach::odd;
}

std::string unreachable(std::string_view target) {
  return quoted(target) + " is no address that can ever be connected to: " + std::string(form);
}

std::string odd(std::string_view target) {
  const bool bare = target.find(':') == std::string_view::npos;
  return quoted(target) +
         (bare ? " names no port, so 443 is taken: write " + std::string(target) + ":PORT"
               : " is no usual address: " + std::string(form));
}

std::optional<Objection> judged(const std::vector<std::string>& targets) {
  if (targets.empty()) return Objection{Weight::refused, "names nobody: " + std::string(form)};
  std::optional<Objection> found;
  std::size_t never = 0;
  for (const std::string& target : targets) {
    const Reach reach = reach_of(target);
    if (reach == Reach::never) {
      ++never;
      found = Objection{Weight::useless, unreachable(target)};
    } else if (reach == Reach::odd && !found) {
      found = Objection{Weight::odd, odd(target)};
    }
  }
  if (never > 0 && never == targets.size()) found->weight = Weight::refused;
  return found;
}

std::optional<Objection> softened(std::optional<Objection> found, const std::string& without) {
  if (!found || found->weight != Weight::refused) return found;
  return Objection{Weight::useless, found->what + "; until then " + without};
}

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    parts.emplace_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return parts;
}

}  // namespace

Reach reach_of(std::string_view target) {
  if (has_stray_octets(target)) return Reach::never;
  const auto colon = target.find(':');
  const std::string_view scheme = target.substr(0, colon);
  const bool known = std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
  if (colon != std::string_view::npos && known)
    return reach_of_scheme(scheme, target.substr(colon + 1));
  if (target.find("://") != std::string_view::npos) return Reach::never;
  return reach_of_name(target);
}

Judge needed_targets(const std::vector<std::string>& targets) {
  return [&targets] { return judged(targets); };
}

Judge needed_targets(const std::string& targets) {
  return [&targets] { return judged(parts_of(targets)); };
}

Judge wanted_target(const std::string& target, std::string without) {
  return [&target, without = std::move(without)]() -> std::optional<Objection> {
    if (target.empty()) return std::nullopt;
    return softened(judged({target}), without);
  };
}

Judge wanted_targets(const std::vector<std::string>& targets, std::string without) {
  return [&targets, without = std::move(without)]() -> std::optional<Objection> {
    return targets.empty() ? judged(targets) : softened(judged(targets), without);
  };
}

}  // namespace millrace::settings
