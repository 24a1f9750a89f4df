#include "cli/certificates.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include "tls/authority.hpp"
#include "tls/key_file.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;
using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

// The five services, people's command line, and `millrace run` with its module.
constexpr const char* members[] = {"schema",   "routing", "ingress", "console",
                                   "timeline", "cli",     "module"};
constexpr std::int64_t day_s = 86'400;
constexpr std::int64_t earlier_s = 300;  // a machine whose clock is a little behind

Status write_new(const std::string& path, const std::string& text, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) {
    const Code code = errno == EEXIST ? Code::already_exists : Code::unavailable;
    return fail(code, "writing " + path + ": " + std::strerror(errno));
  }
  const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                     ::fsync(fd) == 0;
  const int number = errno;
  ::close(fd);
  if (whole) return {};
  ::unlink(path.c_str());
  return fail(Code::unavailable, "writing " + path + ": " + std::strerror(number));
}

Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::not_found, path + " cannot be read: " + std::strerror(errno));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string pem_of(const CertificatesOrder& order, const std::string& name) {
  return order.folder + "/" + name + ".pem";
}
std::string key_of(const CertificatesOrder& order, const std::string& name) {
  return order.folder + "/" + name + ".key";
}

bool is_address(const std::string& host) {
  in6_addr octets{};
  return ::inet_pton(AF_INET, host.c_str(), &octets) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &octets) == 1;
}

void add_host(tls::Order& to, const std::string& host) {
  auto& list = is_address(host) ? to.ips : to.dns;
  if (std::find(list.begin(), list.end(), host) == list.end()) list.push_back(host);
}

tls::Order order_of(const CertificatesOrder& order, const std::string& name) {
  tls::Order made;
  made.name = name;
  made.uris = {"spiffe://millrace/" + name};
  for (const char* host : {name.c_str(), "localhost", "127.0.0.1", "::1"}) add_host(made, host);
  for (const std::string& host : order.hosts) {
    const auto equals = host.find('=');
    if (equals == std::string::npos) add_host(made, host);
    if (equals != std::string::npos && host.substr(0, equals) == name)
      add_host(made, host.substr(equals + 1));
  }
  made.valid_from_s = order.now_s - earlier_s;
  made.valid_until_s = order.now_s + order.days * day_s;
  return made;
}

Status check(const CertificatesOrder& order, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const bool plain =
        !name.empty() && name != "ca" && name.size() <= 60 &&
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string::npos &&
        name.front() != '.';
    if (!plain)
      return fail(Code::invalid_argument,
                  "'" + name + "' cannot name a certificate: write a-z, 0-9, '-', '_' and '.'");
  }
  for (const std::string& host : order.hosts) {
    const auto equals = host.find('=');
    if (equals != std::string::npos &&
        std::find(names.begin(), names.end(), host.substr(0, equals)) == names.end())
      return fail(Code::invalid_argument,
                  "--host " + host + ": there is no certificate named " + host.substr(0, equals));
  }
  return {};
}

Status make_folder(const std::string& folder) {
  std::error_code error;
  if (fs::create_directories(folder, error)) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return fail(Code::unavailable, "making " + folder + ": " + error.message());
  return {};
}

Status refuse_existing(const std::vector<std::string>& paths, const std::string& hint) {
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(path, ignored)))
      return fail(Code::already_exists,
                  path + " is there already, and nothing is written over" + hint);
  }
  return {};
}

// Key first: whoever watches the certificate then finds its key.
Status put(const std::string& pem, const std::string& key, const tls::Issued& issued) {
  if (Status status = write_new(key, issued.key, 0600); !status) return status;
  return write_new(pem, issued.certificate, 0644);
}

// Beside the old ones, then renamed over them; those who read between see a key that does not fit,
// and look again a second later.
Status put_over(const std::string& pem, const std::string& key, const tls::Issued& issued) {
  const std::string more = ".new";
  ::unlink((pem + more).c_str());
  ::unlink((key + more).c_str());
  if (Status status = put(pem + more, key + more, issued); !status) return status;
  for (const std::string& each : {key, pem}) {
    std::error_code error;
    fs::rename(each + more, each, error);
    if (error) return fail(Code::unavailable, "replacing " + each + ": " + error.message());
  }
  return {};
}

