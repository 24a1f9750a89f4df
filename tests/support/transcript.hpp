// Transcripts: a file of blocks, each a command, a line `----`, and the output that is expected of
// it; a blank line ends a block, lines with # are remarks. With MILLRACE_REWRITE=1 in the
// environment the file is written anew with what came out: read the difference before you keep it.
#pragma once

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace millrace::test {

struct TranscriptBlock {
  std::string remarks;  // with their line ends
  std::string command;
  std::string expected;  // with its line ends
};

inline std::vector<TranscriptBlock> read_transcript(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file.good());
  std::vector<TranscriptBlock> blocks;
  TranscriptBlock block;
  bool output = false;
  std::string line;
  const auto finish = [&] {
    if (!block.command.empty() || !block.remarks.empty()) blocks.push_back(block);
    block = {};
    output = false;
  };
  while (std::getline(file, line)) {
    if (line.empty()) {
      finish();
    } else if (output) {
      block.expected += line + "\n";
    } else if (line == "----") {
      output = true;
    } else if (line.starts_with("#")) {
      block.remarks += line + "\n";
    } else {
      block.command += (block.command.empty() ? "" : "\n") + line;
    }
  }
  finish();
  return blocks;
}

// `run` answers one command with its output, each line ended.
inline void play_transcript(const std::string& path,
                            const std::function<std::string(const std::string&)>& run) {
  const char* rewrite = std::getenv("MILLRACE_REWRITE");
  std::ostringstream written;
  for (const TranscriptBlock& block : read_transcript(path)) {
    written << (written.tellp() == 0 ? "" : "\n") << block.remarks;
    if (block.command.empty()) continue;
    const std::string output = run(block.command);
    written << block.command << "\n----\n" << output;
    INFO(path << ": " << block.command);
    if (rewrite == nullptr) CHECK(output == block.expected);
  }
  if (rewrite != nullptr) std::ofstream(path) << written.str();
}

}  // namespace millrace::test
