#include "statekit/io/metrics.hpp"

#include <mutex>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "statekit/result.hpp"

namespace millrace::statekit {

const std::vector<double>& seconds_buckets() {
  static const std::vector<double> bounds = {.0001, .00025, .0005, .001, .0025, .005, .01, .025,
                                             .05,   .1,     .25,   .5,   1,     2.5,  5,   10};
  return bounds;
}

void Counter::add(double amount) const {
  static_cast<prometheus::Counter*>(counter_)->Increment(amount);
}
double Counter::value() const { return static_cast<prometheus::Counter*>(counter_)->Value(); }
void Gauge::set(double value) const { static_cast<prometheus::Gauge*>(gauge_)->Set(value); }
void Gauge::add(double amount) const { static_cast<prometheus::Gauge*>(gauge_)->Increment(amount); }
double Gauge::value() const { return static_cast<prometheus::Gauge*>(gauge_)->Value(); }
void Histogram::observe(double value) const {
  static_cast<prometheus::Histogram*>(histogram_)->Observe(value);
}

struct Metrics::Impl {
  prometheus::Registry registry;
  std::mutex mutex;  // of the families and updates
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters;
  std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges;
  std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms;
  std::vector<std::function<void()>> updates;

  bool known_elsewhere(const std::string& name, int kinds) const {
    return static_cast<int>(counters.count(name) + gauges.count(name) + histograms.count(name)) >
           kinds;
  }

  template <class Build, class Families>
  auto& family(Families& families, Build build, const std::string& name, const std::string& help) {
    std::lock_guard lock(mutex);
    auto& found = families[name];
    check(!known_elsewhere(name, 1), "a metric has one kind");
    if (found == nullptr) found = &build.Name(name).Help(help).Register(registry);
    return *found;
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  auto& family = impl_->family(impl_->counters, prometheus::BuildCounter(), name, help);
  return Counter(&family.Add(labels));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  auto& family = impl_->family(impl_->gauges, prometheus::BuildGauge(), name, help);
  return Gauge(&family.Add(labels));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help,
                             const std::vector<double>& buckets, const Labels& labels) {
  auto& family = impl_->family(impl_->histograms, prometheus::BuildHistogram(), name, help);
  return Histogram(&family.Add(labels, buckets));
}

void Metrics::on_scrape(std::function<void()> update) {
  std::lock_guard lock(impl_->mutex);
  impl_->updates.push_back(std::move(update));
}

std::string Metrics::text() const {
  std::vector<std::function<void()>> updates;
  {
    std::lock_guard lock(impl_->mutex);
    updates = impl_->updates;
  }
  for (const auto& update : updates) update();
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace millrace::statekit
