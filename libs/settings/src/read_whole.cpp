// Reading a settings file, which may be anything that has a path: within a limit of octets, and
// within a time.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "file.hpp"

namespace millrace::settings {
namespace {

using statekit::Code;
using statekit::fail;
using Clock = std::chrono::steady_clock;

constexpr std::size_t file_bytes_max = 1 << 20;

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : number_(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) {}
  ~OpenFile() {
    if (number_ >= 0) close(number_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int number() const { return number_; }

 private:
  int number_;
};

enum class Step { more, end, wait, fault };
enum class Waited { ready, writer_gone, too_long };

// A pipe that nobody has opened for writing yet looks ended at first.
Step read_some(int file, bool writer_gone, std::string& text) {
  std::array<char, 16 * 1024> part;
  const ssize_t count = read(file, part.data(), part.size());
  if (count > 0) {
    text.append(part.data(), static_cast<std::size_t>(count));
    return text.size() > file_bytes_max ? Step::end : Step::more;
  }
  if (count < 0) return errno == EAGAIN || errno == EINTR ? Step::wait : Step::fault;
  const bool pipe = lseek(file, 0, SEEK_CUR) < 0 && errno == ESPIPE;
  return pipe && text.empty() && !writer_gone ? Step::wait : Step::end;
}

Waited wait_for(int file, Clock::time_point until) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd wanted{file, POLLIN, 0};
  if (left <= 0 || poll(&wanted, 1, static_cast<int>(left)) == 0) return Waited::too_long;
  return (wanted.revents & POLLHUP) != 0 ? Waited::writer_gone : Waited::ready;
}

}  // namespace

statekit::Result<std::string> read_whole(const std::string& path, int wait_ms_max) {
  const OpenFile file(path);
  if (file.number() < 0)
    return fail(Code::not_found, path + ": cannot be opened; is it there and readable?");
  const auto until = Clock::now() + std::chrono::milliseconds(wait_ms_max);
  std::string text;
  Waited waited = Waited::ready;
  for (Step step = Step::more; step != Step::end;) {
    step = read_some(file.number(), waited == Waited::writer_gone, text);
    if (step == Step::fault)
      return fail(Code::invalid_argument, path + ": cannot be read; is it a file?");
    if (step == Step::wait) waited = wait_for(file.number(), until);
    if (waited == Waited::too_long)
      return fail(Code::invalid_argument,
                  path +
                      ": is no file but a pipe or the like, and nobody wrote settings into it "
                      "to their end: name a file");
  }
  if (text.size() > file_bytes_max)
    return fail(Code::invalid_argument,
                path + ": larger than 1 MiB, which no settings file should be");
  return text;
}

}  // namespace millrace::settings
