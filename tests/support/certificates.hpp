// An authority of a test's own and the certificates that it signs, as files in a folder. Dates are
// told from now, so that no fixture ends one day.
#pragma once

#include <ctime>
#include <fstream>
#include <string>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "tls/authority.hpp"
#include "tls/doors.hpp"

namespace millrace::test {

inline constexpr std::int64_t day_s = 86'400;

inline void put_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

class Authority {
 public:
  explicit Authority(const std::string& name = "a test's authority") {
    tls::Order order = order_for(name, -day_s, day_s);
    auto made = tls::make_authority(order);
    REQUIRE(made);
    issued_ = *made;
  }

  static tls::Order order_for(const std::string& name, std::int64_t from_s, std::int64_t until_s) {
    tls::Order order;
    order.name = name;
    order.valid_from_s = std::time(nullptr) + from_s;
    order.valid_until_s = std::time(nullptr) + until_s;
    return order;
  }

  // For loopback, valid today.
  tls::Order order(const std::string& name) const {
    tls::Order order = order_for(name, -day_s, day_s);
    order.dns = {"localhost", name};
    order.ips = {"127.0.0.1"};
    order.uris = {"spiffe://millrace/" + name};
    return order;
  }

  tls::Issued issue(const tls::Order& order) const {
    auto made = tls::issue(issued_, order);
    REQUIRE(made);
    return *made;
  }
  tls::Material material(const tls::Order& order) const {
    const tls::Issued made = issue(order);
    return {made.certificate, made.key, issued_.certificate};
  }
  const std::string& certificate() const { return issued_.certificate; }

  // FOLDER/NAME.pem, NAME.key and ca.pem.
  tls::Files write(const TempDir& folder, const std::string& name, const tls::Order& order) const {
    const tls::Issued made = issue(order);
    const tls::Files files{folder / (name + ".pem"), folder / (name + ".key"), folder / "ca.pem"};
    put_text(files.certificate, made.certificate);
    put_text(files.key, made.key);
    put_text(files.ca, issued_.certificate);
    return files;
  }
  tls::Files write(const TempDir& folder, const std::string& name) const {
    return write(folder, name, order(name));
  }

 private:
  tls::Issued issued_;
};

inline tls::Doors doors_of(const tls::Files& files, tls::Doors wanted = {}) {
  auto doors = tls::open_doors(files, std::move(wanted));
  INFO((doors ? std::string() : doors.error().message));
  REQUIRE(doors);
  return *doors;
}

}  // namespace millrace::test
