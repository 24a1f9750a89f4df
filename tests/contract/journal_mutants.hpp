// Journals that are broken on purpose, in one way each, to show that the contract notices. Called
// by journal_drivers.cpp.
#pragma once

#include <memory>
#include <string>

#include "contract/journal_contract.hpp"

namespace millrace::contract {

// lost-compare, skipped-entry, split-batch, stale-head, early-wake-up, lost-snapshot, unmarked-fill
// or lost-end, around a whole store.
std::unique_ptr<Store> make_mutant(const std::string& name, std::unique_ptr<Store> whole);

}  // namespace millrace::contract
