#include "journal/open.hpp"

#include <algorithm>

#include "journal/etcd.hpp"
#include "journal/http.hpp"
#include "journal/memory.hpp"
#include "journal/mysql.hpp"
#include "journal/sqlite.hpp"
#include "rules.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

// Empty: none, so a bare path. A single letter or a slash before the colon is part of a path.
std::string scheme_of(const std::string& url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string::npos || colon < 2) return {};
  const std::string scheme = url.substr(0, colon);
  const bool word = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-';
  });
  return word ? scheme : std::string();
}

}  // namespace

Result<std::unique_ptr<Journal>> open_journal(const std::string& url) {
  const std::string scheme = scheme_of(url);
  const std::string rest = scheme.empty() ? url : url.substr(scheme.size() + 1);
  if (scheme == "memory") {
    if (rest.empty()) return make_memory_journal();
    return fail(Code::invalid_argument, "journal '" + url + "': memory: takes no path");
  }
  if (scheme == "etcd") {
    auto address = parse_etcd_url(url);
    if (!address) return fail(address.error());
    return make_etcd_journal(std::move(*address));
  }
  if (scheme == "http" || scheme == "https") {
    auto address = parse_http_url(url);
    if (!address) return fail(address.error());
    return make_http_journal(std::move(*address));
  }
  if (scheme == "mysql") {
    auto address = parse_mysql_url(url);
    if (!address) return fail(address.error());
    return make_mysql_journal(std::move(*address));
  }
  if (scheme.empty() || scheme == "sqlite") {
    if (!rest.empty()) return make_sqlite_journal(rest);
    return fail(Code::invalid_argument,
                "journal '" + url + "': say which file, as in sqlite:/var/lib/millrace/journal.db");
  }
  return fail(Code::invalid_argument, "journal '" + shown_address(url) +
                                          "': there is no driver for " + scheme +
                                          ":, only for sqlite:PATH, etcd://..., mysql://..., "
                                          "http://..., https://... and memory:");
}

JournalResult<Head> accept_rewind(const std::string& url, const Incarnation& incarnation) {
  const auto refused = [](std::string message) {
    return tl::unexpected(JournalError{JournalFault::invalid, std::move(message), {}, 0});
  };
  if (const auto path = sqlite_path(url)) return accept_sqlite_rewind(*path, incarnation);
  if (scheme_of(url) == "http" || scheme_of(url) == "https")
    return refused("journal '" + url + "': it is for whoever keeps it to say how it counts");
  if (scheme_of(url) == "mysql") {
    const auto address = parse_mysql_url(url);
    if (!address) return refused(address.error().message);
    return accept_mysql_rewind(*address, incarnation);
  }
  if (scheme_of(url) != "etcd") return refused("journal '" + url + "': it cannot have gone back");
  const auto address = parse_etcd_url(url);
  if (!address) return refused(address.error().message);
  return accept_etcd_rewind(*address, incarnation);
}

std::optional<std::string> sqlite_path(const std::string& url) {
  const std::string scheme = scheme_of(url);
  if (scheme.empty() && !url.empty()) return url;
  if (scheme == "sqlite" && url.size() > 7) return url.substr(7);
  return std::nullopt;
}

bool outlives_process(const std::string& url) { return scheme_of(url) != "memory"; }

std::string embedded_journal(const std::string& data_folder) {
  return "sqlite:" + data_folder + "/schema/journal.db";
}

std::string position_file(const std::string& data_folder) {
  return data_folder + "/schema/position";
}

}  // namespace millrace::journal
