#include "services/schema/workspace/body.hpp"

#include <array>

#include <openssl/evp.h>
#include <zlib.h>

namespace millrace::workspace {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

constexpr int gzip_window = 15 + 16;  // zlib's way of saying gzip
constexpr std::size_t step_octets = 64 * 1024;

Bytef* input(std::string_view octets) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(octets.data()));
}

}  // namespace

std::string content_md5(std::string_view octets) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  statekit::check(
      EVP_Digest(octets.data(), octets.size(), digest.data(), &size, EVP_md5(), nullptr) == 1,
      "MD5 can be computed");
  std::string text(4 * ((size + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), digest.data(),
                  static_cast<int>(size));
  return text;
}

std::string gzip(std::string_view octets) {
  z_stream stream{};
  statekit::check(
      deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) == Z_OK,
      "zlib can begin");
  std::string out(deflateBound(&stream, octets.size()), '\0');
  stream.next_in = input(octets);
  stream.avail_in = static_cast<uInt>(octets.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  statekit::check(deflate(&stream, Z_FINISH) == Z_STREAM_END, "what is packed fits its bound");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<std::string> gunzip(std::string_view octets, std::size_t octets_max) {
  z_stream stream{};
  statekit::check(inflateInit2(&stream, gzip_window) == Z_OK, "zlib can begin");
  stream.next_in = input(octets);
  stream.avail_in = static_cast<uInt>(octets.size());
  std::string out;
  std::array<char, step_octets> step;
  int state = Z_OK;
  while (state == Z_OK && out.size() <= octets_max) {
    stream.next_out = reinterpret_cast<Bytef*>(step.data());
    stream.avail_out = static_cast<uInt>(step.size());
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(step.data(), step.size() - stream.avail_out);
  }
  const bool whole = state == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (out.size() > octets_max)
    return fail(Code::resource_exhausted,
                "the body unfolds to more than " + std::to_string(octets_max) + " octets");
  if (!whole) return fail(Code::invalid_argument, "the body is not one whole gzip stream");
  return out;
}

}  // namespace millrace::workspace
