#include "tls/authority.hpp"

#include <array>

#include <arpa/inet.h>
#include <openssl/rand.h>

#include "openssl.hpp"

namespace millrace::tls {
namespace {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

using Integer = std::unique_ptr<ASN1_INTEGER, Freed<ASN1_INTEGER_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

tl::unexpected<statekit::Error> failed(const std::string& doing) {
  return fail(Code::internal, doing + ": " + last_error());
}

std::string pem_of(X509* x509) {
  const Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), x509);
  return text_of(out.get());
}

std::string pem_of(EVP_PKEY* key) {
  const Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(out.get());
}

Status set_serial(X509* x509) {
  std::array<unsigned char, 16> octets{};
  if (RAND_bytes(octets.data(), octets.size()) != 1) return failed("drawing a serial number");
  octets[0] = static_cast<unsigned char>((octets[0] & 0x7f) | 0x40);  // positive, and never short
  const Number number(BN_bin2bn(octets.data(), octets.size(), nullptr));
  const Integer serial(BN_to_ASN1_INTEGER(number.get(), nullptr));
  X509_set_serialNumber(x509, serial.get());
  return {};
}

Status add(X509* x509, X509* issuer, int what, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
  if (extension == nullptr) return failed("making a certificate");
  X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
  return {};
}

GENERAL_NAME* text_name(int type, const std::string& text) {
  ASN1_IA5STRING* string = ASN1_IA5STRING_new();
  ASN1_STRING_set(string, text.data(), static_cast<int>(text.size()));
  GENERAL_NAME* name = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(name, type, string);
  return name;
}

Status add_names(X509* x509, const Order& order) {
  if (order.dns.empty() && order.ips.empty() && order.uris.empty()) return {};
  const Names names(GENERAL_NAMES_new());
  for (const std::string& uri : order.uris)
    sk_GENERAL_NAME_push(names.get(), text_name(GEN_URI, uri));
  for (const std::string& host : order.dns)
    sk_GENERAL_NAME_push(names.get(), text_name(GEN_DNS, host));
  for (const std::string& address : order.ips) {
    ASN1_OCTET_STRING* octets = a2i_IPADDRESS(address.c_str());
    if (octets == nullptr)
      return fail(Code::invalid_argument, "'" + address + "' is no IP address");
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, GEN_IPADD, octets);
    sk_GENERAL_NAME_push(names.get(), name);
  }
  if (X509_add1_ext_i2d(x509, NID_subject_alt_name, names.get(), 0, 0) != 1)
    return failed("naming a certificate");
  return {};
}

Status check(const Order& order) {
  const auto plain = [](const std::string& text) {
    constexpr std::size_t name_bytes_max = 250;
    if (text.empty() || text.size() > name_bytes_max) return false;
    for (const char c : text) {
      if (c <= ' ' || c > '~') return false;
    }
    return true;
  };
  for (const auto* list : {&order.dns, &order.uris}) {
    for (const std::string& each : *list) {
      if (!plain(each))
        return fail(Code::invalid_argument,
                    "'" + each +
                        "' cannot stand in a certificate: write letters, digits and signs "
                        "of ASCII, without spaces");
    }
  }
  constexpr std::size_t common_name_bytes_max = 64;  // X.520
  if (order.name.empty() || order.name.size() > common_name_bytes_max)
    return fail(Code::invalid_argument, "a certificate is for a name of 1 to 64 characters");
  return {};
}

Status describe_owner(X509* x509, EVP_PKEY* key, const Order& order) {
  X509_set_version(x509, X509_VERSION_3);
  if (Status status = set_serial(x509); !status) return status;
  ASN1_TIME_set(X509_getm_notBefore(x509), order.valid_from_s);
  ASN1_TIME_set(X509_getm_notAfter(x509), order.valid_until_s);
  X509_set_pubkey(x509, key);
  const auto* name = reinterpret_cast<const unsigned char*>(order.name.data());
  if (X509_NAME_add_entry_by_NID(X509_get_subject_name(x509), NID_commonName, MBSTRING_UTF8, name,
                                 static_cast<int>(order.name.size()), -1, 0) != 1)
    return failed("naming a certificate");
  return {};
}

Status sign(X509* x509, X509* issuer, EVP_PKEY* issuer_key, bool authority) {
  X509_set_issuer_name(x509, X509_get_subject_name(issuer));
  const std::pair<int, const char*> extensions[] = {
      {NID_basic_constraints, authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE"},
      {NID_key_usage, authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature"},
      {NID_subject_key_identifier, "hash"},
      {NID_authority_key_identifier, "keyid"},
  };
  for (const auto& [what, value] : extensions) {
    if (Status status = add(x509, issuer, what, value); !status) return status;
  }
  if (!authority) {
    if (Status status = add(x509, issuer, NID_ext_key_usage, "serverAuth,clientAuth"); !status)
      return status;
  }
  if (X509_sign(x509, issuer_key, EVP_sha256()) == 0) return failed("signing a certificate");
  return {};
}

}  // namespace

Result<Issued> make_authority(const Order& order) {
  if (Status status = check(order); !status) return fail(status.error());
  const Key key(EVP_EC_gen("P-256"));
  const X509Ptr x509(X509_new());
  if (key == nullptr || x509 == nullptr) return failed("making a key");
  if (Status status = describe_owner(x509.get(), key.get(), order); !status)
    return fail(status.error());
  if (Status status = sign(x509.get(), x509.get(), key.get(), true); !status)
    return fail(status.error());
  return Issued{pem_of(x509.get()), pem_of(key.get())};
}

Result<Issued> issue(const Issued& authority, const Order& order) {
  if (Status status = check(order); !status) return fail(status.error());
  const auto issuers = read_certificates(authority.certificate);
  const Key issuer_key = read_key(authority.key);
  if (issuers.empty() || issuer_key == nullptr)
    return fail(Code::invalid_argument, "the authority has no certificate or no key");
  const Key key(EVP_EC_gen("P-256"));
  const X509Ptr x509(X509_new());
  if (key == nullptr || x509 == nullptr) return failed("making a key");
  if (Status status = describe_owner(x509.get(), key.get(), order); !status)
    return fail(status.error());
  if (Status status = add_names(x509.get(), order); !status) return fail(status.error());
  if (Status status = sign(x509.get(), issuers.front().get(), issuer_key.get(), false); !status)
    return fail(status.error());
  return Issued{pem_of(x509.get()), pem_of(key.get())};
}

}  // namespace millrace::tls
