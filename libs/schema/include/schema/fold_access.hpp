// How the events about who may do what fold into a Book: the same in every state that has one.
// Pure.
#pragma once

#include <concepts>

#include "access/book.hpp"
#include "schema/change.hpp"

namespace millrace::schema {

template <class Event>
concept AccessEvent = std::same_as<Event, TokenCreated> || std::same_as<Event, TokenRevoked> ||
    std::same_as<Event, RolesSet> || std::same_as<Event, RolesUnset>;

// `meta` of the commit that the event is in.
void fold(access::Book& book, const TokenCreated& event, const statekit::CommitMeta& meta);
void fold(access::Book& book, const TokenRevoked& event, const statekit::CommitMeta& meta);
void fold(access::Book& book, const RolesSet& event, const statekit::CommitMeta& meta);
void fold(access::Book& book, const RolesUnset& event, const statekit::CommitMeta& meta);

void restore(access::Book& book, const Snapshot& snapshot);

}  // namespace millrace::schema
