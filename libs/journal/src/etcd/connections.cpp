#include "connections.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "../rules.hpp"

namespace millrace::journal::etcd {

using namespace statekit;

namespace {

// Between the 16 MiB of a usual answer and what a thousand large commits would take.
constexpr int answer_bytes_max = 32 << 20;
// etcd drops clients that ask more often than every 5 s.
constexpr int keepalive_ms = 6'000;
constexpr int keepalive_answer_ms = 3'000;
// Shorter than what a call waits for a connection, so that the first call after a fault gets
// through.
constexpr int reconnect_ms_max = 200;

JournalResult<std::string> contents(const std::string& file) {
  if (file.empty()) return std::string();
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (stream && !text.str().empty()) return text.str();
  return refuse(JournalFault::unavailable, "etcd: cannot read the file " + file);
}

JournalResult<std::shared_ptr<grpc::ChannelCredentials>> credentials(const EtcdAddress& address) {
  if (!address.tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  for (const auto& [file, text] : {std::pair{&address.ca_file, &options.pem_root_certs},
                                   std::pair{&address.cert_file, &options.pem_cert_chain},
                                   std::pair{&address.key_file, &options.pem_private_key}}) {
    auto read = contents(*file);
    if (!read) return tl::unexpected(read.error());
    *text = std::move(*read);
  }
  return grpc::SslCredentials(options);
}

std::shared_ptr<grpc::Channel> connect(const std::string& endpoint,
                                       const std::shared_ptr<grpc::ChannelCredentials>& who,
                                       const EtcdTuning& tuning) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(answer_bytes_max);
  // A write that was sent twice by the library could conflict with itself.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, tuning.connect_ms_max);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, reconnect_ms_max);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive_ms);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive_answer_ms);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(endpoint, who, arguments);
}

bool says(const grpc::Status& status, const char* words) {
  return status.error_message().find(words) != std::string::npos;
}

constexpr const char* user_is_missing = "user name is empty";
constexpr const char* user_is_wrong = "authentication failed";

// What etcd refused before it did anything, in words that say what to do; empty: something else.
std::string refusal(const grpc::Status& status) {
  if (says(status, "database space exceeded"))
    return "its space is full (NOSPACE): compact and defragment it or raise "
           "--quota-backend-bytes, then `etcdctl alarm disarm`";
  if (says(status, "no leader"))
    return "it has no leader, since too few of its members are up: start them";
  if (says(status, "too many requests")) return "it has more to do than it can";
  if (says(status, user_is_missing))
    return "it wants a user: add user=NAME&password-file=FILE to the journal's address";
  if (status.error_code() == grpc::StatusCode::PERMISSION_DENIED)
    return "this user may not read and write the workspace's keys: grant it the prefix";
  if (says(status, user_is_wrong))
    return "it does not accept the user and password of the journal's address";
  if (status.error_code() == grpc::StatusCode::UNAUTHENTICATED)
    return "it does not accept who we are: " + status.error_message();
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED)
    return "it does not speak etcd's version 3.4: " + status.error_message();
  return {};
}

}  // namespace

std::string unreachable(const std::vector<std::string>& endpoints) {
  std::string list;
  for (const std::string& each : endpoints) list += (list.empty() ? "" : ", ") + each;
  return "etcd cannot be reached at " + list + ": is it running there?";
}

bool is_token_fault(const grpc::Status& status) {
  return says(status, "invalid auth token") || says(status, "revision of auth store is old");
}

bool is_refusal_of_user(const grpc::Status& status) {
  return says(status, user_is_missing) || says(status, user_is_wrong) ||
         status.error_code() == grpc::StatusCode::PERMISSION_DENIED;
}

JournalError to_error(const grpc::Status& status, const std::string& endpoint, bool writes) {
  const std::string at = "etcd " + endpoint + ": ";
  if (status.error_code() == grpc::StatusCode::OUT_OF_RANGE)
    return {JournalFault::compacted, at + status.error_message(), {}, 0};
  if (says(status, "request is too large"))
    return {JournalFault::too_large,
            at + "the request is over its --max-request-bytes: leave that at its default",
            {},
            0};
  if (says(status, "eceived message larger"))
    return {JournalFault::too_large, at + "the answer is larger than we take", {}, 0};
  if (const std::string why = refusal(status); !why.empty())
    return {JournalFault::unavailable, at + why, {}, 0};
  return {writes ? JournalFault::unknown : JournalFault::unavailable,
          at + (writes ? "the answer to a write did not come: " : "") + status.error_message(),
          {},
          0};
}

