#include "seal/kms_plugin.hpp"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "kms.grpc.pb.h"

namespace millrace::test {

namespace {

constexpr const char* note = "example.com/pad";

// No cipher, only something that does not show what it was given.
std::string turned(std::string text, const std::string& pad) {
  for (std::size_t i = 0; i < text.size(); ++i)
    text[i] = static_cast<char>(text[i] ^ pad[i % pad.size()] ^ 0x55);
  return text;
}

}  // namespace

struct KmsPlugin::Impl final : v2::KeyManagementService::Service {
  std::string path;
  std::unique_ptr<grpc::Server> server;
  std::mutex mutex;
  std::condition_variable let_go;
  PluginMood mood;
  std::atomic<std::uint64_t> calls = 0;
  std::atomic<std::uint64_t> decrypted = 0;
  bool hung = false;

  PluginMood now() {
    const std::lock_guard lock(mutex);
    ++calls;
    return mood;
  }

  void count_encrypt() {
    const std::lock_guard lock(mutex);
    if (mood.encrypts_before_hanging > 0 && --mood.encrypts_before_hanging == 0) mood.hangs = true;
  }

  // The way the mood has it; ok: go on.
  grpc::Status met(grpc::ServerContext& context, const PluginMood& now, const std::string& given) {
    if (now.refuses) return {grpc::StatusCode::PERMISSION_DENIED, "no key for " + given};
    std::unique_lock lock(mutex);
    hung = hung || mood.hangs;
    while (mood.hangs && !context.IsCancelled())
      let_go.wait_for(lock, std::chrono::milliseconds(10));
    if (context.IsCancelled()) return {grpc::StatusCode::CANCELLED, "given up"};
    return grpc::Status::OK;
  }

  grpc::Status Status(grpc::ServerContext*, const v2::StatusRequest*,
                      v2::StatusResponse* answer) override {
    const PluginMood mood_now = now();
    answer->set_version(mood_now.version);
    answer->set_healthz(mood_now.health);
    answer->set_key_id(mood_now.key_id);
    return grpc::Status::OK;
  }

  grpc::Status Encrypt(grpc::ServerContext* context, const v2::EncryptRequest* request,
                       v2::EncryptResponse* answer) override {
    const PluginMood mood_now = now();
    count_encrypt();
    if (const grpc::Status met_it = met(*context, mood_now, request->plaintext()); !met_it.ok())
      return met_it;
    const std::string pad(mood_now.annotation_bytes, 'p');
    if (!mood_now.wraps_to_nothing)
      answer->set_ciphertext(turned(request->plaintext(), mood_now.key_id + pad) +
                             std::string(mood_now.ciphertext_bytes_more, 'x'));
    answer->set_key_id(mood_now.key_id);
    if (!mood_now.forgets) (*answer->mutable_annotations())[note] = pad;
    return grpc::Status::OK;
  }

  grpc::Status Decrypt(grpc::ServerContext* context, const v2::DecryptRequest* request,
                       v2::DecryptResponse* answer) override {
    const PluginMood mood_now = now();
    ++decrypted;
    if (const grpc::Status met_it = met(*context, mood_now, request->ciphertext()); !met_it.ok())
      return met_it;
    const auto pad = request->annotations().find(note);
    if (pad == request->annotations().end() || request->uid().empty())
      return {grpc::StatusCode::INVALID_ARGUMENT, "the annotations are missing"};
    std::string clear = turned(request->ciphertext(), request->key_id() + pad->second);
    if (mood_now.decrypts_wrong) clear.back() ^= 1;
    answer->set_plaintext(clear);
    return grpc::Status::OK;
  }
};

KmsPlugin::KmsPlugin(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + path, grpc::InsecureServerCredentials());
  builder.RegisterService(impl_.get());
  impl_->server = builder.BuildAndStart();
}

KmsPlugin::~KmsPlugin() {
  feel({});
  impl_->server->Shutdown(std::chrono::system_clock::now());
}

std::string KmsPlugin::address() const { return "unix:" + impl_->path; }

void KmsPlugin::feel(const PluginMood& mood) {
  const std::lock_guard lock(impl_->mutex);
  impl_->mood = mood;
  impl_->hung = false;
  impl_->let_go.notify_all();
}

std::uint64_t KmsPlugin::calls() const { return impl_->calls; }
bool KmsPlugin::has_hung() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->hung;
}
std::uint64_t KmsPlugin::decrypted() const { return impl_->decrypted; }

}  // namespace millrace::test
