// SQLite's side of CutDisk: the tables of functions that it calls. Used by cut_disk.cpp only.
#pragma once

#include <sqlite3.h>

#include "support/cut_disk.hpp"

namespace millrace::test {

void fill_vfs(sqlite3_vfs& vfs, CutDisk& disk, const char* name);

}  // namespace millrace::test
