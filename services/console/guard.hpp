// Keeps other web sites away from the console. It has no passwords yet and usually listens on
// loopback, where a page of any site may send requests through the reader's own browser, and may
// even be given a name that resolves to 127.0.0.1 (DNS rebinding). So it answers only under names
// that it knows, and hands its data to its own page only. Pure, thread safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "httpkit/message.hpp"

namespace millrace::console {

struct GuardOptions {
  bool loopback = true;            // the server listens on loopback only
  std::vector<std::string> hosts;  // further names, as in the setting console.hosts
};

struct Refusal {
  int status = 403;
  std::string detail;  // for people: what is wrong and which setting changes it
};

// Nothing: go on. On loopback the names localhost and the loopback addresses are known; elsewhere
// all literal addresses and names without a dot as well.
std::optional<Refusal> refuse(const httpkit::Request& request, const GuardOptions& options);

// "[::1]:8895" -> "::1", "Localhost" -> "localhost"; nullopt when it is no host.
std::optional<std::string> host_name(std::string_view host_header);

bool is_loopback(std::string_view host);

}  // namespace millrace::console
