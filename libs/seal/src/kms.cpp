#include "seal/kms.hpp"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "aes_gcm.hpp"
#include "kms.grpc.pb.h"
#include "statekit/io/channel.hpp"
#include "statekit/journal.hpp"
#include "statekit/utf8.hpp"

namespace millrace::seal {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t shown_bytes_max = 200;  // of what a plugin says of its health

// A call's number, for the plugin's log.
std::string random_uid() {
  static constexpr char digits[] = "0123456789abcdef";
  std::string uid;
  for (const char octet : random_octets(16)) {
    uid += digits[static_cast<unsigned char>(octet) >> 4];
    uid += digits[static_cast<unsigned char>(octet) & 15];
  }
  return uid;
}

// What is encrypted there: the data key, and what it is bound to, since KMS knows no such thing.
ClearText bound(const ClearText& data_key, BytesView bound_to) {
  std::string text(data_key.view());
  text += statekit::to_bytes(statekit::sha256(bound_to));
  return ClearText(std::move(text));
}

std::optional<ClearText> unbound(std::string_view text, BytesView bound_to) {
  const statekit::Bytes hash = statekit::to_bytes(statekit::sha256(bound_to));
  if (text.size() != key_bytes + hash.size() || text.substr(key_bytes) != hash) return std::nullopt;
  return ClearText(std::string(text.substr(0, key_bytes)));
}

// Data keys that were unwrapped, by what they were unwrapped from. The oldest makes room.
class Cache {
 public:
  explicit Cache(std::size_t most) : most_(most) {}

  std::optional<ClearText> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = keys_.find(key);
    if (found == keys_.end()) return std::nullopt;
    return ClearText(std::string(found->second.view()));
  }
  void put(const std::string& key, const ClearText& clear) {
    const std::lock_guard lock(mutex_);
    if (!keys_.emplace(key, ClearText(std::string(clear.view()))).second) return;
    order_.push_back(key);
    if (order_.size() <= most_) return;
    keys_.erase(order_.front());
    order_.pop_front();
  }

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::map<std::string, ClearText> keys_;
  std::deque<std::string> order_;
};

class Kms final : public KeyProvider {
 public:
  Kms(KmsOptions options, std::unique_ptr<KeyProvider> older)
      : options_(std::move(options)),
        older_(std::move(older)),
        stub_(v2::KeyManagementService::NewStub(channel(options_).grpc())),
        cache_(options_.cached_keys_max) {}

  Result<std::string> active() override {
    v2::StatusResponse status;
    if (Status asked = call("Status", &Stub::Status, v2::StatusRequest(), status); !asked)
      return fail(asked.error());
    if (status.version() != "v2")
      return fail(
          Code::failed_precondition,
          name() + " speaks version \"" + shown(status.version()) + "\" of the protocol, not v2");
    if (status.healthz() != "ok")
      return fail(Code::unavailable, name() + " is not well: " + shown(status.healthz()));
    if (Status good = check_key_id(status.key_id()); !good) return fail(good.error());
    return kms_prefix + status.key_id();
  }

  // Unwrapped again before it is given out: a key that encrypts and does not decrypt would lose
  // what it wrapped.
  Result<Wrapped> wrap(const ClearText& data_key, BytesView bound_to) override {
    v2::EncryptRequest request;
    const ClearText clear = bound(data_key, bound_to);
    request.set_plaintext(std::string(clear.view()));
    request.set_uid(random_uid());
    v2::EncryptResponse answer;
    const Status asked = call("Encrypt", &Stub::Encrypt, request, answer);
    wipe(*request.mutable_plaintext());
    if (!asked) return fail(asked.error());
    if (Status good = check(answer); !good) return fail(good.error());
    v2::DecryptRequest stored;
    stored.set_ciphertext(answer.ciphertext());
    stored.set_key_id(answer.key_id());
    *stored.mutable_annotations() = answer.annotations();
    Wrapped wrapped{stored.SerializeAsString(), kms_prefix + answer.key_id()};
    const Result<ClearText> again = unwrap(wrapped, bound_to);
    if (!again) return fail(within("unwrapping what was just wrapped", again.error()));
    if (again->view() == data_key.view()) return wrapped;
    return fail(Code::data_loss, name() + " gave another key back than it was given to wrap");
  }

  Result<ClearText> unwrap(const Wrapped& wrapped, BytesView bound_to) override {
    if (!wrapped.key_id.starts_with(kms_prefix)) {
      if (older_ != nullptr) return older_->unwrap(wrapped, bound_to);
      return fail(Code::failed_precondition,
                  "key " + wrapped.key_id + " is of a keyring, and none is there");
    }
    const std::string cached_as =
        statekit::to_bytes(statekit::sha256(wrapped.key)) + std::string(bound_to);
    if (auto known = cache_.find(cached_as)) return std::move(*known);
    v2::DecryptRequest request;
    if (!request.ParseFromString(wrapped.key) || kms_prefix + request.key_id() != wrapped.key_id)
      return fail(Code::data_loss, "what key " + wrapped.key_id + " wrapped was damaged");
    request.set_uid(random_uid());
    v2::DecryptResponse answer;
    if (Status asked = call("Decrypt", &Stub::Decrypt, request, answer); !asked)
      return fail(within("key " + shown(wrapped.key_id), asked.error()));
    std::optional<ClearText> clear = unbound(answer.plaintext(), bound_to);
    wipe(*answer.mutable_plaintext());
    if (!clear)
      return fail(Code::data_loss, "key " + shown(wrapped.key_id) + " of " + name() +
                                       " is another than the one that it was wrapped by");
    cache_.put(cached_as, *clear);
    return std::move(*clear);
  }

