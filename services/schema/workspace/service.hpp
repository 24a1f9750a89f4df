// The state protocol over HTTP, without sockets: a request in, an answer out (docs/http-state.md).
// Called by the server on its workers; blocks on storage. Thread safe.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "httpkit/message.hpp"
#include "services/schema/workspace/journal_service.hpp"
#include "services/schema/workspace/keeper.hpp"
#include "services/schema/workspace/route.hpp"

namespace millrace::workspace {

// Who asks, once they were let in.
struct Guest {
  std::string name;
  // Whether they may look at this workspace: what is left in lists. Empty: at all.
  std::function<bool(const std::string& workspace)> sees;
};

// What was done against somebody's lock, for the audit of the whole system.
struct Forced {
  std::string who;
  std::string what;
  std::string from;
};

struct ServiceOptions {
  std::size_t body_bytes_max = std::size_t{64} << 20;
  // Only this machine can connect, so a request for another host's name is a page's trick.
  bool loopback_only = true;
  // Who asks, where they may: `resource` as in the table of rules (libs/access), "state/look",
  // "state/keep" or "state/force"; an empty workspace: lists.
  using Admit = std::function<statekit::Result<Guest>(
      const httpkit::Request&, const std::string& resource, const std::string& workspace)>;
  Admit admit = [](const httpkit::Request&, const std::string&,
                   const std::string&) -> statekit::Result<Guest> {
    return Guest{"anonymous", {}};
  };
  // Guests were verified to have their names: whose a lock is, is known.
  bool verified = false;
  std::function<void(const Forced&)> tell = [](const Forced&) {};
};

class Service {
 public:
  // `keeper` outlives the service.
  Service(Keeper& keeper, ServiceOptions options) : keeper_(keeper), options_(std::move(options)) {}

  // Those of journals go to `journals`, which outlives the service.
  void add_journals(JournalService& journals) { journals_ = &journals; }
  // Answers now, or when a journal that is waited for has grown.
  void serve(const httpkit::Request& request, std::shared_ptr<httpkit::Reply> reply);
  httpkit::Response handle(const httpkit::Request& request);
  // What a request is answered before its body has come; nullopt: it is read. Does not block.
  std::optional<httpkit::Response> turned_back(const httpkit::Request& head);

 private:
  struct Asked;  // a request with its route, query and author

  httpkit::Response dispatch(const Asked& asked);
  httpkit::Response on_state(const Asked& asked);
  httpkit::Response on_lock(const Asked& asked);
  httpkit::Response get_body(const Asked& asked, std::optional<std::uint64_t> number);
  httpkit::Response put_body(const Asked& asked);
  httpkit::Response remove_body(const Asked& asked);
  httpkit::Response restore(const Asked& asked);
  httpkit::Response take_lock(const Asked& asked);
  httpkit::Response release_lock(const Asked& asked);
  httpkit::Response remove_workspace(const Asked& asked);
  httpkit::Response all_locks(const Asked& asked);
  httpkit::Response all_names(const Asked& asked);
  httpkit::Response look(const Asked& asked);

  Keeper& keeper_;
  JournalService* journals_ = nullptr;
  const ServiceOptions options_;
};

}  // namespace millrace::workspace
