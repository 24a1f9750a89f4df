// The journal protocol over HTTP, without sockets (docs/http-journal.md): a request in, an answer
// out, at once or when there is something new. Called by the service on its workers; blocks on
// storage. Thread safe.
#pragma once

#include <memory>
#include <string>

#include "httpkit/server.hpp"
#include "services/schema/workspace/journal_query.hpp"
#include "services/schema/workspace/journals.hpp"
#include "services/schema/workspace/polls.hpp"
#include "services/schema/workspace/route.hpp"

namespace millrace::workspace {

class JournalService {
 public:
  // All outlive the service.
  JournalService(Journals& journals, Polls& polls, std::int64_t write_ms_max)
      : journals_(journals), polls_(polls), write_ms_max_(write_ms_max) {}

  void serve(const httpkit::Request& request, const Route& route,
             std::shared_ptr<httpkit::Reply> reply);
  // Whether the workspace keeps a journal that holds something. An error where that is not known.
  statekit::Result<bool> holds_something(const std::string& name);
  // The workspace of this id was deleted.
  void forget(Revision id) { journals_.forget(id); }

 private:
  struct Asked;

  httpkit::Response dispatch(const Asked& asked);
  httpkit::Response make(const Asked& asked);
  httpkit::Response read(const Asked& asked);
  httpkit::Response append(const Asked& asked);
  httpkit::Response put_snapshot(const Asked& asked);
  httpkit::Response get_snapshot(const Asked& asked);
  httpkit::Response compact(const Asked& asked);
  httpkit::Response filled(const Asked& asked);

  Journals& journals_;
  Polls& polls_;
  const std::int64_t write_ms_max_;
};

}  // namespace millrace::workspace
