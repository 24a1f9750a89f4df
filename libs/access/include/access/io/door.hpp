// Door: how a binary's doors are set, for its main: the settings `auth.*`, the files that they
// name, and the token that the process shows to other services. Made by main before anything
// starts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "access/io/trusted.hpp"
#include "settings/auth.hpp"
#include "settings/tls.hpp"

namespace millrace::access {

// Callers must say who they are.
inline bool asks(const settings::Auth& auth) { return auth.mode == "required"; }

class Door {
 public:
  Door() = default;
  // Describes its settings, and those of TLS. Both outlive it.
  Door(settings::Fields& fields, settings::Tls& tls) : fields_(&fields), tls_(&tls) {
    settings::describe(fields, auth_);
    settings::describe(fields, tls);
  }

  bool asks() const { return access::asks(auth_); }
  // What --check-settings says is as in access/io/faults.hpp, and what `more_faults` says.
  // REQUIRES: made with fields; it outlives the answer.
  settings::Binary binary(std::string name, std::string about,
                          std::function<std::vector<std::string>()> more_faults = {}) const;
  // Once the settings are known, before any channel is made. Nothing: go on; else the code to exit
  // with, after a line on standard error for each fault. REQUIRES: made with fields.
  std::optional<int> open();
  // The same where the other services are inside this process. `data`: where a bootstrap token is
  // made when none is named; empty: nowhere.
  std::optional<int> open(settings::Auth auth, const settings::Tls& tls, const std::string& data);

  // As the next parts of the program: what the files of certificates, keys and tokens hold later is
  // taken, and told in the log. REQUIRES: open.
  void watch(statekit::Program& program, const tls::Doors& doors) const;

  // For the gates of the process; good once it is open.
  const Trusted* trusted() const { return &trusted_; }

 private:
  const settings::Fields* fields_ = nullptr;
  const settings::Tls* tls_ = nullptr;
  settings::Auth auth_;
  Trusted trusted_;
};

}  // namespace millrace::access
