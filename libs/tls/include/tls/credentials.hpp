// What a process shows others (a certificate with its key) and whom it believes (certificate
// authorities). Read from files once by main, and again whenever they change; listeners and
// clients take what is current for each new connection, so that nobody is cut off. Thread safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "statekit/result.hpp"

namespace millrace::tls {

// PEM files. A certificate comes with its key; a client may have an authority alone.
struct Files {
  std::string certificate;  // the process's own first, then those between it and the authority
  std::string key;
  std::string ca;
  bool operator==(const Files&) const = default;
};

// One reading of the files, as text.
struct Material {
  std::string certificate;
  std::string key;
  std::string ca;
  bool operator==(const Material&) const = default;
};

class Credentials {
 public:
  // Errors name the file and say what to do: there is none, it cannot be read, holds no
  // certificate or no key, the two do not belong together, expired, not valid yet.
  static statekit::Result<std::shared_ptr<Credentials>> open(Files files);

  std::shared_ptr<const Material> current() const;
  const Files& files() const { return files_; }
  bool has_certificate() const { return !files_.certificate.empty(); }
  bool has_ca() const { return !files_.ca.empty(); }

  // Reads the files again. True: what they hold now is in force from here on. Errors as open();
  // then what was in force stays so.
  statekit::Result<bool> reload();

  // When the process's own certificate ends, in seconds since 1970; 0 without one.
  std::int64_t valid_until_s() const;

 private:
  Credentials(Files files, std::shared_ptr<const Material> material)
      : files_(std::move(files)), current_(std::move(material)) {}

  const Files files_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Material> current_;
};

}  // namespace millrace::tls
