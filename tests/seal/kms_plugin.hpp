// A KMS plugin for tests, on a unix socket in a thread of gRPC's: a second implementation of the
// protocol, which can also refuse, hang, lie and change its key.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace millrace::test {

struct PluginMood {
  std::string version = "v2";
  std::string health = "ok";
  std::string key_id = "key-1";
  std::size_t ciphertext_bytes_more = 0;
  std::size_t annotation_bytes = 3;
  bool refuses = false;         // every call, and tells in its error what it was given
  bool hangs = false;           // Encrypt and Decrypt, until it is let go or the call is given up
  bool forgets = false;         // the annotations, which Decrypt needs
  bool decrypts_wrong = false;  // to something of the same length
  bool wraps_to_nothing = false;
  std::uint64_t encrypts_before_hanging = 0;  // so many more calls of Encrypt; 0: never
};

class KmsPlugin {
 public:
  // Listens at `path` until it goes.
  explicit KmsPlugin(const std::string& path);
  ~KmsPlugin();
  KmsPlugin(const KmsPlugin&) = delete;
  KmsPlugin& operator=(const KmsPlugin&) = delete;

  std::string address() const;
  // From the next call on.
  void feel(const PluginMood& mood);
  // Calls that came: of all kinds, of Decrypt.
  std::uint64_t calls() const;
  std::uint64_t decrypted() const;
  // A call has hung since the mood was set.
  bool has_hung() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::test
