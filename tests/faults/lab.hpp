// A network of the test's own: it moves itself into a new network namespace and makes one more for
// each host, all joined by a bridge. Nothing of it is seen from outside, and all of it goes with
// the process. Needs the right to make namespaces. Called from one thread, before any other is
// started.
#pragma once

#include <string>
#include <vector>

namespace millrace::test {

class Lab {
 public:
  // Why this machine lets us make no network; empty where it does. Enters the new namespace.
  static std::string enter();

  // A host with the address 10.77.0.`number`. REQUIRES: enter() was empty.
  void add_host(const std::string& name, int number);
  static std::string address(int number) { return "10.77.0." + std::to_string(number); }

  // What to put before a command so that it runs on the host; the pid stays that of the command.
  static std::vector<std::string> on(const std::string& host);

  // `from` can send nothing to the host with this number, until it is healed. The other way is
  // open.
  void block(const std::string& from, int to);
  void heal(const std::string& from, int to);
};

}  // namespace millrace::test
