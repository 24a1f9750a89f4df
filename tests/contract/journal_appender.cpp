// journal_appender URL FD: a process that appends to a journal until it is killed, for the crash
// cases of drivers whose store lives in another process.
#include <cstdlib>

#include "contract/journal_appending.hpp"
#include "journal/open.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto journal = millrace::journal::open_journal(argv[1]);
  if (!journal) return 2;
  millrace::contract::append_until_killed(**journal, std::atoi(argv[2]));
}
