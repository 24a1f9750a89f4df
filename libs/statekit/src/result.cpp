#include "statekit/result.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace millrace::statekit {

std::string_view name_of(Code code) {
  static constexpr std::array<std::string_view, 17> names = {"ok",
                                                             "cancelled",
                                                             "unknown",
                                                             "invalid-argument",
                                                             "deadline-exceeded",
                                                             "not-found",
                                                             "already-exists",
                                                             "permission-denied",
                                                             "resource-exhausted",
                                                             "failed-precondition",
                                                             "aborted",
                                                             "out-of-range",
                                                             "unimplemented",
                                                             "internal",
                                                             "unavailable",
                                                             "data-loss",
                                                             "unauthenticated"};
  const auto number = static_cast<std::size_t>(code);
  return number < names.size() ? names[number] : "unknown";
}

void check(bool invariant, const char* what) {
  if (invariant) return;
  std::fprintf(stderr, "millrace: broken invariant: %s\n", what);
  std::abort();
}

}  // namespace millrace::statekit
