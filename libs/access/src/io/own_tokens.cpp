#include "access/io/own_tokens.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <thread>
#include <utility>

#include "private_file.hpp"
#include "statekit/io/log.hpp"

namespace millrace::access {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

Result<std::vector<std::string>> read_own_tokens(const std::string& path) {
  const Result<std::string> text = read_private_file(path);
  if (!text) return fail(text.error());
  std::vector<std::string> tokens = lines_of(*text);
  if (tokens.empty() || tokens.size() > own_tokens_max)
    return fail(Code::failed_precondition,
                path + " holds " + std::to_string(tokens.size()) +
                    " tokens: wanted one a line, the first to show, up to " +
                    std::to_string(own_tokens_max) + "; `millrace token draw` makes one");
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (id_of_token(tokens[i]).empty())
      return fail(Code::failed_precondition,
                  path + " holds no token in line " + std::to_string(i + 1) +
                      ": `millrace token create` and `millrace token draw` make one");
  return tokens;
}

OwnTokens::OwnTokens(std::string path, std::vector<std::string> tokens)
    : path_(std::move(path)), known_(known_of(std::move(tokens))) {}

Result<std::shared_ptr<OwnTokens>> OwnTokens::open(const std::string& path) {
  auto tokens = read_own_tokens(path);
  if (!tokens) return fail(tokens.error());
  return std::shared_ptr<OwnTokens>(new OwnTokens(path, *std::move(tokens)));
}

std::shared_ptr<OwnTokens> OwnTokens::of(const std::string& token) {
  return std::shared_ptr<OwnTokens>(new OwnTokens({}, {token}));
}

std::shared_ptr<const OwnTokens::Known> OwnTokens::known_of(std::vector<std::string> tokens) {
  auto known = std::make_shared<Known>();
  for (const std::string& token : tokens) known->hashes.push_back(statekit::sha256(token));
  known->shown = std::make_shared<const std::string>("Bearer " + tokens.front());
  known->tokens = std::move(tokens);
  return known;
}

std::shared_ptr<const OwnTokens::Known> OwnTokens::known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

std::string OwnTokens::token() const { return known()->tokens.front(); }

std::shared_ptr<const std::string> OwnTokens::shown() const { return known()->shown; }

std::size_t OwnTokens::size() const { return known()->tokens.size(); }

bool OwnTokens::has(const Digest& hash) const {
  const auto now = known();
  return std::find(now->hashes.begin(), now->hashes.end(), hash) != now->hashes.end();
}

Result<bool> OwnTokens::reload() {
  // A pipe was read to its end at the start, and would be waited for.
  std::error_code unknown;
  if (const auto about = std::filesystem::status(path_, unknown);
      std::filesystem::exists(about) && !std::filesystem::is_regular_file(about))
    return false;
  auto tokens = read_own_tokens(path_);
  if (!tokens) return fail(tokens.error());
  const std::lock_guard lock(mutex_);
  if (*tokens == known_->tokens) return false;
  known_ = known_of(*std::move(tokens));
  return true;
}

namespace {

class Watch {
 public:
  explicit Watch(std::shared_ptr<OwnTokens> tokens) : tokens_(std::move(tokens)) {}

  void start() {
    thread_ = std::thread([this] { run(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    const auto interval = std::chrono::milliseconds(own_tokens_interval_ms);
    while (!wake_.wait_for(lock, interval, [this] { return stopping_; })) {
      lock.unlock();
      look();
      lock.lock();
    }
  }

  void look() {
    const auto changed = tokens_->reload();
    if (!changed) {
      if (changed.error().message != fault_)
        statekit::log_error("access.token-wrong",
                            {{"error", changed.error().message},
                             {"setting", "auth.token_file"},
                             {"hint", "what was read before stays in force"}});
      fault_ = changed.error().message;
      return;
    }
    fault_.clear();
    if (*changed)
      statekit::log_info("access.token-changed", {{"file", tokens_->path()},
                                                  {"shown", id_of_token(tokens_->token())},
                                                  {"taken", tokens_->size()}});
  }

  const std::shared_ptr<OwnTokens> tokens_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::string fault_;
  std::thread thread_;
};

}  // namespace

void watch_own_tokens(statekit::Program& program, std::shared_ptr<OwnTokens> tokens) {
  if (tokens == nullptr || tokens->path().empty()) return;
  auto watch = std::make_shared<Watch>(std::move(tokens));
  program.add(
      "auth.token_file",
      [watch]() -> statekit::Status {
        watch->start();
        return {};
      },
      [watch] { watch->stop(); });
}

}  // namespace millrace::access
