#include "tls/credentials.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>

#include "openssl.hpp"
#include "tls/describe.hpp"

namespace millrace::tls {
namespace {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

constexpr std::size_t file_bytes_max = 1 << 20;
constexpr const char* make_new = "; `millrace certs issue NAME --renew` makes a new one";

Result<std::string> read(const std::string& path, const char* setting) {
  if (path.empty()) return std::string();
  const std::string what = std::string(setting) + ": " + path;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int number = errno;
    if (number == ENOENT)
      return fail(Code::not_found,
                  what + ": there is no such file; `millrace certs init` makes certificates");
    return fail(Code::permission_denied, what + ": cannot be read: " + std::strerror(number) +
                                             "; let the user that runs this process read it");
  }
  std::string text(file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || text.empty())
    return fail(Code::invalid_argument, what + ": is empty, or a folder; name a PEM file");
  if (text.size() > file_bytes_max)
    return fail(Code::invalid_argument, what + ": is larger than 1 MiB; name a PEM file");
  return text;
}

Status check_dates(const Certificate& certificate, const std::string& what, std::int64_t now_s) {
  if (now_s > certificate.valid_until_s)
    return fail(Code::failed_precondition, what + ": the certificate of " + certificate.name +
                                               " expired on " +
                                               date_text(certificate.valid_until_s) + make_new);
  if (now_s < certificate.valid_from_s)
    return fail(Code::failed_precondition,
                what + ": the certificate of " + certificate.name + " is not valid before " +
                    date_text(certificate.valid_from_s) + ", and it is " + date_text(now_s) +
                    " here: is the clock of this machine right?");
  return {};
}

Status check_certificates(const std::string& pem, const std::string& what, std::int64_t now_s) {
  const auto all = describe(pem);
  if (!all) return fail(within(what, all.error()));
  for (const Certificate& each : *all) {
    if (Status dates = check_dates(each, what, now_s); !dates) return dates;
  }
  return {};
}

Status check_pair(const Material& material, const Files& files) {
  const Key key = read_key(material.key);
  if (key == nullptr)
    return fail(Code::invalid_argument,
                "tls.key: " + files.key +
                    ": holds no private key, or one with a passphrase; name a PEM file with the "
                    "key in clear, mode 0600");
  const auto certificates = read_certificates(material.certificate);
  if (X509_check_private_key(certificates.front().get(), key.get()) == 1) return {};
  static_cast<void>(last_error());
  return fail(Code::invalid_argument, "tls.key: " + files.key + " is not the key of " +
                                          files.certificate +
                                          ": name the two that were made together");
}

Result<Material> read_all(const Files& files) {
  if (files.certificate.empty() != files.key.empty())
    return fail(Code::invalid_argument,
                files.key.empty() ? "tls.certificate is set and tls.key is not: they go together"
                                  : "tls.key is set and tls.certificate is not: they go together");
  Material material;
  const auto now_s = static_cast<std::int64_t>(std::time(nullptr));
  for (const auto& [path, text, setting] :
       {std::tuple{&files.certificate, &material.certificate, "tls.certificate"},
        std::tuple{&files.key, &material.key, "tls.key"},
        std::tuple{&files.ca, &material.ca, "tls.ca"}}) {
    auto content = read(*path, setting);
    if (!content) return fail(content.error());
    *text = std::move(*content);
    if (text->empty() || text == &material.key) continue;
    const std::string what = std::string(setting) + ": " + *path;
    if (Status status = check_certificates(*text, what, now_s); !status)
      return fail(status.error());
  }
  if (!material.key.empty()) {
    if (Status status = check_pair(material, files); !status) return fail(status.error());
  }
  return material;
}

}  // namespace

Result<std::shared_ptr<Credentials>> Credentials::open(Files files) {
  auto material = read_all(files);
  if (!material) return fail(material.error());
  return std::shared_ptr<Credentials>(
      new Credentials(std::move(files), std::make_shared<const Material>(std::move(*material))));
}

std::shared_ptr<const Material> Credentials::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Result<bool> Credentials::reload() {
  auto material = read_all(files_);
  if (!material) return fail(material.error());
  const std::lock_guard lock(mutex_);
  if (*material == *current_) return false;
  current_ = std::make_shared<const Material>(std::move(*material));
  return true;
}

std::int64_t Credentials::valid_until_s() const {
  const auto all = describe(current()->certificate);
  return all ? all->front().valid_until_s : 0;
}

}  // namespace millrace::tls
