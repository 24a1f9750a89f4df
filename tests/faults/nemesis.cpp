#include "tests/faults/nemesis.hpp"

#include "support/eventually.hpp"

namespace millrace::test {

std::map<std::string, int> Nemesis::rage(std::chrono::seconds duration) {
  std::map<std::string, int> done;
  const auto end = std::chrono::steady_clock::now() + duration;
  const auto pass = [&](std::uint32_t least, std::uint32_t most) {
    eventually(
        [&] {
          cluster_.supervise();
          return std::chrono::steady_clock::now() > end;
        },
        std::chrono::milliseconds(least + random_() % (most - least)));
  };
  while (std::chrono::steady_clock::now() < end) {
    undo_ = nullptr;
    ++done[strike()];
    pass(500, 3'000);
    if (undo_) undo_();
    pass(300, 1'500);
  }
  cluster_.heal();
  return done;
}

// One fault; `undo_` takes it back.
std::string Nemesis::strike() {
  const std::size_t i = any();
  const std::size_t j = (i + 1 + random_() % (nodes - 1)) % nodes;
  switch (random_() % 9) {
    case 0:
      cluster_.kill_etcd(i);
      undo_ = [this, i] { cluster_.start_etcd(i); };
      return "etcd killed";
    case 1:
      cluster_.kill_schema(i);
      undo_ = [this, i] { cluster_.start_schema(i); };
      return "schema killed";
    case 2:
      cluster_.pause_etcd(i, true);
      undo_ = [this, i] { cluster_.pause_etcd(i, false); };
      return "etcd paused";
    case 3:
      cluster_.pause_schema(i, true);
      undo_ = [this, i] { cluster_.pause_schema(i, false); };
      return "schema paused";
    case 4: {  // one node cut off from both others, both ways
      const auto cut = [this, i](bool blocked) {
        for (std::size_t other = 0; other < nodes; ++other) {
          if (other == i) continue;
          cluster_.block_etcd(i, other, blocked);
          cluster_.block_etcd(other, i, blocked);
        }
      };
      cut(true);
      undo_ = [cut] { cut(false); };
      return "etcd partitioned";
    }
    case 5:
      cluster_.block_etcd(i, j, true);
      undo_ = [this, i, j] { cluster_.block_etcd(i, j, false); };
      return "etcd partitioned one way";
    case 6: {
      const auto cut = [this, i](bool blocked) {
        for (std::size_t node = 0; node < nodes; ++node) cluster_.block_schema(i, node, blocked);
      };
      cut(true);
      undo_ = [cut] { cut(false); };
      return "schema cut off from etcd";
    }
    case 7:
      cluster_.slow_down(static_cast<int>(20 + random_() % 400));
      undo_ = [this] { cluster_.slow_down(0); };
      return "links slow";
    default: {
      const auto wall = static_cast<std::int64_t>(random_() % 7'200'000) - 3'600'000;
      cluster_.jump(i, wall, static_cast<std::int64_t>(random_() % 20'000));
      return "clock jumped";
    }
  }
}

}  // namespace millrace::test
