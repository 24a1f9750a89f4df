#include "cli/revision.hpp"

#include <charconv>

namespace millrace::cli {

using statekit::Code;
using statekit::fail;

statekit::Result<statekit::Revision> read_revision(const std::string& word) {
  statekit::Revision revision = 0;
  const char* const end = word.data() + word.size();
  const auto read = std::from_chars(word.data(), end, revision);
  if (read.ec != std::errc() || read.ptr != end)
    return fail(Code::invalid_argument,
                "\"" + word + "\" is no revision: `millrace schema history` shows them");
  if (revision == 0)
    return fail(Code::invalid_argument,
                "there is no revision 0: they begin at 1, and `millrace schema history` shows "
                "them");
  return revision;
}

}  // namespace millrace::cli
