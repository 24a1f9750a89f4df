// The commands of the transcripts in tests/script/schema:
//   deploy KEY MODULE/VERSION ... [remove=M] [hold] [redeploy] [build=B] [replicas=N] [fixed=ADDR]
//          [deadline=MS] [drain=MS] [token=T] [plan] [canary=PCT] [allow-breaking]
//          [config=NAME:String|Int] [calls=M.VERB] [answers=TYPE]
//          KEY is one word: chs-KEY, dpl-MODULE-KEY; the verb of echo/2, and of
//          echo/2-b, is run2
//   back KEY REVISION [plan] [hold] [allow-breaking]
//   commit KEY | rollback KEY [REASON] | fail KEY [REASON]
//   register DEPLOYMENT ADDRESS INSTANCE | leave ENDPOINT | health ENDPOINT up|down
//   hear ENDPOINT        a heartbeat
//   config [MODULE.]NAME=JSON ... [MODULE.]NAME ... [if=REVISION]   sets, unsets
//   configs              the values that are set
//   routing REVISION|gone   the only router has acknowledged REVISION
//   pass MS              time goes by
//   still COMMAND        the clockwork does not wake up at it
//   tick                 the clockwork looks once
//   restart | endpoints
// Each answers with the events or the refusal, what the clockwork made of it, and one line: the
// state.
#pragma once

#include <string>

#include "tests/schema_service/world.hpp"

namespace millrace::test {

class Script {
 public:
  std::string run(const std::string& line);

 private:
  std::string deploy(std::istream& words);
  std::string config(std::istream& words);
  std::string dispatch(const std::string& verb, std::istream& words);
  std::string send(const World::Command& command, const statekit::CommandMeta& meta);

  World world_;
  int endpoints_ = 0;
};

// "rev 3 | echo: dpl-echo-a canonical 1/1 | chs-a committed"
std::string dump(const schema_service::State& state);

}  // namespace millrace::test
