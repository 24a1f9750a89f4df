// A settings file that is no file.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>
#include <thread>

#include "file.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using settings::read_whole;

TEST_CASE("a pipe that nobody writes into is refused after a while") {
  const test::TempDir folder;
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  const auto text = read_whole(folder / "pipe", 50);
  REQUIRE_FALSE(text);
  CHECK(text.error().message ==
        folder / "pipe" +
            ": is no file but a pipe or the like, and nobody wrote settings into it "
            "to their end: name a file");
}

TEST_CASE("a pipe whose writer neither writes nor goes is refused after a while") {
  const test::TempDir folder;
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  const int writer = open((folder / "pipe").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(writer >= 0);
  CHECK_FALSE(read_whole(folder / "pipe", 50));
  REQUIRE(write(writer, "data", 4) == 4);
  CHECK_FALSE(read_whole(folder / "pipe", 50));
  close(writer);
}

TEST_CASE("what another program writes into a pipe is read to its end") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  std::thread writer([&] {
    for (const std::string_view part : {"data ", "= ", "'x'\n"})
      if (write(ends[1], part.data(), part.size()) < 0) break;
    close(ends[1]);
  });
  const auto text = read_whole("/dev/fd/" + std::to_string(ends[0]), 10'000);
  writer.join();
  close(ends[0]);
  REQUIRE(text);
  CHECK(*text == "data = 'x'\n");
}

TEST_CASE("a device without an end is refused, and one with nothing in it is empty") {
  CHECK(read_whole("/dev/zero").error().message ==
        "/dev/zero: larger than 1 MiB, which no settings file should be");
  CHECK(*read_whole("/dev/null") == "");
}
