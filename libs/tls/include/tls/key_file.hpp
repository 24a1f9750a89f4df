// Whether a private key lies open. A warning and no refusal: what mounts secrets into a container
// (Kubernetes) makes files that everybody there may read, and nobody else is there. Group rights
// are how a key is given to one service, and fine. Looks at the file, any thread.
#pragma once

#include <string>

namespace millrace::tls {

// What to say of a key that users of this machine who are neither its owner nor of its group may
// read or write, and what to do; empty where all is well, or there is no such file.
std::string key_file_warning(const std::string& path);

}  // namespace millrace::tls
