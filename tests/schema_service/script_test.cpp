#include <algorithm>
#include <filesystem>

#include "support/catch.hpp"
#include "support/transcript.hpp"
#include "tests/schema_service/script.hpp"

TEST_CASE("every transcript of the schema service comes out as it is written") {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(SCRIPTS))
    files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() >= 8);
  for (const std::string& file : files) {
    millrace::test::Script script;
    millrace::test::play_transcript(
        file, [&](const std::string& command) { return script.run(command); });
  }
}
