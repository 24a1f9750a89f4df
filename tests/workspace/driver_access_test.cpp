// The http driver of the journal before a server that closes its door: over TLS and with a token,
// and what whoever is not let in is told to do.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include <openssl/ssl.h>

#include "access/book.hpp"
#include "access/io/trusted.hpp"
#include "journal/open.hpp"
#include "services/schema/workspace/server.hpp"
#include "statekit/io/clock.hpp"
#include "support/catch.hpp"
#include "support/certificates.hpp"
#include "support/commits.hpp"
#include "tls/context.hpp"

using namespace millrace;
using statekit::JournalFault;
using test::Authority;
using test::TempDir;

namespace {

class House {
 public:
  explicit House(tls::Doors doors = {}) : secure_(doors.closed()) {
    trusted_.required = true;
    give("vera", access::Role::viewer, 'v');
    give("dora", access::Role::deployer, 'd');
    schema_service::Settings settings;
    settings.journal = "memory:";
    settings.http_listen = "127.0.0.1:0";
    auto started = workspace::start(settings, {&clock_, &metrics_, &health_, std::move(doors),
                                               &trusted_, [this](const auto& use) {
                                                 const std::lock_guard lock(mutex_);
                                                 use(book_);
                                               }});
    REQUIRE(started);
    server_ = std::move(*started);
  }

  static std::string token(char letter) {
    return "mlr_" + std::string(10, letter) + "_" + std::string(52, letter);
  }
  void revoke(char letter) {
    const std::lock_guard lock(mutex_);
    book_.revoke(std::string(10, letter));
  }
  void give(const std::string& principal, access::Role role, char letter) {
    access::Token token;
    token.id = std::string(10, letter);
    token.hash = statekit::sha256(House::token(letter));
    token.principal = principal;
    const std::lock_guard lock(mutex_);
    book_.put(token);
    book_.put(access::Grant{principal, {{role, {}}}, 0, "", 0});
  }
  std::string url(const std::string& options) const {
    return (secure_ ? "https://" : "http://") + server_->address() + "/v1/workspaces/kept" +
           options;
  }

 private:
  const bool secure_;
  statekit::SystemClock clock_;
  statekit::Metrics metrics_;
  statekit::Health health_;
  access::Trusted trusted_;
  std::mutex mutex_;  // of the book, which the server reads
  access::Book book_;
  std::unique_ptr<workspace::Server> server_;
};

// The token in a file of its own, mode 0600.
std::string token_file(const TempDir& folder, char letter) {
  const std::string path = folder / std::string(1, letter);
  REQUIRE(access::write_token_file(path, House::token(letter)));
  return path;
}

std::unique_ptr<statekit::Journal> handle(const std::string& url) {
  auto journal = journal::open_journal(url);
  INFO((journal ? std::string() : journal.error().message));
  REQUIRE(journal);
  return std::move(*journal);
}

statekit::JournalOptions making() {
  statekit::JournalOptions options;
  options.create = true;
  options.incarnation_if_new = std::string(32, 'a');
  return options;
}

// What whoever opens it is told; a token never is.
std::string told(const std::string& url) {
  const auto opened = handle(url)->open(making());
  REQUIRE_FALSE(opened);
  CHECK(static_cast<int>(opened.error().fault) == static_cast<int>(JournalFault::unavailable));
  CHECK(opened.error().message.find("mlr_") == std::string::npos);
  return opened.error().message;
}

// Our own servers do not start with such a certificate: one that opens TLS with it, once.
class ExpiredServer {
 public:
  explicit ExpiredServer(const tls::Material& material)
      : context_(*tls::server_context(material, tls::Clients::none)),
        listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener_, 1) == 0);
    REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { greet(); });
  }
  ~ExpiredServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void greet() const {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    SSL* ssl = SSL_new(context_.get());
    SSL_set_fd(ssl, client);
    SSL_accept(ssl);
    SSL_free(ssl);
    close(client);
  }

  const tls::Context context_;
  const int listener_;
  int port_ = 0;
  std::thread thread_;
};

