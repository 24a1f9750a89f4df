#include "private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "access/jwt.hpp"

namespace millrace::access {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

constexpr std::size_t file_bytes_max = jwt_bytes_max + 2;  // and the end of its line

}  // namespace

Result<std::string> read_private_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return fail(Code::failed_precondition,
                "cannot read the token in " + path + ": " + std::strerror(errno));
  struct stat about {};
  std::string text(file_bytes_max + 1, '\0');
  const bool known = ::fstat(file, &about) == 0;
  const ssize_t bytes = ::read(file, text.data(), text.size());
  ::close(file);
  if (!known || bytes < 0)
    return fail(Code::failed_precondition, "cannot read the token in " + path);
  if ((about.st_mode & 0077) != 0)
    return fail(Code::failed_precondition,
                "the token in " + path + " can be read by others: chmod 600 " + path);
  text.resize(static_cast<std::size_t>(bytes));
  if (text.size() > file_bytes_max)
    return fail(Code::failed_precondition, path + " is too long for a token: more than " +
                                               std::to_string(jwt_bytes_max) + " bytes");
  return text;
}

}  // namespace millrace::access
