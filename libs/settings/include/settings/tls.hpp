// The settings that close the doors of a process: `tls.*` and `insecure`. Described by each
// main.cpp once, and opened before anything listens or connects:
//
//   const auto doors = settings::open_doors(binary, tls, door.asks());
//   if (!doors) return 1;
#pragma once

#include <optional>
#include <string>

#include "settings/main.hpp"
#include "settings/settings.hpp"
#include "tls/doors.hpp"

namespace millrace::settings {

struct Tls {
  tls::Files files;
  std::string client = "require";
  std::string http_client = "none";
  bool modules = false;
  bool insecure = false;
};

inline void describe(Fields& fields, Tls& tls) {
  fields.text("tls.certificate", tls.files.certificate,
              "PEM file with the certificate of this process; empty: listen in clear");
  fields.text("tls.key", tls.files.key, "PEM file with its key");
  fields.text("tls.ca", tls.files.ca, "PEM file with the authorities whose certificates are taken");
  fields.choice("tls.client", tls.client, {"none", "request", "require"},
                "the certificate that gRPC ports want of their clients");
  fields.choice("tls.http_client", tls.http_client, {"none", "request", "require"},
                "the certificate that HTTP ports want of their clients");
  fields.boolean("tls.modules", tls.modules,
                 "the endpoints of modules speak TLS, with certificates of tls.ca");
  fields.boolean(
      "insecure", tls.insecure,
      "listen beyond loopback in clear, and for anybody: where the network itself is closed");
}

// What the listeners and clients of this process are given; `asks`: its callers must say who they
// are. Errors as tls::open_doors.
statekit::Result<tls::Doors> doors_of(const Tls& tls, bool asks);
// The same for a main; a fault of the files goes to stderr.
std::optional<tls::Doors> open_doors(const Binary& binary, const Tls& tls, bool asks);

}  // namespace millrace::settings
