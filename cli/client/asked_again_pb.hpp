// What a request to the schema service may do and whether it may be sent once more. Pure.
#pragma once

#include <type_traits>

#include "v2alpha1/schema.pb.h"

namespace millrace::cli {

// Whether the request may change what is stored.
template <class Request>
bool changes_something(const Request& request) {
  if constexpr (std::is_same_v<Request, v2alpha1::GetSecretsRequest>) return false;
  if constexpr (requires { request.plan(); })
    if (request.plan()) return false;
  return requires { request.write(); };
}

// Whether it may be sent again where it is not known if it arrived: a token makes sure of it.
template <class Request>
bool is_safe_again(const Request& request) {
  if constexpr (requires { request.new_key(); })
    if (request.new_key()) return false;
  if constexpr (requires { request.write(); }) return !request.write().token().empty();
  return true;
}

}  // namespace millrace::cli
