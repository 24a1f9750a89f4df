// Reads the certificates of a process again while it runs, and says at its start how its doors are.
// Added by main.cpp before anything that listens.
#pragma once

#include <cstdint>

#include "statekit/io/program.hpp"
#include "tls/doors.hpp"

namespace millrace::statekit {

inline constexpr std::int64_t certificates_interval_ms = 1'000;

// The files are looked at once each interval; what was right stays in force while they are wrong.
void watch_certificates(Program& program, const tls::Doors& doors);

}  // namespace millrace::statekit