// The hosts of the certificate that is replaced.
void keep_hosts(tls::Order& to, const std::string& pem) {
  const auto text = read_text(pem);
  const auto old = text ? tls::describe(*text) : statekit::Result<std::vector<tls::Certificate>>();
  if (!old || old->empty()) return;
  for (const auto* list : {&old->front().dns, &old->front().ips}) {
    for (const std::string& host : *list) add_host(to, host);
  }
}

Result<std::vector<std::string>> issue_all(const CertificatesOrder& order,
                                           const tls::Issued& authority,
                                           const std::vector<std::string>& names) {
  std::vector<std::string> made;
  for (const std::string& name : names) {
    const std::string pem = pem_of(order, name);
    const std::string key = key_of(order, name);
    tls::Order wanted = order_of(order, name);
    if (order.renew) keep_hosts(wanted, pem);
    const auto issued = tls::issue(authority, wanted);
    if (!issued) return fail(issued.error());
    const Status kept = order.renew ? put_over(pem, key, *issued) : put(pem, key, *issued);
    if (!kept) return fail(kept.error());
    made.insert(made.end(), {pem, key});
  }
  return made;
}

}  // namespace

Result<std::vector<std::string>> init_certificates(const CertificatesOrder& order) {
  std::vector<std::string> names(std::begin(members), std::end(members));
  names.insert(names.end(), order.names.begin(), order.names.end());
  if (Status status = check(order, names); !status) return fail(status.error());
  std::vector<std::string> paths = {pem_of(order, "ca"), key_of(order, "ca")};
  for (const std::string& name : names)
    paths.insert(paths.end(), {pem_of(order, name), key_of(order, name)});
  if (Status status = refuse_existing(paths,
                                      ": name another --dir, or renew with `millrace certs "
                                      "issue --renew`");
      !status)
    return fail(status.error());
  if (Status status = make_folder(order.folder); !status) return fail(status.error());
  tls::Order own;
  own.name = "millrace private authority";
  own.valid_from_s = order.now_s - earlier_s;
  own.valid_until_s = order.now_s + order.authority_days * day_s;
  const auto authority = tls::make_authority(own);
  if (!authority) return fail(authority.error());
  if (Status kept = put(paths[0], paths[1], *authority); !kept) return fail(kept.error());
  auto made = issue_all(order, *authority, names);
  if (!made) return made;
  made->insert(made->begin(), {paths[0], paths[1]});
  return made;
}

Result<std::vector<std::string>> issue_certificates(const CertificatesOrder& order) {
  if (Status status = check(order, order.names); !status) return fail(status.error());
  const auto certificate = read_text(pem_of(order, "ca"));
  if (!certificate)
    return fail(Code::not_found, certificate.error().message +
                                     "; `millrace certs init` makes an authority, --dir says where "
                                     "one is");
  const auto key = read_text(key_of(order, "ca"));
  if (!key) return fail(key.error());
  std::vector<std::string> paths;
  for (const std::string& name : order.names)
    paths.insert(paths.end(), {pem_of(order, name), key_of(order, name)});
  if (!order.renew) {
    if (Status status = refuse_existing(paths, ": --renew replaces it"); !status)
      return fail(status.error());
  }
  return issue_all(order, {*certificate, *key}, order.names);
}

Result<std::vector<CertificateFile>> read_certificates(const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    for (const auto& entry : fs::directory_iterator(path, error)) {
      if (entry.path().extension() == ".pem") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    if (files.empty()) return fail(Code::not_found, path + " holds no *.pem file");
  } else {
    files.push_back(path);
  }
  std::vector<CertificateFile> all;
  for (const std::string& file : files) {
    const auto text = read_text(file);
    if (!text) return fail(text.error());
    const auto described = tls::describe(*text);
    if (!described) return fail(within(file, described.error()));
    const std::string key = tls::key_file_warning(fs::path(file).replace_extension(".key"));
    for (const tls::Certificate& each : *described) all.push_back({file, each, key});
  }
  return all;
}

}  // namespace millrace::cli
