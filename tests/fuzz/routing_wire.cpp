// Any bytes get an error or a call's head, the same however they are cut into pieces.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "services/routing/codec.hpp"
#include "statekit/result.hpp"

using namespace millrace::routing;
using millrace::statekit::check;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view whole(reinterpret_cast<const char*>(data), size);
  const auto head = scan_call(Pieces(&whole, 1));
  const auto answer = scan_answer(Pieces(&whole, 1));
  const std::size_t step = size == 0 ? 1 : 1 + data[0] % 7;
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < size; at += step) pieces.push_back(whole.substr(at, step));
  const auto cut_head = scan_call(pieces);
  const auto cut_answer = scan_answer(pieces);
  check(head.has_value() == cut_head.has_value(), "cutting a call changes nothing");
  check(answer.has_value() == cut_answer.has_value(), "cutting an answer changes nothing");
  if (head) check(*head == *cut_head && is_ident(head->verb), "a call that is read names a verb");
  if (answer) check(*answer == *cut_answer, "an answer is read the same");
  (void)parse_min_revision(whole);
  return 0;
}
