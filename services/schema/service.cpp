#include "services/schema/service.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "statekit/commit_codec.hpp"
#include "statekit/io/ids.hpp"
#include "statekit/io/log.hpp"

namespace millrace::schema_service {

using statekit::Code;
using statekit::CommandMeta;
using statekit::Committed;
using statekit::fail;
using statekit::Position;
using statekit::Result;
using statekit::Status;
using statekit::within;

namespace {

constexpr std::size_t worker_threads = 2;
constexpr std::int64_t wait_ms_longest = 10'000;

statekit::MachineLimits machine_limits(const Settings& settings, bool shared) {
  statekit::MachineLimits limits;
  limits.shared = shared;
  limits.queue_max = static_cast<std::size_t>(settings.commands_max);
  limits.snapshot_interval = static_cast<Revision>(settings.snapshot_interval);
  return limits;
}

statekit::FeedLimits feed_limits(const Settings& settings) {
  statekit::FeedLimits limits;
  limits.sessions_max = static_cast<std::size_t>(settings.followers_max);
  limits.records_max = 2 * limits.sessions_max;
  limits.batch_commits_max = static_cast<std::size_t>(settings.batch_commits_max);
  limits.batch_bytes_max = static_cast<std::size_t>(settings.batch_bytes_max);
  limits.hello_ms_max = settings.first_message_ms_max;
  return limits;
}

statekit::BroadcastLimits ring_limits(const Settings& settings) {
  statekit::BroadcastLimits limits;
  limits.commits_max = static_cast<std::size_t>(settings.ring_commits_max);
  limits.bytes_max = static_cast<std::size_t>(settings.ring_bytes_max);
  limits.pinned_commits_max = static_cast<std::size_t>(settings.pinned_commits_max);
  limits.pinned_bytes_max = static_cast<std::size_t>(settings.pinned_bytes_max);
  return limits;
}

RegistrationLimits registration_limits(const Settings& settings) {
  return {settings.write_ms_max, settings.first_message_ms_max,
          static_cast<std::size_t>(settings.registrations_max)};
}

ConductorOptions conductor_options(const Settings& settings) {
  ConductorOptions options;
  options.lease_ms = settings.lease_ms;
  options.write_ms_max = settings.write_ms_max;
  options.tick_ms = std::min<std::int64_t>(options.tick_ms, settings.lease_ms / 5);
  options.rollout.rollback_window_ms = settings.rollback_window_ms;
  options.probes.interval_ms = settings.probe_interval_ms;
  options.probes.first_interval_ms =
      std::min(options.probes.first_interval_ms, settings.probe_interval_ms);
  return options;
}

// A plan is refused where the commit that it would begin with is too large, as Machine refuses it.
Status fits_in_commit(std::vector<schema::Event> events, const CommandMeta& meta, Revision last) {
  if (events.empty()) return {};
  if (!meta.token.empty())
    events.push_back(schema::RequestRemembered{meta.principal, meta.token, meta.request_hash});
  const schema::Commit commit{{last + 1, meta.now_ms, meta.principal, meta.reason},
                              std::move(events)};
  const std::size_t bytes =
      statekit::encode(statekit::to_envelope<schema::ChangeCodec>(commit)).size();
  if (bytes <= statekit::entry_bytes_max) return {};
  return fail(Code::resource_exhausted,
              "this change is " + std::to_string(bytes) + " bytes; a commit has at most " +
                  std::to_string(statekit::entry_bytes_max) + ": split it");
}

}  // namespace

Status make_data_folder(const Settings& settings) {
  std::error_code failed;
  std::filesystem::create_directories(settings.data + "/schema", failed);
  if (!failed) return {};
  return fail(Code::unavailable, "cannot make the folder " + settings.data +
                                     "/schema: " + failed.message() + "; --data names another");
}

bool is_hidden_from_followers(statekit::BytesView event) {
  // The field number of Event.request_remembered and the wire type of a message, as protobuf
  // writes them: cheaper than decoding each event of each commit.
  constexpr char request_remembered = (12 << 3) | 2;
  return !event.empty() && event.front() == request_remembered;
}

Service::Service(const Settings& settings, std::unique_ptr<statekit::Journal> journal,
                 std::unique_ptr<Prober> prober, const statekit::Clock& clock,
                 statekit::MachineNote note, std::unique_ptr<statekit::Presence> presence)
    : settings_(settings),
      clock_(clock),
      created_ms_(clock.wall_ms()),
      journal_(std::move(journal)),
      prober_(std::move(prober)),
      broadcast_(ring_limits(settings), is_hidden_from_followers),
      machine_(*journal_, broadcast_, clock,
               machine_limits(settings, presence && presence->shared()), note),
      hub_(
          broadcast_, *journal_, [this] { return machine_.snapshot_parts(leave_out_private); },
          feed_limits(settings), [this] { machine_.nudge(); }),
      replicas_(
          std::move(presence), statekit::random_request_id(),
          [this] {
            weigh_votes_of_others();
            return facts();
          },
          clock),
      registrations_(machine_, clock, registration_limits(settings),
                     [this](const std::string& endpoint) { conductor_.heard(endpoint); }),
      vault_(make_vault(settings, [this] { return nothing_sealed(); })),
      contexts_(machine_, *vault_, static_cast<std::size_t>(settings.registrations_max)),
      retention_({static_cast<Revision>(settings.retention_commits), settings.retention_age_ms}),
      history_(
          *journal_, [this] { return machine_.position().revision; }, std::move(note)),
      conductor_(
          machine_, broadcast_, *prober_, clock, conductor_options(settings),
          [this] { return follower_facts(); },
          [this](const State& state) {
            registrations_.refresh(state);
            contexts_.refresh(state.revision());
            change_log_.follow(state);
            if (retention_.due(clock_.mono_ms())) drop_old_commits();
          },
          [this] { return others(); }, [this] { change_log_.tell(); }),
      workers_(worker_threads, static_cast<std::size_t>(settings.reads_max)),
      past_states_([this](Revision revision, statekit::PastStates::Answer answer) {
        workers_.run([this, revision, answer = std::move(answer)](const Status& room) {
          if (!room) return answer(fail(room.error()));
          answer(state_at(revision));
        });
      }),
      waiters_(machine_.projection(), static_cast<std::size_t>(settings.waiting_max)) {}

Service::~Service() { stop(); }

Status Service::start() {
  if (settings_.journal.empty())
    if (Status made = make_data_folder(settings_); !made) return made;
  statekit::JournalOptions options;
  options.incarnation_if_new = statekit::random_incarnation();
  if (Status started = machine_.start(options); !started)
    return fail(within("starting from " + journal_url(settings_), std::move(started.error())));
  started_ = true;
  start_history();
  conductor_.start();
  if (replicas_.shared()) journal_follower_ = std::thread([this] { follow_journal(); });
  return {};
}

void Service::stop() {
  if (!std::exchange(started_, false)) return;
  stopping_ = true;
  replicas_.leave();
  registrations_.stop();
  contexts_.stop();
  conductor_.stop();
  prober_->stop();
  stop_reads();
  history_.stop();
  machine_.stop();
  journal_->close();
  if (journal_follower_.joinable()) journal_follower_.join();
}

void Service::stop_reads() {
  reads_stopped_ = true;
  waiters_.stop();
  workers_.stop();
}

Status Service::health() const {
  if (Status able = machine_.health(); !able) return able;
  for (const statekit::JournalWarning& each : journal_->warnings())
    if (each.stops_writes) return fail(Code::unavailable, each.text);
  return {};
}

std::vector<std::string> Service::warnings() const {
  std::vector<std::string> lines;
  for (statekit::JournalWarning& each : journal_->warnings()) lines.push_back(std::move(each.text));
  return lines;
}

void Service::follow_journal() {
  constexpr std::int64_t wait_ms = 1'000;
  Revision seen = machine_.position().revision;
  while (!stopping_) {
    const auto head = journal_->wait(seen, {wait_ms});
    if (!head || head->last <= seen) continue;
    seen = head->last;
    if (seen > machine_.position().revision) machine_.nudge(seen);
  }
}

Position Service::position_of(const State& state) const {
  Position position = machine_.position();
  if (position.revision != state.revision()) position.digest = {};
  position.revision = state.revision();
  return position;
}

void Service::create(CreateChangeset command, CommandMeta meta, std::int64_t deadline_ms,
                     Done<CreateAnswer> done) {
  auto kept = std::make_shared<const CreateChangeset>(command);
  machine_.submit(std::move(command), std::move(meta), deadline_ms,
                  [this, kept, done = std::move(done)](const Result<Committed>& result) {
                    if (!result) return done(fail(result.error()));
                    done(created(*kept, *result));
                  });
}

// The changeset of this key where this commit made it; else the one that the commit made, or that
// brought these deployments and is still on its way.
std::string Service::name_changeset(const std::string& drawn,
                                    const std::vector<std::string>& deployments,
                                    const Committed& committed, const State& state) const {
  const Changeset* ours = state.changeset(drawn);
  if (ours != nullptr && ours->created_revision == committed.revision) return drawn;
  for (const auto& [key, changeset] : state.changesets()) {
    if (changeset.created_revision == committed.revision) return key;
  }
  for (const std::string& key : deployments) {
    const Deployment* deployment = state.deployment(key);
    const Changeset* changeset =
        deployment == nullptr ? nullptr : state.changeset(deployment->changeset);
    const bool on_its_way =
        changeset != nullptr && (changeset->phase == ChangesetPhase::preparing ||
                                 changeset->phase == ChangesetPhase::prepared);
    if (on_its_way) return changeset->key;
  }
  return {};
}

CreateAnswer Service::created(const CreateChangeset& command, const Committed& committed) const {
  const auto state = machine_.read();
  CreateAnswer answer;
  std::vector<std::string> keys;
  for (const NewModule& module : command.modules) {
    const std::string& name = module.schema->name;
    const Deployment* deployment = state->deployment(module.deployment);
    const bool joined = deployment == nullptr;
    if (joined) deployment = deployment_to_join(*state, module);
    if (deployment == nullptr) continue;
    const bool made_here = deployment->created_revision == committed.revision;
    answer.deployments.push_back({name, deployment->key, joined && !made_here});
    keys.push_back(deployment->key);
  }
  answer.changeset = name_changeset(command.key, keys, committed, *state);
  answer.position = position_of(*state);
  answer.position.revision = committed.revision;
  if (answer.position.revision != state->revision()) answer.position.digest = {};
  return answer;
}

void Service::change(Command command, const std::string& changeset, CommandMeta meta,
                     std::int64_t deadline_ms, Done<ChangesetAnswer> done) {
  machine_.submit(
      std::move(command), std::move(meta), deadline_ms,
      [this, changeset, done = std::move(done)](const Result<Committed>& result) {
        if (!result) return done(fail(result.error()));
        const auto state = machine_.read();
        const Changeset* found = state->changeset(changeset);
        if (found == nullptr)
          return done(fail(Code::not_found, "changeset " + changeset + " is no longer kept"));
        Position position = position_of(*state);
        if (position.revision != result->revision) position.digest = {};
        position.revision = result->revision;
        done(ChangesetAnswer{*found, position});
      });
}

Result<PlanAnswer> Service::plan(const CreateChangeset& command, const CommandMeta& meta) const {
  const auto state = machine_.read();
  return answer_of(*state, meta, schema_service::plan(*state, meta, command));
}

Result<PlanAnswer> Service::answer_of(const State& state, const CommandMeta& meta,
                                      Result<Plan> plan) const {
  if (!plan) return fail(std::move(plan.error()));
  if (Status fits = fits_in_commit(std::move(plan->events), meta, state.revision()); !fits)
    return fail(std::move(fits.error()));
  PlanAnswer answer{std::move(plan->lines), std::move(plan->judged), {}, position_of(state)};
  for (const std::string& key : plan->kept)
    answer.deployments.push_back({state.deployment(key)->module(), key, true});
  return answer;
}

Status Service::check_incarnation(const ReadAt& at) const {
  const Position here = machine_.position();
  if (at.incarnation.empty() || at.incarnation == here.incarnation) return {};
  return fail(Code::failed_precondition,
              "revision " + std::to_string(at.revision) + " is of incarnation " + at.incarnation +
                  ", but this is " + here.incarnation +
                  ": the store was restored since; read without a minimum");
}

Status Service::waited_for(const ReadAt& at) const {
  // The store may have been restored while it waited.
  if (Status same = check_incarnation(at); !same) return same;
  const Revision here = machine_.projection().revision();
  if (here >= at.revision) return {};
  if (reads_stopped_) return stopping_status();
  return fail(Code::unavailable, "revision " + std::to_string(at.revision) +
                                     " has not come in time: this replica is at " +
                                     std::to_string(here));
}

Result<ReadAt> Service::at_head(ReadAt at) const {
  const auto head = journal_->head();
  if (!head) return fail(within("looking for the journal's head", to_error(head.error())));
  if (at.incarnation.empty()) at.incarnation = head->incarnation;
  at.revision = std::max(at.revision, head->last);
  return at;
}

std::uint64_t Service::when_at(const ReadAt& at, std::function<void(const Status&)> read) {
  if (const Status same = check_incarnation(at); !same) {
    read(same);
    return 0;
  }
  if (at.revision <= machine_.position().revision) {
    read({});
    return 0;
  }
  const auto deadline =
      std::chrono::steady_clock::now() +
      std::chrono::milliseconds(std::clamp<std::int64_t>(at.wait_ms_max, 0, wait_ms_longest));
  const std::uint64_t waiting =
      waiters_.wait(at.revision, deadline, [this, at, read] { read(waited_for(at)); });
  if (waiting != 0) {
    machine_.nudge();
  } else if (reads_stopped_) {
    read(stopping_status());
  } else {
    read(fail(Code::resource_exhausted, "too many reads wait for a revision here (" +
                                            std::to_string(settings_.waiting_max) +
                                            ", schema.waiting_max): try again later"));
  }
  return waiting;
}

Result<StatusAnswer> Service::status() const {
  StatusAnswer answer;
  // A journal that cannot be reached is a reason not to be ready, not to say nothing; nor to be
  // waited for by everybody who asks.
  const Status able = health();
  const Result<JournalReach> reach =
      able ? reach_of(*journal_) : Result<JournalReach>(fail(able.error()));
  if (reach) answer.reach = *reach;
  answer.head = machine_.position();
  answer.now = clock_.mono_ms();
  answer.followers = followers();
  answer.feature_level = machine_.read()->feature_level();
  answer.storage = journal_url(settings_);
  if (!reach) answer.reasons.push_back(reach.error().message);
  answer.warnings = warnings();
  answer.replicas = replicas_.all();
  answer.writer = replicas_.writer();
  answer.asked = replicas_.id();
  for (ReplicaFacts& each : answer.replicas) {
    if (each.id != answer.asked) continue;
    each.ready = answer.reasons.empty();
    each.reasons = answer.reasons;
  }
  return answer;
}

}  // namespace millrace::schema_service
