// The console behind a gate: who may not see it is told so, and a page that is kept up to date ends
// once its reader may not any more. Thread safe.
#pragma once

#include <memory>

#include "access/io/http_gate.hpp"
#include "httpkit/server.hpp"
#include "services/console/service.hpp"

namespace millrace::console {

// `gate` outlives the reply and its stream.
void handle_guarded(access::Gate& gate, const Service& service, const httpkit::Request& request,
                    const std::shared_ptr<httpkit::Reply>& reply);

}  // namespace millrace::console
