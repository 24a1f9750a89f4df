#include "services/schema/workspace/route.hpp"

#include <charconv>
#include <vector>

#include "httpkit/message.hpp"

namespace millrace::workspace {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

constexpr std::size_t etags_max = 16;

// Digits only, no sign, no leading zero.
std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty() && path.front() == '/') {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

tl::unexpected<statekit::Error> no_such_path() {
  return fail(Code::not_found,
              "there is no such resource: states are at /v1/workspaces/NAME/state and /v1/state");
}

// What follows /v1/workspaces/NAME/journal.
Result<Route> below_journal(Route route, const std::vector<std::string_view>& rest) {
  route.resource = Resource::journal;
  if (rest.size() == 1) return route;
  if (rest.size() == 3) {
    const auto number = number_of(rest[2]);
    if (rest[1] != "snapshots" || !number) return no_such_path();
    route.resource = Resource::journal_snapshot;
    route.number = *number;
    return route;
  }
  if (rest.size() != 2) return no_such_path();
  if (rest[1] == "entries")
    route.resource = Resource::journal_entries;
  else if (rest[1] == "snapshots")
    route.resource = Resource::journal_snapshots;
  else if (rest[1] == "compact")
    route.resource = Resource::journal_compact;
  else if (rest[1] == "filled")
    route.resource = Resource::journal_filled;
  else
    return no_such_path();
  return route;
}

// What follows /v1/workspaces/NAME.
Result<Route> below(std::string name, const std::vector<std::string_view>& rest) {
  Route route{Resource::workspace, std::move(name), 0};
  if (rest.empty()) return route;
  if (rest[0] == "journal") return below_journal(std::move(route), rest);
  if (rest.size() == 1) {
    if (rest[0] == "state")
      route.resource = Resource::state;
    else if (rest[0] == "lock")
      route.resource = Resource::lock;
    else if (rest[0] == "locks")
      route.resource = Resource::locks;
    else if (rest[0] == "versions")
      route.resource = Resource::versions;
    else if (rest[0] == "audit")
      route.resource = Resource::audit;
    else
      return no_such_path();
    return route;
  }
  const auto number = number_of(rest[1]);
  if (rest[0] != "versions" || rest.size() > 3 || !number) return no_such_path();
  if (rest.size() == 3 && rest[2] != "restore") return no_such_path();
  route.resource = rest.size() == 3 ? Resource::restore : Resource::version;
  route.number = *number;
  return route;
}

}  // namespace

Result<Route> parse_route(std::string_view path) {
  const std::vector<std::string_view> all = segments_of(path);
  if (all.size() < 2 || all[0] != "v1") return no_such_path();
  const std::string standard(default_workspace);
  if (all.size() == 2) {
    if (all[1] == "state") return Route{Resource::state, standard, 0};
    if (all[1] == "lock") return Route{Resource::lock, standard, 0};
    if (all[1] == "locks") return Route{Resource::locks, {}, 0};
    if (all[1] == "workspaces") return Route{Resource::workspaces, {}, 0};
    return no_such_path();
  }
  if (all[1] != "workspaces") return no_such_path();
  const auto name = httpkit::percent_decode(all[2]);
  if (!name || !is_name(*name))
    return fail(Code::invalid_argument, "a workspace's name is 1 to " +
                                            std::to_string(name_bytes_max) +
                                            " of letters, digits, - _ and ., beginning with a "
                                            "letter or digit");
  return below(*name, {all.begin() + 3, all.end()});
}

Result<Query> parse_query_of(std::string_view text) {
  Query query;
  const auto pairs = httpkit::parse_query(text);
  if (!pairs) return fail(Code::invalid_argument, "the query is malformed");
  for (const auto& [name, value] : *pairs) {
    if (name == "ID") {
      query.id = value;
      if (value.size() > lock_field_bytes_max)
        return fail(Code::invalid_argument,
                    "ID is over " + std::to_string(lock_field_bytes_max) + " bytes");
    } else if (name == "ttl") {
      const auto seconds = number_of(value);
      constexpr std::uint64_t longest = lock_ttl_ms_max / 1'000;
      if (!seconds || *seconds > longest)
        return fail(Code::invalid_argument,
                    "ttl is a number of seconds from 1 to " + std::to_string(longest));
      query.ttl_ms = static_cast<std::int64_t>(*seconds) * 1'000;
    } else if (name == "force") {
      if (value != "true" && value != "false")
        return fail(Code::invalid_argument, "force is true or false");
      query.force = value == "true";
    }
  }
  return query;
}

std::vector<Etag> parse_etags(std::string_view text) {
  std::vector<Etag> etags;
  while (!text.empty() && etags.size() < etags_max) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view each = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (each.substr(0, 2) == "W/") each.remove_prefix(2);
    if (each.size() < 2 || each.front() != '"' || each.back() != '"') continue;
    each = each.substr(1, each.size() - 2);
    const std::size_t dash = each.find('-');
    if (dash == std::string_view::npos) continue;
    const auto workspace = number_of(each.substr(0, dash));
    const auto number = number_of(each.substr(dash + 1));
    if (workspace && number) etags.push_back({*workspace, *number});
  }
  return etags;
}

}  // namespace millrace::workspace
