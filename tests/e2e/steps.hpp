// Steps of an operator's day with a store, which several tests take.
#pragma once

#include <string>

#include "e2e/cluster.hpp"

namespace millrace::e2e {

// As std::string's own, but a failed CHECK shows the text.
bool holds(const std::string& text, const std::string& part);
// A module that is one data type with so many fields.
std::string data_module(const std::string& name, int fields = 1);
Outcome try_deploy(const Cluster& cluster, const std::string& name, int fields = 1);
void deploy(const Cluster& cluster, const std::string& name);
// Ends serve and waits for it.
void stop(Cluster& cluster);
Outcome storage(Words words);
// What the schema service's readiness page says, or why it cannot be asked.
std::string readyz(const Cluster& cluster);

}  // namespace millrace::e2e
