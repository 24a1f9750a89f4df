#include "seal/clear_text.hpp"

#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace millrace::seal {

void wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

void write_no_core_dumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // Where cores go to a program, the limit is not asked; this is.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace millrace::seal
