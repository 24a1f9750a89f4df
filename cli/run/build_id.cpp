#include "cli/run/build_id.hpp"

#include <filesystem>
#include <fstream>

#include "cli/deploy_order.hpp"
#include "statekit/types.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

// The digest of a regular file's contents, folded from parts so that no file is too large.
std::string contents_of(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return {};
  std::ifstream stream(file, std::ios::binary);
  std::string digest;
  std::string part(1 << 20, '\0');
  while (stream.read(part.data(), static_cast<std::streamsize>(part.size())), stream.gcount() > 0) {
    const std::string_view read(part.data(), static_cast<std::size_t>(stream.gcount()));
    digest = statekit::to_bytes(statekit::sha256(digest + std::string(read)));
  }
  return digest;
}

fs::path found_in(const std::string& path, const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const fs::path candidate = fs::path(path.substr(begin, end - begin)) / program;
    std::error_code error;
    if (fs::is_regular_file(candidate, error)) return candidate;
    begin = end + 1;
  }
  return program;
}

}  // namespace

std::string build_id(const std::vector<std::string>& command, const std::string& path) {
  std::string octets;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const fs::path file = i == 0 ? found_in(path, command[i]) : fs::path(command[i]);
    octets += command[i] + '\0' + contents_of(file) + '\0';
  }
  return build_of(octets);
}

}  // namespace millrace::cli
