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

rlimit write_no_core_dumps_but_in_children() {
  rlimit before{RLIM_INFINITY, RLIM_INFINITY};
  getrlimit(RLIMIT_CORE, &before);
  // What is the most stays: who may not raise it could not give it back.
  const rlimit none{0, before.rlim_max};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return before;
}

}  // namespace millrace::seal
