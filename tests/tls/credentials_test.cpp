// What is wrong with certificate files is said at the start, with the file and what to do.
#include "tls/credentials.hpp"

#include <filesystem>

#include "support/catch.hpp"
#include "support/certificates.hpp"

namespace millrace::tls {
namespace {

using test::Authority;
using test::day_s;
using test::put_text;
using test::TempDir;

std::string fault_of(const Files& files) {
  const auto opened = Credentials::open(files);
  return opened ? "" : opened.error().message;
}
bool holds(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("right files are taken") {
  const TempDir folder;
  const Authority authority;
  const auto opened = Credentials::open(authority.write(folder, "schema"));
  REQUIRE(opened);
  CHECK((*opened)->has_certificate());
  CHECK((*opened)->has_ca());
  CHECK((*opened)->current()->ca == authority.certificate());
  CHECK((*opened)->valid_until_s() > 0);
}

TEST_CASE("a client may have an authority alone") {
  const TempDir folder;
  put_text(folder / "ca.pem", Authority().certificate());
  const auto opened = Credentials::open({"", "", folder / "ca.pem"});
  REQUIRE(opened);
  CHECK_FALSE((*opened)->has_certificate());
}

TEST_CASE("a file that is missing, a folder or empty is named") {
  const TempDir folder;
  const Authority authority;
  Files files = authority.write(folder, "schema");
  std::filesystem::remove(files.key);
  CHECK(holds(fault_of(files), "tls.key: " + files.key + ": there is no such file"));
  put_text(files.key, "");
  CHECK(holds(fault_of(files), "tls.key: " + files.key + ": is empty"));
  files = authority.write(folder, "schema");
  files.ca = folder.path().string();
  CHECK(holds(fault_of(files), "tls.ca: " + files.ca));
}

TEST_CASE("a file that holds something else is named") {
  const TempDir folder;
  const Authority authority;
  const Files files = authority.write(folder, "schema");
  put_text(files.certificate, "no certificate");
  CHECK(holds(fault_of(files), "tls.certificate: " + files.certificate + ": holds no certificate"));
  authority.write(folder, "schema");
  put_text(files.key, "no key");
  CHECK(holds(fault_of(files), "tls.key: " + files.key + ": holds no private key"));
}

TEST_CASE("a certificate and the key of another are refused") {
  const TempDir folder;
  const Authority authority;
  Files files = authority.write(folder, "schema");
  files.key = authority.write(folder, "routing").key;
  CHECK(holds(fault_of(files), files.key + " is not the key of " + files.certificate));
}

TEST_CASE("a certificate without its key is refused, and a key alone") {
  const TempDir folder;
  const Files files = Authority().write(folder, "schema");
  CHECK(holds(fault_of({files.certificate, "", ""}), "tls.key is not"));
  CHECK(holds(fault_of({"", files.key, ""}), "tls.certificate is not"));
}

TEST_CASE("a certificate that has expired or is not valid yet is refused with its date") {
  const TempDir folder;
  const Authority authority;
  tls::Order order = authority.order("schema");
  order.valid_until_s = std::time(nullptr) - 60;
  CHECK(holds(fault_of(authority.write(folder, "old", order)),
              "the certificate of schema expired on 20"));
  order = authority.order("schema");
  order.valid_from_s = std::time(nullptr) + 3'600;
  CHECK(holds(fault_of(authority.write(folder, "new", order)), "is not valid before 20"));
}

TEST_CASE("what changed on disk is in force after a reload, and what is wrong there is not") {
  const TempDir folder;
  const Authority authority;
  const Files files = authority.write(folder, "schema");
  const auto credentials = *Credentials::open(files);
  const auto before = credentials->current();
  CHECK(*credentials->reload() == false);
  CHECK(credentials->current() == before);

  put_text(files.key, authority.issue(authority.order("schema")).key);
  CHECK(holds(credentials->reload().error().message, "is not the key of"));
  CHECK(credentials->current() == before);

  authority.write(folder, "schema");
  CHECK(*credentials->reload() == true);
  CHECK(credentials->current()->certificate != before->certificate);
}

}  // namespace
}  // namespace millrace::tls
