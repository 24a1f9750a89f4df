// A client over TLS that sends exactly the octets it is told to, and tells what it was shown.
// Blocking; every wait ends after ten seconds.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tls/context.hpp"

namespace millrace::test {

class TlsPeer {
 public:
  enum class Version { sane, tls_1_1 };
  // Believes anybody, shows the certificate of `material`, offers to speak `protocol`.
  explicit TlsPeer(const std::string& address, const tls::Material& material = {},
                   const std::string& protocol = "h2", Version version = Version::sane);
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;
  ~TlsPeer();

  bool open() const { return open_; }
  std::string shown() const;                      // the fingerprint of the server's certificate
  bool send(std::string_view octets);             // false: the server is gone
  std::string read_until(std::string_view text);  // or to the end; what was read
  bool closed() const { return closed_; }

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  int fd_ = -1;
  std::unique_ptr<ssl_st, Free> ssl_;
  bool open_ = false;
  bool closed_ = false;
};

}  // namespace millrace::test
