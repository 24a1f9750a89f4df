// Enough of MariaDB's protocol to be a server that no MariaDB would be: it logs anybody in, answers
// what a new connection asks, and lets a test answer the rest, or anything, as it likes. On top of
// TalkServer.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "support/talk_server.hpp"

namespace millrace::test {

class MysqlTalk {
 public:
  explicit MysqlTalk(TalkServer::Link& link) : link_(link) {}

  // Octets as one packet, behind the last one of this exchange.
  bool packet(std::string_view octets) { return link_.send(framed(octets)); }
  std::string framed(std::string_view octets) {
    return number(octets.size(), 3) + static_cast<char>(sequence_++) + std::string(octets);
  }
  bool send(std::string_view octets) { return link_.send(octets); }
  // The next packet of the client; nullopt at the end.
  std::optional<std::string> next() {
    const std::string head = link_.receive(4);
    if (head.size() < 4) return std::nullopt;
    std::size_t size = 0;
    for (int i = 2; i >= 0; --i) size = size << 8 | static_cast<unsigned char>(head[i]);
    sequence_ = static_cast<unsigned char>(head[3]) + 1u;
    return link_.receive(size);
  }

  bool log_in() {
    sequence_ = 0;
    using namespace std::string_literals;
    // Protocol 10, version, connection, salt, capabilities (with LOCAL FILES), character set, ...
    const bool sent = packet(
        "\x0a"
        "10.11.0-MariaDB\0"s +
        number(7, 4) + "saltsalt\0"s + number(0xa28f, 2) + "\x3f"s + number(2, 2) +
        number(0x000a, 2) + "\x15"s + std::string(10, '\0') + "saltsaltsalt\0"s +
        "mysql_native_password\0"s);
    return sent && next() && ok();
  }
  bool ok() { return packet(std::string("\0\0\0\2\0\0\0", 7)); }

  // The head of an answer with rows.
  bool columns(std::size_t count) {
    bool sent = packet(number(count, 1));
    for (std::size_t i = 0; i < count; ++i)
      sent = sent && packet(text("def") + text("") + text("") + text("") + text("c") + text("") +
                            "\x0c" + number(63, 2) + number(255, 4) + "\xfd" + number(0, 2) +
                            number(0, 1) + number(0, 2));
    return sent && end_of_rows();
  }
  bool end_of_rows() { return packet(std::string("\xfe\0\0\2\0", 5)); }
  static std::string cells(const std::vector<std::string>& row) {
    std::string octets;
    for (const std::string& cell : row) octets += text(cell);
    return octets;
  }
  bool rows(const std::vector<std::vector<std::string>>& all) {
    bool sent = columns(all.front().size());
    for (const auto& row : all) sent = sent && packet(cells(row));
    return sent && end_of_rows();
  }

  // Logs in and answers what every connection asks first; each other statement goes to `answer`,
  // until it says false or the client goes.
  void serve(const std::function<bool(const std::string& statement)>& answer) {
    if (!log_in()) return;
    while (const auto asked = next()) {
      if (asked->empty() || asked->front() != '\3') return;
      const std::string statement = asked->substr(1);
      bool open = false;
      if (statement.starts_with("SELECT VERSION()"))
        open = rows({{"10.11.0-MariaDB", "16777216"}});
      else if (statement.starts_with("SELECT @@global"))
        open = rows({{"0", "1"}});
      else if (statement.starts_with("SET SESSION"))
        open = ok();
      else
        open = answer(statement);
      if (!open) return;
    }
  }

 private:
  static std::string number(std::size_t value, int octets) {
    std::string out;
    for (int i = 0; i < octets; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
    return out;
  }
  static std::string text(std::string_view octets) {
    if (octets.size() < 251) return number(octets.size(), 1) + std::string(octets);
    return "\xfd" + number(octets.size(), 3) + std::string(octets);
  }

  TalkServer::Link& link_;
  unsigned char sequence_ = 0;
};

}  // namespace millrace::test
