// OpenSSL's objects with owners, and its errors as text. Seen by this library only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace millrace::tls {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;

Bio bio_of(std::string_view text);
std::string text_of(BIO* memory);
std::vector<X509Ptr> read_certificates(std::string_view pem);
Key read_key(std::string_view pem);  // null: none, or sealed with a passphrase
std::int64_t seconds_of(const ASN1_TIME* time);

// The newest entry of this thread's queue of errors, which is emptied; "unknown error" without one.
std::string last_error();

}  // namespace millrace::tls
