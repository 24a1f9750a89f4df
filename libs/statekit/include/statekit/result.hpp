// Result<T>: a value or an Error. Every function that can fail for a reason of the world returns
// one. Codes have gRPC's numbers (google.rpc.Code), so an adapter maps them by a cast. A message
// says what we were doing and why it failed; each layer puts its part in front with `within`.
// Values, free of threads.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace millrace::statekit {

enum class Code : int {
  ok = 0,
  cancelled = 1,
  unknown = 2,  // it may have happened, or may yet
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};

std::string_view name_of(Code code);  // "invalid-argument", ...

struct Error {
  Code code = Code::internal;
  std::string message;               // one line for people: what, why, what to do
  std::vector<std::string> details;  // further lines, such as one per diagnostic

  bool operator==(const Error&) const = default;
};

template <class T, class E = Error>
class [[nodiscard]] Result : public tl::expected<T, E> {
 public:
  using tl::expected<T, E>::expected;
};

using Status = Result<void>;

// What a function returns to fail: `return fail(Code::not_found, "no module named " + name);`
inline tl::unexpected<Error> fail(Code code, std::string message,
                                  std::vector<std::string> details = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(details)});
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

// The same error, seen from one layer further up: "opening the journal: no such file".
inline Error within(std::string_view doing, Error error) {
  error.message = std::string(doing) + ": " + error.message;
  return error;
}

// A broken invariant is a bug of ours: the process stops with the place and the reason.
void check(bool invariant, const char* what);

}  // namespace millrace::statekit
