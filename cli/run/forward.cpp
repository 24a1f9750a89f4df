#include "cli/run/forward.hpp"

#include <unistd.h>

#include <cerrno>

namespace millrace::cli {
namespace {

constexpr std::size_t line_bytes_max = 64 * 1024;

void write_all(int to, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = write(to, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads: the program goes on
    done += static_cast<std::size_t>(written);
  }
}

}  // namespace

void forward_lines(int from, int to, const std::string& prefix, const OnLine& on_line) {
  std::string pending;
  char part[8192];
  while (true) {
    const ssize_t count = read(from, part, sizeof part);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    pending.append(part, static_cast<std::size_t>(count));
    std::string lines;
    std::size_t end = 0;
    while ((end = pending.find('\n')) != std::string::npos || pending.size() > line_bytes_max) {
      const std::size_t cut = std::min(end, line_bytes_max);
      if (on_line) on_line(std::string_view(pending).substr(0, cut));
      lines += prefix + pending.substr(0, cut) + '\n';
      pending.erase(0, cut == end ? cut + 1 : cut);
    }
    write_all(to, lines);
  }
  if (!pending.empty()) {
    if (on_line) on_line(pending);
    write_all(to, prefix + pending + '\n');
  }
  close(from);
}

}  // namespace millrace::cli
