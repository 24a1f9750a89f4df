#include "transport.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "access/io/trusted.hpp"

namespace millrace::journal::http {

using namespace statekit;
using httpkit::KeptConnection;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

Transport::Transport(HttpAddress address, HttpTuning tuning)
    : address_(std::move(address)), tuning_(tuning) {}

Transport::~Transport() = default;

std::string Transport::where() const {
  return (address_.tls ? "https://" : "http://") + address_.host + ':' + address_.port +
         address_.path;
}

std::string Transport::advice(int status) const {
  if (status != 401 && status != 403) return {};
  if (address_.token_file.empty())
    return ": name a token in the journal's address with token-file=FILE";
  if (status == 401) return ": the token in " + address_.token_file + " counts for nobody there";
  return ": whose token is in " + address_.token_file +
         " needs a role there that may keep states, such as deployer";
}

bool Transport::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void Transport::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  idle_.clear();
  for (KeptConnection* each : busy_) each->cut();
}

// A kept one that still lives, else one to be connected; null when this is closed.
std::unique_ptr<KeptConnection> Transport::take() {
  const std::lock_guard lock(mutex_);
  if (closed_) return nullptr;
  std::unique_ptr<KeptConnection> found;
  while (!found && !idle_.empty()) {
    found = std::move(idle_.back());
    idle_.pop_back();
    if (!found->is_quiet()) found.reset();
  }
  if (!found) found = std::make_unique<KeptConnection>();
  busy_.insert(found.get());
  return found;
}

void Transport::give_back(std::unique_ptr<KeptConnection> connection) {
  const std::lock_guard lock(mutex_);
  busy_.erase(connection.get());
  if (!closed_ && connection->is_open() &&
      idle_.size() < static_cast<std::size_t>(tuning_.connections_max))
    idle_.push_back(std::move(connection));
}

std::string Transport::text_of(const Ask& ask) const {
  std::string out = ask.method + ' ' + address_.path + ask.target +
                    " HTTP/1.1\r\nhost: " + address_.host + ':' + address_.port + "\r\n";
  {
    const std::lock_guard lock(mutex_);
    if (!token_.empty()) out += "authorization: Bearer " + token_ + "\r\n";
  }
  for (const httpkit::Header& header : ask.headers)
    out += header.name + ": " + header.value + "\r\n";
  if (!ask.body.empty() || ask.method != "GET")
    out += "content-length: " + std::to_string(ask.body.size()) + "\r\n";
  return out + "\r\n" + ask.body;
}

Status Transport::read_files() {
  std::string token;
  if (!address_.token_file.empty()) {
    auto read = access::read_shown_token(address_.token_file);
    if (!read) return fail(read.error());
    token = std::move(*read);
  }
  std::shared_ptr<tls::Credentials> credentials;
  if (address_.tls) {
    auto opened = tls::Credentials::open({address_.cert_file, address_.key_file, address_.ca_file});
    if (!opened) return fail(within("a file in the journal's address", opened.error()));
    credentials = std::move(*opened);
  }
  const std::lock_guard lock(mutex_);
  token_ = std::move(token);
  credentials_ = std::move(credentials);
  return {};
}

Status Transport::connect(KeptConnection& connection, Time end) {
  if (auto read = read_files(); !read) return read;
  std::shared_ptr<tls::Credentials> credentials;
  {
    const std::lock_guard lock(mutex_);
    credentials = credentials_;
  }
  return connection.open(address_.host, address_.port, credentials.get(), end);
}

tl::expected<httpkit::Response, Failure> Transport::ask_on(KeptConnection& connection,
                                                           const Ask& ask) {
  const auto now = steady_clock::now();
  const auto end = now + milliseconds(std::max<std::int64_t>(ask.ms, 1));
  if (!connection.is_open()) {
    const int trips = address_.tls ? 3 : 1;
    const auto soon = std::min(end, now + milliseconds(trips * tuning_.connect_ms_max));
    if (auto connected = connect(connection, soon); !connected) {
      Failure failure{false, connected.error().message};
      if (failure.message.starts_with("connecting"))
        failure.message += ": is the service that keeps the journal running there?";
      return tl::unexpected(std::move(failure));
    }
  }
  // A server may answer and close before it has read everything: its answer counts.
  const auto sent = connection.send(text_of(ask), end);
  auto response = connection.receive(ask.method == "HEAD", end);
  if (response) return std::move(*response);
  return tl::unexpected(Failure{true, (sent ? response.error() : sent.error()).message});
}

tl::expected<httpkit::Response, Failure> Transport::ask(const Ask& ask) {
  for (bool again = false;; again = true) {
    auto connection = take();
    if (!connection) return tl::unexpected(Failure{false, "closed"});
    const bool kept = connection->is_open();
    auto response = ask_on(*connection, ask);
    // Who is refused did nothing: it asks anew with what its files hold now.
    const bool refused = response && response->status == 401;
    if (response && !(refused && kept && !again)) {
      give_back(std::move(connection));
      return response;
    }
    const std::lock_guard lock(mutex_);
    busy_.erase(connection.get());
    idle_.clear();
    if (refused && !closed_) continue;
    // One that was kept may have died just now, with its server: the next is a new one.
    if (closed_ || again || !kept || !ask.repeatable)
      return tl::unexpected(
          Failure{response ? false : response.error().sent,
                  where() + ": " + (response ? "closed" : response.error().message)});
  }
}

}  // namespace millrace::journal::http
