// The settings of an imaginary service, one of each kind, and a settings file that is gone again
// when the test ends.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace millrace::settings {

struct Sample {
  std::string data = ".millrace";
  std::string listen = "127.0.0.1:8893";
  std::int64_t calls_max = 1000;
  std::int64_t timeout_ms = 10'000;
  bool trace = false;
  std::vector<std::string> peers;
};

inline void describe(Fields& fields, Sample& sample) {
  fields.text("data", sample.data, "where state is kept");
  fields.address("routing.listen", sample.listen, "where callers connect");
  fields.integer("routing.calls_max", sample.calls_max, 1, 100'000, "calls in flight");
  fields.duration("routing.timeout", sample.timeout_ms, 100, 60'000, "of a call without its own");
  fields.boolean("routing.trace", sample.trace, "log each call");
  fields.list("routing.peers", sample.peers, "addresses to follow");
}

class SampleFile {
 public:
  explicit SampleFile(const std::string& text) {
    char name[] = "/tmp/millrace-settings-XXXXXX";
    const int file = mkstemp(name);
    path_ = name;
    close(file);
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~SampleFile() { std::remove(path_.c_str()); }
  SampleFile(const SampleFile&) = delete;
  SampleFile& operator=(const SampleFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The faults of a load, or nothing where it succeeds.
inline std::vector<std::string> faults_of(const Sources& sources) {
  Sample sample;
  Fields fields;
  describe(fields, sample);
  fields.foreign("ingress");
  const auto loaded = load(fields, sources);
  return loaded ? std::vector<std::string>() : loaded.error().details;
}

}  // namespace millrace::settings
