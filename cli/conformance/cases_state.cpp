#include "cli/conformance/conformance.hpp"

namespace millrace::cli {
namespace {

void round_trip(Probe& probe) {
  std::string octets;
  for (int i = 0; i < 256; ++i) octets += static_cast<char>(i);
  probe.want({200, 201}, "POST", probe.state(), octets);
  probe.want_body(probe.state(), octets);
}

void replaced(Probe& probe) {
  probe.want({200, 201}, "POST", probe.state(), "one");
  probe.want({200}, "PUT", probe.state(), "two");
  probe.want_body(probe.state(), "two");
}

void again(Probe& probe) {
  const auto first = probe.want({200, 201}, "POST", probe.state(), "one");
  const auto second = probe.want({200}, "POST", probe.state(), "one");
  probe.expect(Probe::etag(first) == Probe::etag(second),
               "the same ETag for the same body sent again", Probe::etag(second));
  probe.want_body(probe.state(), "one");
}

void deleted(Probe& probe) {
  probe.want({200}, "DELETE", probe.state());
  probe.want({200, 201}, "POST", probe.state(), "one");
  probe.want({200}, "DELETE", probe.state());
  probe.want_none(probe.state());
  probe.want({200}, "DELETE", probe.state());
}

void checksum(Probe& probe) {
  const std::string body = "with a checksum";
  probe.want({200, 201}, "POST", probe.state(), body,
             {{"Content-MD5", "vsF/q2qGCvNewFNdQmwEbQ=="}});
  probe.want({400}, "POST", probe.state(), body + "!",
             {{"Content-MD5", "vsF/q2qGCvNewFNdQmwEbQ=="}});
  probe.want_body(probe.state(), body);
}

void empty(Probe& probe) {
  probe.want({200, 201}, "POST", probe.state(), "one");
  probe.want({400}, "POST", probe.state());
  probe.want_body(probe.state(), "one");
}

void large(Probe& probe) {
  std::string body(3'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 + i / 251);
  probe.want({200, 201}, "POST", probe.state(), body);
  probe.want_body(probe.state(), body);
}

void packed(Probe& probe) {
  const std::string gzip(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xaf\xca\x2c\x50\xc8\x4d\x05\x00"
      "\xcf\xf0\x1f\x53\x07\x00\x00\x00",
      27);
  probe.want({200, 201}, "POST", probe.state(), gzip, {{"Content-Encoding", "gzip"}});
  probe.want_body(probe.state(), "gzip me");
  probe.want({400}, "POST", probe.state(), "not gzip", {{"Content-Encoding", "gzip"}});
  probe.want_body(probe.state(), "gzip me");
}

void etag_met(Probe& probe) {
  const auto first = probe.want({200, 201}, "POST", probe.state(), "one");
  const auto read = probe.want({200}, "GET", probe.state());
  probe.expect(!Probe::etag(read).empty() && Probe::etag(read) == Probe::etag(first),
               "one ETag from the write and from the read", Probe::etag(read));
  probe.want({200}, "POST", probe.state(), "two", {{"If-Match", Probe::etag(read)}});
  probe.want({200}, "POST", probe.state(), "three", {{"If-Match", "*"}});
  const auto now = probe.want({200}, "GET", probe.state());
  probe.want({304}, "GET", probe.state(), {}, {{"If-None-Match", Probe::etag(now)}});
}

void etag_stale(Probe& probe) {
  const auto first = probe.want({200, 201}, "POST", probe.state(), "one");
  const std::vector<httpkit::Header> stale{{"If-Match", Probe::etag(first)}};
  probe.want({200}, "POST", probe.state(), "two");
  probe.want({412}, "POST", probe.state(), "three", stale);
  probe.want({412}, "DELETE", probe.state(), {}, stale);
  probe.want_body(probe.state(), "two");
}

void etag_absent(Probe& probe) {
  probe.want({412}, "POST", probe.state(), "one", {{"If-Match", "*"}});
  probe.want_none(probe.state());
  probe.want({200, 201}, "POST", probe.state(), "one", {{"If-None-Match", "*"}});
  probe.want({412}, "POST", probe.state(), "two", {{"If-None-Match", "*"}});
  probe.want_body(probe.state(), "one");
}

void etag_of_content_that_came_back(Probe& probe) {
  const auto first = probe.want({200, 201}, "POST", probe.state(), "one");
  probe.want({200}, "POST", probe.state(), "two");
  probe.want({200}, "POST", probe.state(), "one");
  probe.want({412}, "POST", probe.state(), "three", {{"If-Match", Probe::etag(first)}});
}

}  // namespace

std::vector<ConformanceCase> state_cases() {
  return {
      {"state.none-at-first", "A state that nobody wrote is 404 or 204.",
       [](Probe& probe) { probe.want_none(probe.state()); }},
      {"state.round-trip", "What was put comes back, octet for octet.", round_trip},
      {"state.replaced", "PUT is POST, and the newest state is read.", replaced},
      {"state.repeated-write", "The newest state put again changes nothing.", again},
      {"state.deleted", "A deleted state is none, and DELETE can be repeated.", deleted},
      {"state.checksum", "A wrong Content-MD5 is 400 and changes nothing.", checksum},
      {"state.empty-refused", "A write without a body is 400 and changes nothing.", empty},
      {"state.large", "A state of 3 MB comes back whole.", large},
      {"state.gzip", "Content-Encoding: gzip is unpacked; what is no gzip is 400.", packed},
      {"etag.met", "If-Match with the newest ETag writes; If-None-Match reads 304.", etag_met},
      {"etag.stale", "If-Match with an older ETag is 412 and changes nothing.", etag_stale},
      {"etag.absent", "If-Match: * needs a state, If-None-Match: * needs none.", etag_absent},
      {"etag.not-the-content", "An ETag names a version: the same content later is another one.",
       etag_of_content_that_came_back},
  };
}

}  // namespace millrace::cli
