#include "tls/describe.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include <arpa/inet.h>

#include "openssl.hpp"

namespace millrace::tls {
namespace {

std::string common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, text);
  if (size < 0) return {};
  std::string out(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return out;
}

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string address_of(const ASN1_OCTET_STRING* octets) {
  const std::string raw = text_of(octets);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = raw.size() == 4 ? AF_INET : AF_INET6;
  if (raw.size() != 4 && raw.size() != 16) return {};
  return inet_ntop(family, raw.data(), text.data(), text.size()) == nullptr ? "" : text.data();
}

void read_names(const X509* x509, Certificate& out) {
  auto* names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_URI) out.uris.push_back(text_of(name->d.uniformResourceIdentifier));
    if (name->type == GEN_DNS) out.dns.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_IPADD) out.ips.push_back(address_of(name->d.iPAddress));
  }
  GENERAL_NAMES_free(names);
}

std::string fingerprint_of(const X509* x509) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(x509, EVP_sha256(), digest.data(), &size);
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    constexpr const char* digits = "0123456789abcdef";
    out += {digits[digest[i] >> 4], digits[digest[i] & 15]};
  }
  return out;
}

Certificate read(X509* x509) {
  Certificate out;
  out.name = common_name(X509_get_subject_name(x509));
  out.issuer = common_name(X509_get_issuer_name(x509));
  read_names(x509, out);
  out.valid_from_s = seconds_of(X509_get0_notBefore(x509));
  out.valid_until_s = seconds_of(X509_get0_notAfter(x509));
  out.authority = X509_check_ca(x509) == 1;
  const EVP_PKEY* key = X509_get0_pubkey(x509);
  if (const char* type = key == nullptr ? nullptr : EVP_PKEY_get0_type_name(key)) out.key = type;
  out.fingerprint = fingerprint_of(x509);
  return out;
}

struct Meaning {
  const char* words;
  const char* meaning;
};
constexpr Meaning meanings[] = {
    {"wrong version number", "the other side does not speak TLS: its port is in clear"},
    {"WRONG_VERSION_NUMBER", "the other side does not speak TLS: its port is in clear"},
    {"http request", "the other side speaks HTTP in clear to a TLS port"},
    {"Hostname Verification Check failed",
     "the certificate of the other side is for other hosts; see `millrace certs show`"},
    {"certificate verify failed",
     "the certificate of the other side is not believed: signed by an authority that tls.ca does "
     "not hold, expired, or not valid yet"},
    {"CERTIFICATE_VERIFY_FAILED",
     "the certificate of the other side is not believed: signed by an authority that tls.ca does "
     "not hold, expired, or not valid yet"},
    {"certificate required", "the other side wants a certificate, and none was shown"},
    {"peer did not return a certificate", "the other side showed no certificate"},
    {"alert unknown ca",
     "the other side does not believe our certificate: its tls.ca does not hold who signed it"},
    {"alert bad certificate", "the other side does not believe our certificate"},
    {"alert certificate expired", "our certificate has expired, says the other side"},
    {"no shared cipher", "the two sides have no cipher in common"},
    {"unsupported protocol", "the other side speaks a TLS that is older than 1.2"},
};

}  // namespace

std::vector<std::string> Certificate::names() const {
  std::vector<std::string> all = uris;
  all.insert(all.end(), dns.begin(), dns.end());
  if (!name.empty()) all.push_back(name);
  return all;
}

statekit::Result<std::vector<Certificate>> describe(std::string_view pem) {
  std::vector<Certificate> all;
  for (const X509Ptr& each : read_certificates(pem)) all.push_back(read(each.get()));
  if (all.empty())
    return statekit::fail(statekit::Code::invalid_argument,
                          "holds no certificate: name a PEM file, which has a line "
                          "-----BEGIN CERTIFICATE-----");
  return all;
}

std::string date_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
  return {text.data(), size};
}

std::string explain(std::string_view words) {
  for (const Meaning& each : meanings) {
    if (words.find(each.words) != std::string_view::npos) return each.meaning;
  }
  return {};
}

}  // namespace millrace::tls
