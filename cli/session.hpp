// What every command works with: where the services are, where to print and how. Made by main from
// the environment, changed by flags before a command runs. Main thread.
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <string_view>

#include "statekit/result.hpp"
#include "tls/credentials.hpp"

namespace millrace::cli {

// The exit codes of every command.
inline constexpr int done = 0;
inline constexpr int refused = 1;  // the answer is no, or the input is wrong
inline constexpr int unable = 2;   // it could not be done

struct Addresses {
  std::string schema = "127.0.0.1:8892";
  std::string routing = "127.0.0.1:8893";
  std::string timeline = "127.0.0.1:8894";
  std::string ingress_health = "127.0.0.1:9891";
  std::string console_health = "127.0.0.1:9895";
  tls::Files tls;         // who we are to them and whom we believe; none: in clear
  bool insecure = false;  // a token goes to other machines in clear as well
  bool operator==(const Addresses&) const = default;
};

// Defaults < what `millrace run` hands to its program (MILLRACE_RUN_SCHEMA, ...) < MILLRACE_CLI_*.
statekit::Result<Addresses> addresses(const std::map<std::string, std::string>& environment);

struct Session {
  Addresses addresses;
  std::string token_file;       // with what this user shows to the services; empty: nothing
  std::string output = "text";  // or "json"
  bool colours = false;         // on `out`
  bool error_colours = false;   // on `err`
  bool linearizable = false;    // reads of the schema service ask for no less than there is
  bool progress = false;        // `err` is a terminal: say what is being waited for
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;

  bool json() const { return output == "json"; }
  // Prints the error with its details to `err`; the exit code that its kind of error has.
  int report(const statekit::Error& error) const;
  // The last step of every command: its exit code, or 2 where what it printed was not written.
  int finish(int exit_code) const;
};

// refused where another input or another time could succeed, unable where something is broken.
int exit_code_of(statekit::Code code);

// Colours where the stream is a terminal, or FORCE_COLOR is set (for the pages of a pipeline);
// never where NO_COLOR is (no-color.org, force-color.org).
bool colours_wanted(bool terminal, const std::map<std::string, std::string>& environment);

// Text from elsewhere, safe for a terminal: control characters become `?`, a tab a space.
std::string printable(std::string_view text);

}  // namespace millrace::cli