void holds(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("the address of the http driver takes files and nothing that is secret") {
  const auto fault = [](const std::string& rest) {
    const auto opened = journal::open_journal(rest);
    return opened ? std::string() : opened.error().message;
  };
  const std::string path = "://10.0.0.1:8896/v1/workspaces/kept";
  CHECK(fault("https" + path + "?ca=a&cert=b&key=c&token-file=d").empty());
  CHECK(fault("http://[::1]:8896/v1/workspaces/kept?token-file=d").empty());
  holds(fault("https" + path + "?token=x"), "use token-file=FILE");
  holds(fault("http" + path + "?token-file=d"), "write https://");
  holds(fault("http" + path + "?ca=a"), "'ca' is for https://");
  holds(fault("https" + path + "?cert=a"), "cert and key go together");
  holds(fault("https" + path + "?crt=a"), "there is no option 'crt'");
  holds(fault("https" + path + "?ca="), "'ca' has no value");
}

TEST_CASE("the http driver speaks TLS with a certificate of its own and shows its token") {
  const TempDir folder;
  const Authority authority;
  tls::Doors wanted;
  wanted.http_clients = tls::Clients::require;
  const House house(test::doors_of(authority.write(folder, "keeper"), wanted));
  const auto mine = authority.write(folder, "upper");
  const auto journal =
      handle(house.url("?ca=" + mine.ca + "&cert=" + mine.certificate + "&key=" + mine.key +
                       "&token-file=" + token_file(folder, 'd')));
  const auto head = journal->open(making());
  INFO((head ? std::string() : head.error().message));
  REQUIRE(head);
  const auto entries = test::entries_after(*head, 3);
  CHECK(journal->append(0, entries, {10'000}));
  const auto read = journal->read(0, 10, 1'000'000);
  REQUIRE(read);
  CHECK(read->size() == 3);
}

TEST_CASE("G10: whoever is not let in by its token is told what to do and not the token") {
  const TempDir folder;
  const House house;
  holds(told(house.url("")), "name a token in the journal's address with token-file=FILE");
  holds(told(house.url("?token-file=" + token_file(folder, 'x'))), "counts for nobody there");
  holds(told(house.url("?token-file=" + token_file(folder, 'v'))), "needs a role there");
  const std::string open = token_file(folder, 'd');
  REQUIRE(chmod(open.c_str(), 0644) == 0);
  holds(told(house.url("?token-file=" + open)), "chmod 600 " + open);
  holds(told(house.url("?token-file=" + (folder / "none"))), "cannot read the token in");
}

TEST_CASE("whoever is not believed over TLS is told why and what to do") {
  const TempDir folder, elsewhere;
  const Authority authority;
  tls::Doors wanted;
  wanted.http_clients = tls::Clients::require;
  const auto keeper = authority.write(folder, "keeper");
  const auto mine = authority.write(folder, "upper");
  const auto stranger = Authority("another").write(elsewhere, "upper");
  const std::string token = "&token-file=" + token_file(folder, 'd');
  const auto shown = [](const tls::Files& files) {
    return "&cert=" + files.certificate + "&key=" + files.key;
  };
  // A server of its own each: it lets wait who failed before.
  const auto told_with = [&](const std::string& options) {
    const House house(test::doors_of(keeper, wanted));
    return told(house.url(options + token));
  };
  holds(told_with("?ca=" + stranger.ca + shown(mine)), "name the authority that signed it as ca");
  holds(told_with("?ca=" + mine.ca), "wants a certificate, and none was shown");
  holds(told_with("?ca=" + mine.ca + shown(stranger)), "does not believe our certificate");
  tls::Order over = authority.order("upper");
  over.valid_from_s -= test::day_s;
  over.valid_until_s = std::time(nullptr) - 60;
  authority.write(folder, "upper", over);
  holds(told_with("?ca=" + mine.ca + shown(mine)), mine.certificate + ": the certificate of");
}

TEST_CASE("a server whose certificate has expired is not believed by the http driver") {
  const TempDir folder;
  const Authority authority;
  tls::Order over = authority.order("keeper");
  over.valid_from_s -= test::day_s;
  over.valid_until_s = std::time(nullptr) - 60;
  const ExpiredServer server(authority.material(over));
  const auto mine = authority.write(folder, "upper");
  holds(told("https://" + server.address() + "/v1/workspaces/kept?ca=" + mine.ca),
        "certificate has expired: whoever runs it has to renew it");
}

TEST_CASE("a token that is exchanged in its file counts from the next request on") {
  const TempDir folder;
  House house;
  const std::string file = token_file(folder, 'd');
  const auto journal = handle(house.url("?token-file=" + file));
  const auto head = journal->open(making());
  REQUIRE(head);
  const auto entries = test::entries_after(*head, 2);
  REQUIRE(journal->append(0, {entries.data(), 1}, {10'000}));
  house.revoke('d');
  house.give("dora", access::Role::deployer, 'e');
  CHECK_FALSE(journal->head());
  test::put_text(file, House::token('e') + "\n");
  CHECK(journal->append(1, {entries.data() + 1, 1}, {10'000}));
}
