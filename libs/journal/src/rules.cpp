#include "rules.hpp"

#include <algorithm>

#include "statekit/envelope.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

// An option that holds a secret, where one that names a file with it would be right.
bool is_secret(std::string_view option) {
  if (option.ends_with("file")) return false;
  for (const std::string_view word : {"pass", "token", "secret", "pwd"})
    if (option.find(word) != std::string_view::npos) return true;
  return false;
}

std::string shown_options(std::string_view options) {
  std::string out;
  while (!options.empty()) {
    const std::size_t end = std::min(options.find('&'), options.size());
    const std::string_view each = options.substr(0, end);
    const std::size_t equals = each.find('=');
    const bool hidden = equals != std::string_view::npos && is_secret(each.substr(0, equals));
    out += hidden ? std::string(each.substr(0, equals)) + "=***" : std::string(each);
    if (end < options.size()) out += '&';
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  return out;
}

// No part of an address of ours has an `@` before its options, so what stands before is a login,
// which may have a `?` in it.
std::size_t login_end(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t query = url.find('?');
  std::size_t at = url.rfind('@');
  if (at != std::string::npos && at > query && url.substr(query, at - query).find('=') != url.npos)
    at = url.rfind('@', query);  // of an option
  return scheme == std::string::npos || at < scheme ? std::string::npos : at;
}

}  // namespace

std::string shown_address(const std::string& url) {
  std::string shown = url;
  if (const std::size_t at = login_end(url); at != std::string::npos)
    shown = url.substr(0, url.find("://") + 3) + "***" + url.substr(at);
  const std::size_t query = shown.find('?');
  if (query == std::string::npos) return shown;
  return shown.substr(0, query + 1) + shown_options(std::string_view(shown).substr(query + 1));
}

tl::unexpected<Error> wrong_address(const std::string& url, const std::string& why,
                                    const std::string& form) {
  const bool login = login_end(url) != std::string::npos;
  return fail(Code::invalid_argument,
              "journal '" + shown_address(url) + "': " +
                  (login ? "a user with a password does not belong in an address, which others can "
                           "see: name the file that holds it"
                         : why) +
                  ": it looks like " + form);
}

JournalResult<void> check_incarnation(const Incarnation& incarnation) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (incarnation.size() == 32 && std::all_of(incarnation.begin(), incarnation.end(), is_hex))
    return {};
  return refuse(
      JournalFault::invalid,
      "a new store needs an incarnation of 32 lower-case hex digits, not '" + incarnation + "'");
}

JournalResult<void> check_batch(Revision expected_last, std::span<const Entry> entries) {
  if (entries.empty()) return refuse(JournalFault::invalid, "an append holds no entry");
  if (entries.size() > append_entries_max)
    return refuse(JournalFault::too_large, "an append holds " + std::to_string(entries.size()) +
                                               " entries; the limit is " +
                                               std::to_string(append_entries_max));
  std::size_t bytes = 0;
  Revision next = expected_last;
  for (const Entry& entry : entries) {
    ++next;
    if (entry.revision != next)
      return refuse(JournalFault::invalid, "an append has revision " +
                                               std::to_string(entry.revision) + " where " +
                                               std::to_string(next) + " belongs");
    if (entry.commit.size() > entry_bytes_max)
      return refuse(JournalFault::too_large, "the commit at revision " + std::to_string(next) +
                                                 " is " + std::to_string(entry.commit.size()) +
                                                 " bytes; the limit is " +
                                                 std::to_string(entry_bytes_max));
    bytes += entry.commit.size();
  }
  if (bytes > append_bytes_max)
    return refuse(JournalFault::too_large, "an append is " + std::to_string(bytes) +
                                               " bytes; the limit is " +
                                               std::to_string(append_bytes_max));
  return {};
}

JournalResult<void> check_append(const Head& head, Revision expected_last,
                                 std::span<const Entry> entries) {
  if (head.last != expected_last)
    return refuse(JournalFault::conflict,
                  "the journal stands at revision " + std::to_string(head.last) +
                      ", the append expected " + std::to_string(expected_last),
                  head);
  Digest digest = head.digest;
  for (const Entry& entry : entries) {
    const Result<Digest> next = chain(digest, entry.revision, entry.commit);
    if (!next)
      return refuse(JournalFault::invalid,
                    "revision " + std::to_string(entry.revision) + ": " + next.error().message,
                    head, entry.revision);
    if (*next != entry.digest)
      return refuse(JournalFault::invalid,
                    "the digest given for revision " + std::to_string(entry.revision) +
                        " does not continue the journal's",
                    head, entry.revision);
    digest = *next;
  }
  return {};
}

JournalResult<void> check_snapshot(const Head& head, Revision revision, const Digest& digest,
                                   const Digest* digest_there) {
  const std::string named = "a snapshot at revision " + std::to_string(revision);
  if (revision == 0) return refuse(JournalFault::invalid, named + " would hold nothing", head);
  if (head.last == 0) return {};
  if (revision > head.last)
    return refuse(JournalFault::invalid,
                  named + " is past the journal's end at " + std::to_string(head.last), head);
  if (revision + 1 < head.first)
    return refuse(JournalFault::compacted,
                  named + " is older than what the journal keeps, which begins at " +
                      std::to_string(head.first),
                  head);
  if (digest_there == nullptr || *digest_there != digest)
    return refuse(JournalFault::invalid, named + " has another digest than the journal there", head,
                  revision);
  return {};
}

JournalResult<void> check_part(BytesView part) {
  if (part.size() <= snapshot_part_bytes_max) return {};
  return refuse(JournalFault::too_large, "a snapshot part is " + std::to_string(part.size()) +
                                             " bytes; the limit is " +
                                             std::to_string(snapshot_part_bytes_max));
}

tl::unexpected<JournalError> refuse_half(const std::string& where) {
  return refuse(JournalFault::half_filled,
                where +
                    ": a restore or a migration into it is under way, or was interrupted: run the "
                    "same one again, which goes on where it was, or remove it and begin anew");
}

JournalResult<void> check_fill(const Head& head, const JournalOptions& options,
                               const std::string& where) {
  if (head.last == 0 || head.incarnation == options.incarnation_if_new) return {};
  return refuse(JournalFault::invalid, where +
                                           ": it is not empty, it holds commits up to revision " +
                                           std::to_string(head.last) + ": name an empty one");
}

Head head_to_fill(Head head, const JournalOptions& options) {
  if (head.last == 0) head.incarnation = options.incarnation_if_new;
  return head;
}

JournalResult<void> check_readable(const Head& head, Revision after) {
  if (after + 1 >= head.first || after + 1 == 0) return {};
  return refuse(JournalFault::compacted,
                "revision " + std::to_string(after + 1) +
                    " was compacted away; the journal begins at " + std::to_string(head.first),
                head);
}

}  // namespace millrace::journal
