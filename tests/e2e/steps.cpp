#include "e2e/steps.hpp"

#include <signal.h>

#include "httpkit/client.hpp"
#include "support/catch.hpp"

namespace millrace::e2e {

bool holds(const std::string& text, const std::string& part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

std::string data_module(const std::string& name, int fields) {
  std::string text = "module " + name + " {\n  data Point {\n";
  for (int i = 0; i < fields; ++i) text += "    field" + std::to_string(i) + " Int\n";
  return text + "  }\n}\n";
}

Outcome try_deploy(const Cluster& cluster, const std::string& name, int fields) {
  const std::string file = cluster.folder().path(name + ".schema");
  write_file(file, data_module(name, fields));
  return cluster.millrace({"deploy", file, "--wait"});
}

void deploy(const Cluster& cluster, const std::string& name) {
  const auto deployed = try_deploy(cluster, name);
  INFO(deployed.err);
  REQUIRE(deployed.exit_code == 0);
}

void stop(Cluster& cluster) {
  cluster.serve().signal(SIGTERM);
  REQUIRE(cluster.serve().wait() == 0);
}

Outcome storage(Words words) {
  words.insert(words.begin(), {binary("millrace"), "storage"});
  return run(words, {}, 60);
}

std::string readyz(const Cluster& cluster) {
  const auto page = httpkit::fetch(
      "GET", "http://127.0.0.1:" + std::to_string(cluster.port("schema.health_listen")) + "/readyz",
      "", {}, 5'000);
  return page ? page->body : page.error().message;
}

}  // namespace millrace::e2e
