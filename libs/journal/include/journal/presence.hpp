// Who else serves a journal: statekit::Presence for each driver. Called by the schema service and
// tests. Errors name what cannot be reached.
#pragma once

#include <memory>
#include <string>

#include "journal/etcd.hpp"
#include "journal/mysql.hpp"
#include "statekit/clock.hpp"
#include "statekit/presence.hpp"

namespace millrace::journal {

// Members within one process: all handles on one room see each other. The clock outlives them.
class PresenceRoom;
std::shared_ptr<PresenceRoom> make_presence_room(const statekit::Clock& clock);
std::unique_ptr<statekit::Presence> make_local_presence(std::shared_ptr<PresenceRoom> room);

// Keys below /<workspace>/presence/, each kept by a lease of etcd.
std::unique_ptr<statekit::Presence> make_etcd_presence(EtcdAddress address, EtcdTuning tuning = {});

// Rows of millrace_presence, each of which counts until a moment of the server's clock.
std::unique_ptr<statekit::Presence> make_mysql_presence(MysqlAddress address,
                                                        MysqlTuning tuning = {});

// What belongs to the journal at `url`: the engine's own for etcd and mysql, else a room for this
// member alone.
statekit::Result<std::unique_ptr<statekit::Presence>> open_presence(const std::string& url,
                                                                    const statekit::Clock& clock);

}  // namespace millrace::journal