  // Those of a keyring stay: whoever had one before removes the file.
  Result<std::vector<std::string>> keys() override {
    auto key = active();
    if (!key) return fail(key.error());
    return std::vector<std::string>{*std::move(key)};
  }
  Result<std::string> add_key() override {
    return fail(Code::unimplemented, name() +
                                         " makes its keys itself: rotate the key there, then "
                                         "ask again without a new key");
  }
  Status forget(const std::string&) override {
    return fail(Code::unimplemented, name() + " keeps its keys itself");
  }

  std::string name() const override { return "kms " + options_.socket; }

 private:
  using Stub = v2::KeyManagementService::Stub;

  static statekit::Channel channel(const KmsOptions& options) {
    statekit::ChannelOptions how;
    how.message_bytes_max = 256 * 1'024;
    how.reconnect_ms_max =
        static_cast<int>(std::max<std::int64_t>(how.reconnect_ms_min, options.pause_ms));
    return statekit::connect(options.socket, how);
  }

  static std::string shown(const std::string& text) {
    return statekit::shortened(statekit::valid_utf8(text), shown_bytes_max);
  }

  // What a plugin says in an error may hold what it was given, so its code alone is told.
  template <class Method, class Request, class Response>
  Status call(const char* what, Method method, const Request& request, Response& response) {
    if (Status up = check_up(); !up) return up;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(options_.call_ms_max));
    const grpc::Status status = ((*stub_).*method)(&context, request, &response);
    if (status.ok()) return {};
    const auto code = static_cast<Code>(status.error_code());
    if (code == Code::deadline_exceeded) {
      set_down("does not answer within " + std::to_string(options_.call_ms_max) + " ms");
      return check_up();
    }
    if (code == Code::unavailable) {
      set_down("cannot be reached");
      return check_up();
    }
    return fail(Code::failed_precondition, name() + " refuses " + what + " with " +
                                               std::string(statekit::name_of(code)) +
                                               ": its own log says why");
  }

  Status check_up() {
    const std::lock_guard lock(mutex_);
    if (Clock::now() >= down_until_) return {};
    return fail(Code::unavailable, name() + " " + down_why_);
  }
  void set_down(std::string why) {
    const std::lock_guard lock(mutex_);
    down_why_ = std::move(why);
    down_until_ = Clock::now() + std::chrono::milliseconds(options_.pause_ms);
  }

  Status broken(const std::string& what) const {
    return fail(Code::failed_precondition, name() + " " + what);
  }
  Status check_key_id(const std::string& key_id) const {
    if (key_id.empty()) return broken("names no key");
    if (key_id.size() > options_.key_id_bytes_max)
      return broken("names a key with more than " + std::to_string(options_.key_id_bytes_max) +
                    " octets");
    return {};
  }
  Status check(const v2::EncryptResponse& answer) const {
    if (Status good = check_key_id(answer.key_id()); !good) return good;
    if (answer.ciphertext().empty()) return broken("wrapped a key to nothing");
    if (answer.ciphertext().size() > options_.ciphertext_bytes_max)
      return broken("wrapped a key to more than " + std::to_string(options_.ciphertext_bytes_max) +
                    " octets");
    std::size_t bytes = 0;
    for (const auto& [key, value] : answer.annotations()) bytes += key.size() + value.size();
    if (bytes <= options_.annotations_bytes_max) return {};
    return broken("annotates a key with more than " +
                  std::to_string(options_.annotations_bytes_max) + " octets");
  }

  const KmsOptions options_;
  const std::unique_ptr<KeyProvider> older_;
  const std::unique_ptr<Stub> stub_;
  Cache cache_;
  std::mutex mutex_;
  Clock::time_point down_until_;
  std::string down_why_;
};

}  // namespace

Result<std::string> kms_socket(const std::string& address) {
  constexpr std::string_view scheme = "unix:";
  std::string path = address;
  if (path.starts_with(scheme)) path.erase(0, scheme.size());
  if (path.starts_with("//")) path.erase(0, 2);  // as Kubernetes writes it, unix:///run/kms.sock
  if (!address.starts_with(scheme) || !path.starts_with('/'))
    return fail(Code::invalid_argument,
                "\"" + address + "\" is no address of a KMS plugin: write unix:/PATH");
  return std::string(scheme) + path;
}

Result<std::unique_ptr<KeyProvider>> open_kms(KmsOptions options,
                                              std::unique_ptr<KeyProvider> older) {
  Result<std::string> socket = kms_socket(options.socket);
  if (!socket) return fail(std::move(socket.error()));
  options.socket = std::move(*socket);
  return std::make_unique<Kms>(std::move(options), std::move(older));
}

}  // namespace millrace::seal
