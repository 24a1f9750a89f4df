// Makes the frozen file of the audit's format: audit_fixture FILE. Run once when a format is
// released; the file it makes is checked in and read by every build since.
#include <iostream>

#include "services/timeline/audit.hpp"
#include "statekit/io/clock.hpp"
#include "timeline/audit_fixture.hpp"

using namespace millrace;

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: audit_fixture FILE\n";
    return 1;
  }
  const std::string path = argv[1];
  const statekit::SystemClock clock;
  timeline::AuditOptions options;
  options.limits = {3, 1 << 20};
  options.open = [&] { return journal::open_audit_file(path, test::audit_fixture_file); };
  timeline::Audit audit(clock, options);
  audit.add(test::audit_fixture_events(), [] {});
  audit.stop();
  const std::string why = audit.figures().memory_only;
  std::cout << (why.empty() ? "made " + path : why) << '\n';
  return why.empty() ? 0 : 2;
}
