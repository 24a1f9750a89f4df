// What all calls of one handle of the http driver share: the transport, the head that was last
// seen, and how answers become errors. Thread safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

#include "../rules.hpp"
#include "transport.hpp"

namespace millrace::journal::http {

class Store {
 public:
  Store(HttpAddress address, HttpTuning tuning)
      : transport_(std::move(address), tuning), tuning_(tuning) {}

  // From now on every request says that it is of whoever fills the journal.
  void say_fill(bool fill) { fill_ = fill; }

  // Any answer; no answer is `unavailable`, or `unknown` where an append may have arrived.
  statekit::JournalResult<httpkit::Response> ask(Ask ask, bool append = false);
  // The same, where everything but one of the 200s is an error.
  statekit::JournalResult<httpkit::Response> want(Ask ask, bool append = false);
  // The head in an answer, which is remembered.
  statekit::JournalResult<statekit::Head> head_in(const httpkit::Response& response);
  // As the server says it now.
  statekit::JournalResult<statekit::Head> head();

  // The error that an answer stands for.
  statekit::JournalError error_of(const httpkit::Response& response, bool append);

  statekit::Head known() const;
  void learn(const statekit::Head& head);

  // False at once when this is closed.
  bool rest(std::int64_t ms);
  void close();
  bool closed() const { return transport_.closed(); }
  std::string where() const { return transport_.where(); }
  const HttpTuning& tuning() const { return tuning_; }

 private:
  Transport transport_;
  std::atomic<bool> fill_{false};
  const HttpTuning tuning_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool closed_ = false;
  statekit::Head known_;
};

tl::unexpected<statekit::JournalError> closed_handle();

}  // namespace millrace::journal::http
