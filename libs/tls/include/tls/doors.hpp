// Doors: how the listeners of a process are closed and how its clients open others. A value that
// main makes from the settings and hands to every listener and client; without credentials all is
// in clear. Thread safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "statekit/result.hpp"
#include "tls/credentials.hpp"

namespace millrace::tls {

// Which certificate a listener wants of its clients.
enum class Clients {
  none,     // it does not ask
  request,  // one that is shown must be believed
  require,  // nobody comes in without
};

std::string_view name_of(Clients clients);
statekit::Result<Clients> parse_clients(std::string_view word);

// Whom a listener is for.
enum class Guests {
  known,      // whoever the gate behind it lets in, where callers are asked who they are
  everybody,  // by its nature: pages of health, the HTTP of modules
};

struct Doors {
  std::shared_ptr<Credentials> credentials;  // null: in clear
  Clients grpc_clients = Clients::require;
  Clients http_clients = Clients::none;
  bool insecure = false;  // may listen beyond loopback, in clear and for anybody
  bool modules = false;   // the endpoints of modules speak TLS too
  bool asks = true;       // callers must say who they are

  // Whether the listeners speak TLS; a client may without a certificate of its own.
  bool closed() const { return credentials != nullptr && credentials->has_certificate(); }
  // For clients of modules' endpoints.
  std::shared_ptr<Credentials> to_modules() const { return modules ? credentials : nullptr; }

  // Failed precondition where `listen` (host:port) is reached from elsewhere and is in clear, or
  // nobody asks its guests who they are; `setting` is the one to change.
  statekit::Status may_listen(const std::string& listen, const std::string& setting,
                              Guests guests = Guests::known) const;
};

// 127.0.0.0/8, ::1, localhost and unix sockets.
bool is_loopback(std::string_view listen);
// The same of what gRPC dials: it knows `dns:[//AUTHORITY/]`, `ipv4:`, `ipv6:` and `unix-abstract:`
// before it, and names without a port.
bool leads_to_loopback(std::string_view target);

// A file named in `files` is read and checked; none: in clear. Errors as Credentials::open, or
// what does not go together.
statekit::Result<Doors> open_doors(const Files& files, Doors wanted);

}  // namespace millrace::tls
