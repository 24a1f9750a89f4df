#include "cli/storage/fill.hpp"

#include <filesystem>

#include "journal/presence.hpp"
#include "services/schema/replicas.hpp"
#include "statekit/io/clock.hpp"

namespace millrace::cli {

using namespace statekit;
using namespace journal;

namespace {

constexpr int copies_max = 10;  // of a source to which somebody still writes

// "10.0.0.1:8892, 10.0.0.2:8892": by their addresses, where they tell one.
std::string names_of(const std::vector<Member>& members) {
  std::string names;
  for (const Member& member : members) {
    const auto facts = schema_service::decode_replica(member, 0);
    names += names.empty() ? "" : ", ";
    names += facts && !facts->address.empty() ? facts->address : member.id;
  }
  return names;
}

// Until the source stands still; for a driver whose source nobody can lock.
Result<Copied> copy_until_still(Journal& from, Journal& to, const OnProgress& progress) {
  for (int tries = copies_max; tries > 0; --tries) {
    const auto copied = copy(from, to, copying(progress));
    if (!copied && copied.error().fault == JournalFault::invalid)
      return fail(Code::failed_precondition,
                  copied.error().message +
                      " (where a restore or a migration was interrupted: run that one again, or "
                      "remove what is there)");
    if (!copied) return failed("copying", copied.error());
    const auto now = from.head();
    if (!now) return failed("reading the source", now.error());
    if (*now == copied->head) return *copied;
  }
  return fail(Code::aborted, "the source is still written to: stop its schema services first");
}

}  // namespace

Result<Look> look_at(const std::string& address) {
  for (const bool half : {false, true}) {
    auto journal = open_journal(address);
    if (!journal) return fail(std::move(journal.error()));
    JournalOptions options;
    options.create = false;
    options.read_only = true;
    options.fill = half;
    const auto head = (*journal)->open(options);
    if (head) return Look{std::move(*journal), *head, half};
    if (half || head.error().fault != JournalFault::half_filled)
      return fail(to_error(head.error()));
  }
  return fail(Code::internal, address + ": it is neither whole nor half");
}

Result<std::optional<Head>> whole_at(const std::string& address) {
  const auto path = sqlite_path(address);
  std::error_code error;
  if (path && !std::filesystem::exists(*path, error) && !error) return std::optional<Head>();
  const auto look = look_at(address);
  // Nothing there, or it cannot be reached: filling it tells, and fills nothing that holds any.
  if (!look && !path && look.error().code == Code::unavailable) return std::optional<Head>();
  if (!look) return fail(look.error());
  if (look->half || look->head.last == 0) return std::optional<Head>();
  return std::optional(look->head);
}

Status check_unused(const std::string& address, bool force) {
  if (force || sqlite_path(address) || !look_at(address)) return {};
  const SystemClock clock;
  const auto presence = open_presence(address, clock);
  if (!presence) return fail(presence.error());
  if (!(*presence)->shared()) return {};
  const auto members = (*presence)->members();
  if (!members) return fail(within("asking who uses " + address, members.error()));
  if (members->empty()) return {};
  return fail(Code::unavailable,
              address + ": it is in use by " + std::to_string(members->size()) +
                  " schema services, at " + names_of(*members) +
                  ": stop them first (one that was killed counts for some seconds more), or say "
                  "--force");
}

Result<std::unique_ptr<Journal>> open_to_fill(const std::string& address,
                                              const Incarnation& incarnation) {
  auto journal = open_at(address, Access::fill, incarnation);
  if (!journal) return fail(within("the target must not be in use", std::move(journal.error())));
  return journal;
}

Result<Copied> fill(Journal& from, Journal& to, const OnProgress& progress,
                    const Checked& checked) {
  const auto copied = copy_until_still(from, to, progress);
  if (!copied) return copied;
  if (auto good = check_copy(to, copied->head); !good) return failed("verifying", good.error());
  if (checked)
    if (Status good = checked(*copied); !good) return fail(good.error());
  if (auto done = to.filled(); !done) return failed("ending the copy", done.error());
  return copied;
}

}  // namespace millrace::cli
