#include "cli/author.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "statekit/io/ids.hpp"

namespace millrace::cli {

Write write_options(const std::string& reason) {
  const char* name = std::getenv("USER");
  if (name == nullptr || *name == '\0') {
    const passwd* entry = getpwuid(getuid());
    name = entry != nullptr ? entry->pw_name : "unknown";
  }
  return {name, reason, statekit::random_request_id()};
}

}  // namespace millrace::cli
