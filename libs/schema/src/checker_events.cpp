// What runs by itself or speaks to the outside: cron-expression, cron-verb, retry, subscribe,
// topic-name, partitions, dead-letter and egress.

#include <algorithm>
#include <string>
#include <utility>

#include "checker.hpp"
#include "schema/builtin.hpp"
#include "schema/cron.hpp"
#include "schema/duration.hpp"

namespace millrace::schema {

namespace {

constexpr std::int64_t retries_max = 1'000;
constexpr std::int64_t backoff_seconds_min = 1;
constexpr std::int64_t backoff_seconds_max = 86'400;

class VerbEvents {
 public:
  VerbEvents(const CheckRun& run, const Module& module, const Verb& verb)
      : run_(run), module_(module), verb_(verb) {}

  void check() {
    int subscriptions = 0;
    for (const Metadata& entry : verb_.metadata) {
      spot_ = entry.spot;
      if (const Cron* cron = std::get_if<Cron>(&entry.value)) check_cron(*cron);
      if (const Retry* retry = std::get_if<Retry>(&entry.value)) check_retry(*retry);
      if (const Egress* egress = std::get_if<Egress>(&entry.value)) check_egress(*egress);
      if (const Subscribe* subscribe = std::get_if<Subscribe>(&entry.value)) {
        check_subscribe(*subscribe);
        if (++subscriptions == 2) add("subscribe", "a verb subscribes to one topic only");
      }
    }
  }

 private:
  void add(std::string_view rule, std::string message) {
    run_.report.add(module_, spot_, rule, std::move(message));
  }

  void check_cron(const Cron& cron) {
    if (const auto schedule = parse_cron(cron.expression); !schedule) {
      add("cron-expression", in_ticks(cron.expression) + ": " + schedule.error().message);
    }
    if (is_unit(run_.index, verb_.request) && is_unit(run_.index, verb_.response)) return;
    add("cron-verb", "the cron verb " + verb_.name + " must take Unit and return Unit");
  }

  void check_subscribe(const Subscribe& subscribe) {
    if (!is_unit(run_.index, verb_.response)) {
      add("subscribe", "the subscriber " + verb_.name + " must return Unit: nobody waits for it");
    }
    const Topic* topic = run_.index.topic(subscribe.topic);
    if (topic != nullptr && !same_type(run_.index, topic->event, verb_.request)) {
      add("subscribe", "the subscriber " + verb_.name + " must take " + to_string(topic->event) +
                           ", the event of " + to_string(subscribe.topic) + ", not " +
                           to_string(verb_.request));
    }
    if (subscribe.dead_letter) check_dead_letter();
  }

  void check_dead_letter() {
    const std::string name = verb_.name + "Failed";
    const DeclPtr found = run_.index.find({module_.name, name, {}});
    if (std::holds_alternative<std::monostate>(found)) return;
    const Topic* const* topic = std::get_if<const Topic*>(&found);
    const Type wanted = ref_to(builtin_name, "FailedEvent", {verb_.request});
    if (topic != nullptr && same_type(run_.index, (*topic)->event, wanted)) return;
    add("dead-letter", "the dead letter topic " + in_ticks(name) +
                           " clashes with a declaration of another type; it would be a topic of " +
                           to_string(wanted));
  }

  void check_retry(const Retry& retry) {
    if (find<Subscribe>(verb_.metadata) == nullptr && find<Cron>(verb_.metadata) == nullptr) {
      add("retry", "`+retry` belongs on a verb that subscribes or is cron");
    }
    if (retry.count && (*retry.count < 0 || *retry.count > retries_max)) {
      add("retry", "a count of retries is from 0 to " + std::to_string(retries_max));
    }
    const auto least = check_backoff(retry.min_backoff);
    const auto most = check_backoff(retry.max_backoff);
    if (least && most && *most < *least) {
      add("retry", "the longest backoff " + retry.max_backoff + " is below the shortest " +
                       retry.min_backoff);
    }
    if (retry.catch_verb) check_catch(*retry.catch_verb);
  }

  std::optional<std::int64_t> check_backoff(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto seconds = parse_duration(text);
    if (seconds && *seconds >= backoff_seconds_min && *seconds <= backoff_seconds_max) {
      return seconds;
    }
    add("retry", in_ticks(text) + " is no backoff: a duration from 1s to 1d, such as 1m30s");
    return std::nullopt;
  }

  void check_catch(const Ref& ref) {
    const Verb* verb = run_.index.verb(ref);
    if (verb == nullptr) return;
    const Type wanted = ref_to(builtin_name, "CatchRequest", {verb_.request});
    const Type loose = ref_to(builtin_name, "CatchRequest", {type_of(TypeKind::any)});
    const bool takes =
        same_type(run_.index, verb->request, wanted) || same_type(run_.index, verb->request, loose);
    if (takes && is_unit(run_.index, verb->response)) return;
    add("retry", "the catch verb " + to_string(ref) + " must take " + to_string(wanted) + " or " +
                     to_string(loose) + " and return Unit");
  }

  void check_egress(const Egress& egress) {
    for (const std::string& target : egress.targets) {
      std::size_t at = target.find("${");
      while (at != std::string::npos) {
        const std::size_t end = target.find('}', at);
        const std::string name =
            end == std::string::npos ? std::string() : target.substr(at + 2, end - at - 2);
        if (run_.index.config({module_.name, name, {}}) == nullptr) {
          add("egress", end == std::string::npos
                            ? "the target " + in_ticks(target) + " lacks the `}` of its `${`"
                            : "the target names the config " + in_ticks(name) +
                                  ", which this module does not declare");
        }
        at = target.find("${", at + 2);
      }
    }
  }

  const CheckRun& run_;
  const Module& module_;
  const Verb& verb_;
  Spot spot_;
};

void check_topic(const CheckRun& run, const Module& module, const Topic& topic) {
  if (!topic.name.empty() && !(topic.name.front() >= 'a' && topic.name.front() <= 'z')) {
    run.report.add(module, topic.spot, "topic-name",
                   "the topic " + in_ticks(topic.name) + " must start with a lower-case letter");
  }
  for (const Metadata& entry : topic.metadata) {
    const Partitions* partitions = std::get_if<Partitions>(&entry.value);
    if (partitions == nullptr || partitions->count >= 1) continue;
    run.report.add(module, entry.spot, "partitions", "a topic has at least one partition");
  }
}

}  // namespace

void check_events(const CheckRun& run, const Module& module) {
  for (const Verb& verb : module.verbs) VerbEvents(run, module, verb).check();
  for (const Topic& topic : module.topics) check_topic(run, module, topic);
}

}  // namespace millrace::schema
