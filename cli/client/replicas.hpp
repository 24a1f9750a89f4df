// The addresses of a service's replicas, as one setting names them. Free of threads.
#pragma once

#include <string>
#include <vector>

namespace millrace::cli {

// "a:1,b:2" are two; there is always one.
inline std::vector<std::string> replicas_of(const std::string& addresses) {
  std::vector<std::string> all;
  for (std::size_t begin = 0;;) {
    const std::size_t comma = addresses.find(',', begin);
    all.push_back(addresses.substr(begin, comma - begin));
    if (comma == std::string::npos) return all;
    begin = comma + 1;
  }
}

}  // namespace millrace::cli
