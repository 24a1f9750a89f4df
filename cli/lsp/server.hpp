// The language server without its pipes: messages in, messages out. JSON-RPC, the life of a
// connection and the documents that the editor holds are here; framing.hpp is below, answers.hpp
// above. One thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/lsp/workspace.hpp"

namespace millrace::cli::lsp {

class Server {
 public:
  // `send` gets each message, not framed. `builtin_path`: where `builtin` can be looked at, made on
  // demand; empty: nowhere.
  Server(std::function<void(const std::string&)> send, std::function<std::string()> builtin_path);

  void handle(std::string_view message);
  // A message that could not be read.
  void fault(const std::string& message);

  // `exit` came; the exit code that the protocol wants.
  bool ended() const { return ended_; }
  int exit_code() const { return shut_down_ ? 0 : 1; }

 private:
  struct Message;  // server.cpp

  void request(const Message& message);
  void notification(const Message& message);
  std::string answer(const Message& message);
  void start(const Message& message);
  void did_open(const Message& message);
  void did_change(const Message& message);
  void did_close(const Message& message);
  void files_changed(const Message& message);
  void publish();
  void refuse(const std::string& id, int code, const std::string& message);

  std::function<void(const std::string&)> send_;
  std::function<std::string()> builtin_path_;
  Workspace workspace_;
  bool started_ = false;
  bool shut_down_ = false;
  bool ended_ = false;
};

}  // namespace millrace::cli::lsp
