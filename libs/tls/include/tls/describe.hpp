// What stands in a certificate, as values: for `millrace certs show`, logs and errors. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::tls {

struct Certificate {
  std::string name;    // the subject's common name
  std::string issuer;  // the common name of who signed it
  std::vector<std::string> uris;
  std::vector<std::string> dns;
  std::vector<std::string> ips;
  std::int64_t valid_from_s = 0;  // seconds since 1970
  std::int64_t valid_until_s = 0;
  bool authority = false;   // may sign others
  std::string key;          // "EC", "RSA", "ED25519"
  std::string fingerprint;  // SHA-256, lower-case hexadecimal
  bool operator==(const Certificate&) const = default;

  // URIs, DNS names, the common name: who it is to those who decide.
  std::vector<std::string> names() const;
};

// All certificates of a PEM text, in order. Invalid argument where there is none.
statekit::Result<std::vector<Certificate>> describe(std::string_view pem);

// "2026-11-28 11:05 UTC".
std::string date_text(std::int64_t seconds);

// What a library's words on a failed handshake mean and what to do; empty where they say nothing
// about one. For the text of a gRPC status or an OpenSSL error.
std::string explain(std::string_view words);

}  // namespace millrace::tls
