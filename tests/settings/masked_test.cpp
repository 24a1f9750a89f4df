// What is hidden of an address before it is shown.
#include <random>
#include <string>

#include "settings/settings.hpp"
#include "support/catch.hpp"

using namespace millrace::settings;

namespace {

// Octets that an address may have in it, those that mean something among them often.
std::string random_secret(std::mt19937& random) {
  constexpr std::string_view octets = "@@//??&&==##::;;%ab1";
  std::string secret = "S";
  for (std::size_t left = random() % 12; left > 0; --left)
    secret += octets[random() % octets.size()];
  return secret + "ECRET";
}

std::string random_option(std::mt19937& random) {
  static const std::string names[] = {"token",         "password", "Api-Key",
                                      "client_secret", "pwd",      "auth"};
  return names[random() % std::size(names)];
}

// Without what ends an option, which no option's value has unescaped.
std::string as_option(std::string secret) {
  for (char& c : secret)
    if (c == '&') c = '.';
  return secret;
}

}  // namespace

TEST_CASE("a user and a password inside an address are masked, whatever they are made of") {
  CHECK(masked("etcd://user:pass@host:1/x") == "etcd://***@host:1/x");
  CHECK(masked("mysql://u:pa@ss@h/d") == "mysql://***@h/d");
  CHECK(masked("mysql://u:pa/ss@h/d") == "mysql://***@h/d");
  CHECK(masked("mysql://u:pa?ss@h/d?ca=/x") == "mysql://***");
}

TEST_CASE("what an option says of a token or a password is masked, and no file that holds it") {
  CHECK(masked("http://h/v1?token=abc&ca=/x") == "http://h/v1?token=***&ca=/x");
  CHECK(masked("http://h/v1?a=1&PassWord=abc") == "http://h/v1?a=1&PassWord=***");
  CHECK(masked("http://h/v1?token=a@b&ca=/x") == "http://***&ca=/x");
  CHECK(masked("http://h/v1?token-file=/run/t&key=/run/k") ==
        "http://h/v1?token-file=/run/t&key=/run/k");
}

TEST_CASE("what is no address with a login is shown as it is") {
  for (const char* text : {"sqlite:/tmp/a@b", "a@b", "127.0.0.1:8892", "", "http://h:1/v1",
                           "unix:/run/kms.sock", "dns:///a:1"}) {
    CAPTURE(text);
    CHECK(masked(text) == text);
  }
}

TEST_CASE("no login and no secret option of a random address is shown") {
  std::mt19937 random(20261128);
  for (int round = 0; round < 20'000; ++round) {
    const std::string secret = random_secret(random);
    const bool login = random() % 2 == 0;
    std::string url = "etcd://";
    if (login) url += "u:" + secret + "@";
    url += "h:1/w?ca=/x";
    if (!login) url += "&" + random_option(random) + "=" + as_option(secret) + "&cert=/y";
    INFO(url);
    const std::string shown = masked(url);
    INFO(shown);
    CHECK(shown.find("ECRET") == std::string::npos);
    CHECK(shown.find("S") == std::string::npos);
    CHECK(shown.find("***") != std::string::npos);
  }
}
