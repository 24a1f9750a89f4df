#include "sim/world.hpp"

#include <algorithm>

namespace millrace::sim {

using statekit::Revision;

namespace {

std::string set_to_text(const std::set<std::string>& all) {
  std::string text;
  for (const std::string& each : all) text += " " + each;
  return text;
}

// What a router answers, verb by verb, against what the notebook says of that revision.
std::string compare(const routing::RouteState& state, const Notebook& page) {
  if (state.modules() != page.canonical().size()) return "a router knows other modules";
  for (const auto& [name, wanted] : page.reachable()) {
    const std::size_t dot = name.find('.');
    const auto answer = state.route(name.substr(0, dot), name.substr(dot + 1), "");
    std::set<std::string> got;
    if (const auto* route = std::get_if<routing::Route>(&answer))
      for (const routing::Target& target : route->targets) got.insert(target.address);
    else if (std::get<routing::Miss>(answer) != routing::Miss::no_endpoint)
      return "a router does not know " + name;
    if (got != wanted)
      return "a router sends " + name + " to" + set_to_text(got) + " instead of" +
             set_to_text(wanted);
  }
  return {};
}

std::vector<std::string> segments_of(const std::string& path) {
  std::vector<std::string> segments;
  for (std::size_t at = 1; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    segments.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return segments;
}

// Which verb answers each request.
std::string compare(const ingress::IngressState& state, const Notebook& page) {
  const ingress::RouteTable& table = state.routes("");
  const auto wanted = page.routes();
  if (table.size() != wanted.size()) return "an ingress knows other routes";
  for (const auto& [route, verb] : wanted) {
    const std::size_t space = route.find(' ');
    const ingress::Match match =
        table.find(route.substr(0, space), segments_of(route.substr(space + 1)));
    if (match.target == nullptr || match.target->module + "." + match.target->verb != verb)
      return "an ingress does not send " + route + " to " + verb;
  }
  return {};
}

std::string compare(const schema_service::State& state, const Notebook& page) {
  if (state.canonical_keys() != page.canonical()) return "other canonical deployments";
  if (state.deployments().size() != page.deployments.size()) return "other deployments";
  for (const auto& [key, deployment] : page.deployments) {
    const schema_service::Deployment* found = state.deployment(key);
    if (found == nullptr || name_of(found->phase) != deployment.phase)
      return key + " is not " + deployment.phase;
  }
  for (const auto& [key, changeset] : page.changesets) {
    const schema_service::Changeset* found = state.changeset(key);
    if (found == nullptr || name_of(found->phase) != changeset.phase)
      return key + " is not " + changeset.phase;
  }
  if (state.config().size() != page.config.size()) return "other config values";
  for (const auto& [place, json] : page.config) {
    const std::size_t dot = place.find('.');
    const schema_service::ConfigValue* found =
        state.config({place.substr(0, dot), place.substr(dot + 1)});
    if (found == nullptr || found->json != json) return "config " + place + " is not " + json;
  }
  if (state.endpoints().size() != page.endpoints.size()) return "other endpoints";
  for (const auto& [id, endpoint] : page.endpoints) {
    const schema_service::Endpoint* found = state.endpoint(id);
    if (found == nullptr || found->address != endpoint.address ||
        found->healthy != endpoint.healthy)
      return "endpoint " + id + " is another";
  }
  return {};
}

}  // namespace

World::World(std::uint64_t seed) : dice_(seed), reader_(journal::make_memory_journal(store_)) {
  statekit::JournalOptions options;
  options.incarnation_if_new = "0123456789abcdef0123456789abcdef";
  statekit::check(reader_->open(options).has_value(), "a memory journal opens");
  faults_->choose([this](Revision, std::span<const statekit::Entry>) { return append_fault(); });
  pages_.push_back(std::make_shared<const Notebook>(book_));
  for (const char* instance : {"r1", "r2", "r3"})
    followers_.push_back(routers_.emplace_back(
        std::make_shared<FollowerOf<routing::RouteState>>("routing", instance)));
  for (const char* instance : {"i1", "i2"})
    followers_.push_back(edges_.emplace_back(
        std::make_shared<FollowerOf<ingress::IngressState>>("ingress", instance)));
  for (const char* instance : {"m1", "m2"})
    followers_.push_back(mirrors_.emplace_back(
        std::make_shared<FollowerOf<schema_service::State>>("mirror", instance)));
  replicas_.resize(1 + seed % 3);
  for (std::size_t i = 0; i < followers_.size(); ++i) at_.push_back(i % replicas_.size());
}

std::string World::live(std::size_t steps) {
  for (std::size_t i = 0; i < steps; ++i) {
    trouble();
    step();
    if (std::string fault = look(); !fault.empty()) return fault;
  }
  return settle();
}

void World::step() {
  now_ += static_cast<statekit::MonoMs>(dice_.below(200));
  // The wall clock jumps, also back.
  wall_ += static_cast<statekit::WallMs>(dice_.percent(5) ? dice_.below(100'000) : 100);
  if (dice_.percent(3)) wall_ -= static_cast<statekit::WallMs>(dice_.below(50'000));
  for (std::size_t i = 0; i < replicas_.size(); ++i)
    if (replicas_[i] == nullptr && dice_.percent(30)) start_replica(i);
  run_replicas();
  read_journal();
  for (std::size_t i = 0; i < followers_.size(); ++i)
    followers_[i]->run(replicas_[at_[i]].get(), dice_, now_);
}

// The lowest that lives acts, as the preferred writer does; now and then another holds itself for
// it.
void World::run_replicas() {
  bool preferred = true;
  for (const auto& replica : replicas_) {
    if (replica == nullptr) continue;
    if (dice_.percent(40)) clients_.heartbeat(*replica, dice_, now_, wall_);
    if (dice_.percent(50))
      replica->tick(now_, wall_, follower_facts(), preferred || dice_.percent(10));
    if (dice_.percent(50)) replica->core().look_at_head();
    for (std::size_t i = dice_.below(4); i > 0; --i) replica->core().step(now_);
    preferred = false;
  }
}

std::vector<schema_service::FollowerFact> World::follower_facts() const {
  std::vector<schema_service::FollowerFact> facts;
  for (const auto& replica : replicas_) {
    if (replica == nullptr) continue;
    for (const statekit::FollowerRecord& record : replica->hub().followers(now_))
      facts.push_back({record.kind, record.live, record.revision, record.draining});
  }
  return facts;
}

Replica* World::some_replica() {
  std::vector<Replica*> alive;
  for (const auto& replica : replicas_)
    if (replica != nullptr) alive.push_back(replica.get());
  return alive.empty() ? nullptr : alive[dice_.below(alive.size())];
}

void World::move(std::size_t follower) {
  followers_[follower]->server_gone(dice_, now_);
  at_[follower] = dice_.below(replicas_.size());
}

void World::trouble() {
  Replica* const asked = some_replica();
  if (asked != nullptr && dice_.percent(45)) clients_.act(*asked, book_, dice_, now_, wall_);
  if (dice_.percent(2)) crash_replica(dice_.below(replicas_.size()));
  if (dice_.percent(3)) move(dice_.below(followers_.size()));
  if (dice_.percent(1)) faults_->set_unavailable(true);
  if (dice_.percent(20)) faults_->set_unavailable(false);
  Follower& follower = *followers_[dice_.below(followers_.size())];
  if (dice_.percent(3)) follower.cut(dice_, now_);
  if (dice_.percent(2)) follower.crash(dice_);
}

journal::AppendFault World::append_fault() {
  using journal::AppendFault;
  static constexpr AppendFault kinds[] = {AppendFault::before_write, AppendFault::after_write,
                                          AppendFault::late_write,   AppendFault::conflict,
                                          AppendFault::unavailable,  AppendFault::disk_full};
  return dice_.percent(8) ? kinds[dice_.below(std::size(kinds))] : AppendFault::none;
}

void World::start_replica(std::size_t which) {
  auto replica = std::make_unique<Replica>(store_, faults_, replicas_.size() > 1);
  if (replica->start()) replicas_[which] = std::move(replica);
}

void World::crash_replica(std::size_t which) {
  for (std::size_t i = 0; i < followers_.size(); ++i)
    if (at_[i] == which) move(i);
  clients_.server_gone();
  replicas_[which].reset();
}

void World::read_journal() {
  for (;;) {
    const auto entries = reader_->read(book_.revision, 64, statekit::entry_bytes_max);
    if (!entries || entries->empty()) return;
    for (const statekit::Entry& entry : *entries) {
      book_.write_down(entry.commit);
      pages_.push_back(std::make_shared<const Notebook>(book_));
    }
  }
}

std::string World::look() {
  if (!book_.faults.empty()) return book_.faults.front();
  if (std::string fault = look_at_followers(); !fault.empty()) return fault;
  for (const auto& replica : replicas_) {
    if (replica == nullptr) continue;
    if (std::string fault = look_at_replica(*replica); !fault.empty()) return fault;
  }
  return {};
}

template <class State>
std::string World::look_at(const std::vector<std::shared_ptr<FollowerOf<State>>>& followers) const {
  for (const auto& follower : followers) {
    if (!follower->has_state()) continue;
    std::string fault = compare(follower->state(), *pages_[follower->revision()]);
    if (!fault.empty())
      return "G2: at revision " + std::to_string(follower->revision()) + " " + fault;
  }
  return {};
}

std::string World::look_at_followers() {
  for (const auto& follower : followers_) {
    if (!follower->fault().empty()) return follower->fault();
    if (follower->revision() > book_.revision) return "G2: a follower is ahead of the journal";
  }
  if (std::string fault = look_at(routers_); !fault.empty()) return fault;
  if (std::string fault = look_at(edges_); !fault.empty()) return fault;
  if (std::string fault = look_at(mirrors_); !fault.empty()) return fault;
  return {};
}

std::string World::look_at_replica(const Replica& replica) const {
  const auto state = replica.core().projection().read();
  if (std::string fault = compare(*state, *pages_[state->revision()]); !fault.empty())
    return "at revision " + std::to_string(state->revision()) + " the schema service has " + fault;
  for (const statekit::FollowerRecord& record : replica.hub().followers(now_))
    if (record.diverged) return "G7: " + record.instance + " is called diverged, and it is not";
  return {};
}

bool World::quiet() const {
  const bool all_there =
      std::all_of(followers_.begin(), followers_.end(), [&](const auto& follower) {
        return follower->has_state() && follower->revision() == book_.revision;
      });
  const bool all_done =
      std::all_of(book_.changesets.begin(), book_.changesets.end(), [](const auto& each) {
        const std::string& phase = each.second.phase;
        return phase == "finalized" || phase == "failed" || phase == "prepared";
      });
  const bool all_live = std::all_of(replicas_.begin(), replicas_.end(), [&](const auto& replica) {
    return replica != nullptr && replica->core().projection().revision() == book_.revision;
  });
  return all_live && all_there && all_done;
}

// No more trouble: everything must come to rest by itself.
std::string World::settle() {
  faults_->choose(nullptr);
  faults_->set_unavailable(false);
  for (const auto& follower : followers_) follower->calm(dice_, now_);
  for (std::size_t i = 0; i < 3'000 && !quiet(); ++i) {
    now_ += 100;
    for (std::size_t which = 0; which < replicas_.size(); ++which)
      if (replicas_[which] == nullptr) start_replica(which);
    step();
    if (std::string fault = look(); !fault.empty()) return fault;
  }
  if (!quiet()) return "the system does not come to rest";
  for (const auto& router : routers_)
    if (router->digest() != routers_.front()->digest()) return "G7: two routers disagree";
  if (edges_[0]->digest() != edges_[1]->digest()) return "G7: two ingresses disagree";
  if (mirrors_[0]->digest() != mirrors_[1]->digest()) return "G7: two mirrors disagree";
  return clients_.judge(book_);
}

}  // namespace millrace::sim
