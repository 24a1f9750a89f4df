// Compose files as far as ours go: block and flow mappings, lists, anchors and `<<`. What else YAML
// knows is refused, so that a test never misreads one. For tests of docker-compose*.yml.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace millrace::e2e {

// Each scalar is a string, or null where nothing is written. Throws std::runtime_error with the
// line's number.
nlohmann::json read_compose(const std::string& text);

// As `docker compose -f base -f over` reads them: mappings are laid over each other, volumes added
// to those that are there, all else replaced.
nlohmann::json merge_compose(nlohmann::json base, const nlohmann::json& over);

// What the stage `target` of a Dockerfile sets with ENV.
std::map<std::string, std::string> image_environment(const std::string& dockerfile,
                                                     const std::string& target);

}  // namespace millrace::e2e
