// Lets a random while pass, so that a kill or a cut comes at any moment. Never a wait for
// something: for that there is eventually.hpp.
#pragma once

#include <chrono>
#include <thread>

namespace millrace::test {

inline void pass(std::chrono::microseconds while_) { std::this_thread::sleep_for(while_); }

}  // namespace millrace::test
