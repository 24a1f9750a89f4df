// Metrics: counters, gauges and histograms by name and labels, written out in Prometheus' text
// format. Names are millrace_<service>_<noun>_<unit>; labels come from the schema, never from raw
// input. Keep the handle: looking one up takes a lock. Handles are values that live as long as
// their Metrics; everything is thread safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace millrace::statekit {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  void add(double amount = 1) const;
  double value() const;

 private:
  friend class Metrics;
  explicit Counter(void* counter) : counter_(counter) {}
  void* counter_;
};

class Gauge {
 public:
  void set(double value) const;
  void add(double amount) const;
  double value() const;

 private:
  friend class Metrics;
  explicit Gauge(void* gauge) : gauge_(gauge) {}
  void* gauge_;
};

class Histogram {
 public:
  void observe(double value) const;

 private:
  friend class Metrics;
  explicit Histogram(void* histogram) : histogram_(histogram) {}
  void* histogram_;
};

// Bounds for durations in seconds: 0.1 ms to 10 s.
const std::vector<double>& seconds_buckets();

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels give the same metric. A name has one kind and one help text.
  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram histogram(const std::string& name, const std::string& help,
                      const std::vector<double>& buckets = seconds_buckets(),
                      const Labels& labels = {});

  // Called before each text(), to bring gauges up to date.
  void on_scrape(std::function<void()> update);

  // What /metrics answers: text/plain; version=0.0.4.
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::statekit
