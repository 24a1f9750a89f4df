// The built page, inside the binary (made by web/embed.mjs). Constant, thread safe.
#pragma once

#include <span>
#include <string_view>

namespace millrace::console {

struct Asset {
  std::string_view path;  // "/index.html", "/assets/index-Dx4kXJAl.js"
  std::string_view content_type;
  std::string_view tag;  // of its content; an ETag without its quotes
  bool hashed = false;   // the name changes with the content: may be kept for ever
  std::string_view plain;
  std::string_view gzip;  // empty: not worth it
};

// Sorted by path within each folder.
std::span<const Asset> assets();

}  // namespace millrace::console