Answer<std::shared_ptr<Connections>> Connections::make(const EtcdAddress& address,
                                                       const EtcdTuning& tuning) {
  auto who = credentials(address);
  if (!who) return tl::unexpected(who.error());
  auto password = contents(address.password_file);
  if (!password) return tl::unexpected(password.error());
  std::shared_ptr<Connections> made(new Connections);
  made->tuning_ = tuning;
  made->names_ = address.endpoints;
  made->user_ = address.user;
  made->password_ = password->substr(0, password->find_first_of("\r\n"));
  for (const std::string& endpoint : address.endpoints)
    made->channels_.push_back(connect(endpoint, *who, tuning));
  return made;
}

Answer<std::size_t> Connections::reach(Moment end) {
  const std::size_t first = current_;
  for (std::size_t i = 0; i < count(); ++i) {
    const std::size_t at = (first + i) % count();
    if (channels_[at]->GetState(true) == GRPC_CHANNEL_READY) return current_ = at;
  }
  // Each is being connected to by now, so the whole takes little longer than the slowest.
  const Moment all = std::min(end, in_ms(tuning_.connect_ms_max));
  while (!closed_) {
    for (std::size_t i = 0; i < count(); ++i) {
      const std::size_t at = (first + i) % count();
      const Moment some = std::min(all, in_ms(20));
      const auto until = std::chrono::system_clock::now() + (some - in_ms(0));
      if (!closed_ && channels_[at]->WaitForConnected(until)) return current_ = at;
    }
    if (std::chrono::steady_clock::now() >= all) break;
  }
  return refuse(JournalFault::unavailable,
                closed_ ? "this handle of the journal is closed" : unreachable(names_));
}

void Connections::leave(std::size_t endpoint) {
  current_.compare_exchange_strong(endpoint, (endpoint + 1) % count());
}

grpc::Status Connections::log_in(std::size_t endpoint, Moment end) {
  if (user_.empty()) return {};
  {
    const std::lock_guard lock(mutex_);
    if (!token_.empty()) return {};
  }
  pb::AuthenticateRequest request;
  request.set_name(user_);
  request.set_password(password_);
  pb::AuthenticateResponse response;
  Call call(*this, end);
  grpc::Status status =
      pb::Auth::NewStub(channels_[endpoint])->Authenticate(&call.context, request, &response);
  const std::lock_guard lock(mutex_);
  if (status.ok()) token_ = response.token();
  return status;
}

void Connections::authorize(grpc::ClientContext& context, bool needs_leader) {
  // A member that has lost its leader says so at once.
  if (needs_leader) context.AddMetadata("hasleader", "true");
  if (user_.empty()) return;
  const std::lock_guard lock(mutex_);
  context.AddMetadata("token", token_);
}

bool Connections::forget_token() {
  if (user_.empty()) return false;
  const std::lock_guard lock(mutex_);
  token_.clear();
  return true;
}

void Connections::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  closing_.notify_all();
  for (grpc::ClientContext* each : calls_) each->TryCancel();
}

bool Connections::pause(std::int64_t ms) {
  std::unique_lock lock(mutex_);
  closing_.wait_for(lock, std::chrono::milliseconds(ms), [&] { return closed_.load(); });
  return !closed_;
}

Connections::Call::Call(Connections& owner, Moment end) : owner_(owner) {
  if (end != Moment::max())
    context.set_deadline(std::chrono::system_clock::now() + (end - in_ms(0)));
  const std::lock_guard lock(owner_.mutex_);
  if (owner_.closed_) context.TryCancel();
  owner_.calls_.insert(&context);
}

Connections::Call::~Call() {
  const std::lock_guard lock(owner_.mutex_);
  owner_.calls_.erase(&context);
}

}  // namespace millrace::journal::etcd
