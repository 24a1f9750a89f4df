// Between the messages of schema.proto and the service's values. Called by server.cpp, which
// includes v2alpha1/schema.pb.h itself. Free of threads; hostile messages give an Error.
#pragma once

#include <string>
#include <vector>

#include "services/schema/service.hpp"

namespace millrace::v2alpha1 {
class ChangesetRequest;
class ChangesetResponse;
class CreateChangesetRequest;
class CreateChangesetResponse;
class FollowerStatus;
class GetHistoryRequest;
class GetHistoryResponse;
class GetSchemaResponse;
class GetStatusResponse;
class Position;
class RegisterEndpointRequest;
class RegisterEndpointResponse;
class RollbackToRequest;
}  // namespace millrace::v2alpha1

namespace millrace::schema_service {

// Draws the keys that the request may need.
statekit::Result<CreateChangeset> command_from(const v2alpha1::CreateChangesetRequest& request);
RollbackTo command_from(const v2alpha1::RollbackToRequest& request);
// Who asks and why; `now_ms` from the caller's clock. The hash is over the request without its
// token, so that a token may be compared with what it came with.
statekit::Result<statekit::CommandMeta> meta_from(const v2alpha1::CreateChangesetRequest& request,
                                                  statekit::WallMs now_ms);
statekit::Result<statekit::CommandMeta> meta_from(const v2alpha1::RollbackToRequest& request,
                                                  statekit::WallMs now_ms);
statekit::Result<statekit::CommandMeta> meta_from(const v2alpha1::ChangesetRequest& request,
                                                  const std::string& method,
                                                  statekit::WallMs now_ms);
Offer offer_from(const v2alpha1::RegisterEndpointRequest& request);

v2alpha1::Position to_proto(const statekit::Position& position);
v2alpha1::RegisterEndpointResponse to_proto(const Advice& advice, std::int64_t lease_ms);
v2alpha1::FollowerStatus to_proto(const statekit::FollowerRecord& record, statekit::MonoMs now);

void fill(v2alpha1::CreateChangesetResponse& response, const CreateAnswer& answer);
void fill(v2alpha1::CreateChangesetResponse& response, const PlanAnswer& answer);
void fill(v2alpha1::ChangesetResponse& response, const ChangesetAnswer& answer);
void fill(v2alpha1::GetSchemaResponse& response, const SchemaAnswer& answer);
void fill(v2alpha1::GetHistoryResponse& response, const journal::HistoryPage& page);
void fill(v2alpha1::GetStatusResponse& response, const StatusAnswer& answer);

journal::HistoryAsk ask_from(const v2alpha1::GetHistoryRequest& request);
// What the history tells of a commit: a HistoryEntry, encoded.
statekit::Bytes history_entry_of(const schema::Commit& commit,
                                 const std::vector<std::string>& modules);

// "INCARNATION:REVISION", as in the metadata millrace-min-revision.
statekit::Result<ReadAt> read_at_from(const std::string& text);

}  // namespace millrace::schema_service
