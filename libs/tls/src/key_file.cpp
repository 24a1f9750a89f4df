#include "tls/key_file.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdio>

namespace millrace::tls {

std::string key_file_warning(const std::string& path) {
  struct stat about {};
  if (path.empty() || ::stat(path.c_str(), &about) != 0) return {};
  constexpr mode_t others = S_IROTH | S_IWOTH;
  if ((about.st_mode & others) == 0) return {};
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(about.st_mode & 07777U));
  return "the private key in " + path + " is open to every user of this machine (mode " +
         mode.data() + "): chmod 600 " + path + ", or 640 and a group for whoever serves with it";
}

}  // namespace millrace::tls
