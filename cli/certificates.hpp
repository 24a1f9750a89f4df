// The folder of certificates of a cluster: a private authority (ca.pem, ca.key) and NAME.pem with
// NAME.key for each service, the command line and the modules. Keys have mode 0600 and nothing is
// ever written over, but by `renew`. Main thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "statekit/result.hpp"
#include "tls/describe.hpp"

namespace millrace::cli {

struct CertificatesOrder {
  std::string folder = "certs";
  std::vector<std::string> names;  // of `issue`
  // "HOST" is one that all of them are reached by, "NAME=HOST" one of that name only.
  std::vector<std::string> hosts;
  std::int64_t days = 365;
  std::int64_t authority_days = 3'650;
  bool renew = false;
  std::int64_t now_s = 0;
};

struct CertificateFile {
  std::string path;
  tls::Certificate certificate;
  std::string key_warning = {};  // of NAME.key beside NAME.pem; empty: none, or there is no key
};

// The authority and what a cluster needs; the files that were made. Already exists where any of
// them is there, and then none is made.
statekit::Result<std::vector<std::string>> init_certificates(const CertificatesOrder& order);

// Certificates of `names`, signed by the authority that is there. `renew`: new ones in place of
// those that are there, for the same hosts and those of the order.
statekit::Result<std::vector<std::string>> issue_certificates(const CertificatesOrder& order);

// Every certificate of a file, or of the *.pem files of a folder, by name.
statekit::Result<std::vector<CertificateFile>> read_certificates(const std::string& path);

}  // namespace millrace::cli
