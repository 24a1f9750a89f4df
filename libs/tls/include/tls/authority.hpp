// Makes a private certificate authority and certificates that it signs: ECDSA on P-256, for TLS
// servers and clients alike. Used by `millrace certs init` and by tests. No files here; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::tls {

struct Issued {
  std::string certificate;  // PEM
  std::string key;          // PEM, PKCS #8, in clear
};

struct Order {
  std::string name;               // the common name
  std::vector<std::string> dns;   // hosts that it stands for
  std::vector<std::string> ips;   // "127.0.0.1", "::1"
  std::vector<std::string> uris;  // who it is to Millrace, such as spiffe://millrace/schema
  std::int64_t valid_from_s = 0;  // seconds since 1970
  std::int64_t valid_until_s = 0;
};

// Signed by itself; may sign others, but no further authority.
statekit::Result<Issued> make_authority(const Order& order);
// Invalid argument where a name cannot stand in a certificate.
statekit::Result<Issued> issue(const Issued& authority, const Order& order);

}  // namespace millrace::tls
