#include "access/io/trusted.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "private_file.hpp"
#include "statekit/io/ids.hpp"

namespace millrace::access {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

Caller platform(std::string shown) { return {"millrace", {{Role::service, {}}}, std::move(shown)}; }

}  // namespace

std::optional<Caller> Trusted::caller_by_token(const Digest& hash) const {
  if (own && own->has(hash)) return platform("process");
  if (bootstrap && *bootstrap == hash)
    return Caller{"bootstrap", {{Role::admin, {}}}, "bootstrap token"};
  return std::nullopt;
}

std::optional<Caller> Trusted::caller_by_identity(std::string_view identity) const {
  const auto found = std::find(service_identities.begin(), service_identities.end(), identity);
  if (found == service_identities.end()) return std::nullopt;
  return platform("certificate " + *found);
}

std::string draw_token() {
  return std::string(token_prefix) + statekit::random_base36(token_id_characters) + "_" +
         statekit::random_base36(token_secret_characters);
}

Status write_token_file(const std::string& path, const std::string& token) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST)
    return fail(Code::already_exists, "there is a file " + path + " already: name another");
  if (file < 0) return fail(Code::unavailable, "cannot make " + path + ": " + std::strerror(errno));
  const std::string line = token + "\n";
  const ssize_t size = static_cast<ssize_t>(line.size());
  const bool written = ::write(file, line.data(), line.size()) == size && ::fsync(file) == 0;
  ::close(file);
  if (written) return {};
  ::unlink(path.c_str());
  return fail(Code::unavailable, "cannot write " + path + ": " + std::strerror(errno));
}

Result<std::string> read_shown_token(const std::string& path) {
  Result<std::string> text = read_private_file(path);
  if (!text) return text;
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  const bool visible =
      std::all_of(text->begin(), text->end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (text->empty() || !visible)
    return fail(Code::failed_precondition, path + " holds no token: one line of visible letters");
  return text;
}

Result<std::string> read_token_file(const std::string& path) {
  Result<std::string> text = read_shown_token(path);
  if (!text) return text;
  if (id_of_token(*text).empty())
    return fail(
        Code::failed_precondition,
        path + " holds no token: `millrace token create` and `millrace token draw` make one");
  return text;
}

Result<Trusted> trusted_by(const settings::Auth& auth) {
  Trusted trusted;
  trusted.required = auth.mode == "required";
  trusted.service_identities = auth.service_identities;
  if (!auth.token_file.empty()) {
    auto own = OwnTokens::open(auth.token_file);
    if (!own) return fail(within("auth.token_file", std::move(own.error())));
    trusted.own = *std::move(own);
  } else if (trusted.required) {
    trusted.own = OwnTokens::of(draw_token());
  }
  if (!trusted.required) return trusted;
  if (!auth.bootstrap_token_file.empty()) {
    const Result<std::string> token = read_token_file(auth.bootstrap_token_file);
    if (!token) return fail(within("auth.bootstrap_token_file", token.error()));
    trusted.bootstrap = statekit::sha256(*token);
  }
  if (!auth.jwt.keys.empty()) {
    auto jwt = JwtDoor::open(auth.jwt);
    if (!jwt) return fail(jwt.error());
    trusted.jwt = *std::move(jwt);
  }
  return trusted;
}

Result<std::string> make_bootstrap_file(const std::string& data) {
  std::error_code failed;
  std::filesystem::create_directories(data, failed);
  const std::string path = data + "/bootstrap.token";
  Status made = write_token_file(path, draw_token());
  if (made || made.error().code == Code::already_exists) return path;
  return fail(std::move(made.error()));
}

}  // namespace millrace::access
