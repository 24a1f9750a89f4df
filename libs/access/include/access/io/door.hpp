// Door: how a binary's doors are set, for its main: the settings `auth.*`, the files that they
// name, and the token that the process shows to other services. Made by main before anything
// starts.
#pragma once

#include <optional>
#include <string>

#include "access/io/trusted.hpp"
#include "settings/auth.hpp"

namespace millrace::access {

// Callers must say who they are.
inline bool asks(const settings::Auth& auth) { return auth.mode == "required"; }

class Door {
 public:
  Door() = default;
  // Describes its settings.
  explicit Door(settings::Fields& fields) { settings::describe(fields, auth_); }

  bool asks() const { return access::asks(auth_); }
  // Once the settings are known, before any channel is made. Nothing: go on; else the code to exit
  // with, after a line on standard error. `data`: where a bootstrap token is made when none is
  // named; empty: nowhere.
  std::optional<int> open() { return open(auth_); }
  std::optional<int> open(settings::Auth auth, const std::string& data = {});

  // For the gates of the process; good once it is open.
  const Trusted* trusted() const { return &trusted_; }

 private:
  settings::Auth auth_;
  Trusted trusted_;
};

}  // namespace millrace::access
