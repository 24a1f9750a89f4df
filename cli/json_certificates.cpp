// The frozen formats of `millrace certs`; see json.hpp.
#include <nlohmann/json.hpp>

#include "cli/json.hpp"
#include "cli/table.hpp"

namespace millrace::cli {

using Json = nlohmann::ordered_json;

std::string to_json(const std::vector<CertificateFile>& files) {
  Json list = Json::array();
  for (const CertificateFile& file : files) {
    const tls::Certificate& each = file.certificate;
    list.push_back({{"file", file.path},
                    {"name", each.name},
                    {"issuer", each.issuer},
                    {"authority", each.authority},
                    {"uris", each.uris},
                    {"hosts", each.dns},
                    {"addresses", each.ips},
                    {"valid_from", rfc3339(each.valid_from_s * 1'000)},
                    {"valid_until", rfc3339(each.valid_until_s * 1'000)},
                    {"fingerprint", each.fingerprint},
                    {"key_warning", file.key_warning}});
  }
  return Json{{"certificates", list}}.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string files_json(const std::vector<std::string>& paths) {
  return Json{{"files", paths}}.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace millrace::cli
