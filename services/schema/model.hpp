// The schema service as a statekit Model: its state, commands, codec and rules under the names
// that Machine asks for.
#pragma once

#include "schema/change_codec.hpp"
#include "services/schema/decide.hpp"
#include "statekit/machine.hpp"

namespace millrace::schema_service {

struct Model {
  using State = schema_service::State;
  using Command = schema_service::Command;
  using Codec = schema::ChangeCodec;
  static statekit::Result<Decision> decide(const State& state, const statekit::CommandMeta& meta,
                                           const Command& command) {
    return schema_service::decide(state, meta, command);
  }
};

using Machine = statekit::Machine<Model>;

}  // namespace millrace::schema_service
