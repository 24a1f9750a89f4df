#include "access/rules.hpp"

#include <google/protobuf/descriptor.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "access/caller.hpp"
#include "support/catch.hpp"
#include "v2alpha1/console.pb.h"
#include "v2alpha1/journal.pb.h"
#include "v2alpha1/model.pb.h"
#include "v2alpha1/schema.pb.h"
#include "v2alpha1/timeline.pb.h"
#include "v2alpha1/verb.pb.h"
#include "v2alpha1/workspace.pb.h"

using namespace millrace::access;
namespace v2 = millrace::v2alpha1;

namespace {

// What is not used is not linked, and then not in the pool.
const google::protobuf::Descriptor* const used[] = {
    v2::WorkspaceLocked::descriptor(), v2::ConsoleOverview::descriptor(),
    v2::CommitHeader::descriptor(),    v2::Schema::descriptor(),
    v2::Position::descriptor(),        v2::TimelineEvent::descriptor(),
    v2::CallRequest::descriptor()};

// "/package.Service/Method" of every method of every .proto of the house.
std::set<std::string> all_methods() {
  std::set<std::string> methods;
  for (const auto& entry : std::filesystem::directory_iterator(PROTOS "/v2alpha1")) {
    if (entry.path().extension() != ".proto") continue;
    const std::string name = "v2alpha1/" + entry.path().filename().string();
    const auto* file = used[0]->file()->pool()->FindFileByName(name);
    INFO(name << " is new: use one of its messages above");
    REQUIRE(file != nullptr);
    for (int s = 0; s < file->service_count(); ++s)
      for (int m = 0; m < file->service(s)->method_count(); ++m)
        methods.insert("/" + file->service(s)->full_name() + "/" +
                       file->service(s)->method(m)->name());
  }
  return methods;
}

std::string letters(Permission permission) {
  std::string out;
  for (const Role role : {Role::viewer, Role::deployer, Role::operator_, Role::secret_reader,
                          Role::service, Role::admin})
    out += allows(role, permission) ? name_of(role).front() : '-';
  return out;
}

}  // namespace

TEST_CASE("every method of every proto has a rule, and every rule names a method") {
  const std::set<std::string> methods = all_methods();
  CHECK(methods.size() > 30);
  std::set<std::string> ruled;
  for (const Rule& rule : rules()) {
    CHECK(ruled.insert(std::string(rule.method)).second);
    if (rule.method.front() != '/') continue;
    CAPTURE(rule.method);
    CHECK(methods.count(std::string(rule.method)) == 1);
  }
  for (const std::string& method : methods) {
    CAPTURE(method);
    CHECK(ruled.count(method) == 1);
  }
}

TEST_CASE("each method takes what it took: whoever makes it easier says so here") {
  std::map<std::string, std::string> methods;
  for (const Rule& rule : rules())
    methods[std::string(name_of(rule.permission))] +=
        " " + std::string(rule.method.substr(rule.method.rfind('.') + 1));
  CHECK(methods ==
        std::map<std::string, std::string>{
            {"open", " SchemaService/Ping RoutingService/Ping TimelineService/Ping"},
            {"read",
             " SchemaService/GetSchema SchemaService/GetChangeset SchemaService/ListChangesets "
             "SchemaService/GetDeployment SchemaService/GetDeployments SchemaService/ListConfig "
             "SchemaService/ListSecrets SchemaService/GetHistory SchemaService/GetStatus "
             "TimelineService/Query TimelineService/Stream console state/look"},
            {"deploy",
             " SchemaService/CreateChangeset SchemaService/CommitChangeset "
             "SchemaService/RollbackChangeset SchemaService/FailChangeset SchemaService/RollbackTo "
             "SchemaService/PlanRollback SchemaService/ChangeConfig SchemaService/ChangeSecrets"},
            {"keep-state", " state/keep"},
            {"operate", " SchemaService/RotateSecrets state/force"},
            {"read-secrets", " SchemaService/GetSecrets"},
            {"follow", " SchemaService/Subscribe SchemaService/GetState"},
            {"serve", " SchemaService/RegisterEndpoint SchemaService/GetDeploymentContext"},
            {"call", " RoutingService/Call"},
            {"publish", " TimelineService/Publish"},
            {"administer",
             " SchemaService/CreateToken SchemaService/RevokeTokens SchemaService/SetRoles "
             "SchemaService/ListAccess"},
            {"of-modules", " VerbService/Ping VerbService/Call"}});
}

TEST_CASE("what has no rule is denied to everybody") {
  CHECK_FALSE(permission_of("/millrace.v2alpha1.SchemaService/New"));
  CHECK_FALSE(permission_of(""));
  CHECK_FALSE(permission_of("ping"));
}

TEST_CASE("each role may do what the table says and nothing else") {
  // viewer, deployer, operator, secret-reader, service, admin
  CHECK(letters(Permission::read) == "vdossa");
  CHECK(letters(Permission::deploy) == "-d---a");
  CHECK(letters(Permission::keep_state) == "-do--a");
  CHECK(letters(Permission::operate) == "--o--a");
  CHECK(letters(Permission::read_secrets) == "---s-a");
  CHECK(letters(Permission::follow) == "----sa");
  CHECK(letters(Permission::serve) == "----s-");
  CHECK(letters(Permission::call) == "-do-sa");
  CHECK(letters(Permission::publish) == "----sa");
  CHECK(letters(Permission::administer) == "-----a");
  CHECK(letters(Permission::of_modules) == "------");
}

TEST_CASE("only what says that somebody can be reached is open") {
  std::string open;
  for (const Rule& rule : rules())
    if (rule.permission == Permission::open) open += std::string(rule.method) + " ";
  CHECK(open ==
        "/millrace.v2alpha1.SchemaService/Ping /millrace.v2alpha1.RoutingService/Ping "
        "/millrace.v2alpha1.TimelineService/Ping ");
}

TEST_CASE("a pattern holds a role back to its modules") {
  const Caller ci{"ci", {{Role::deployer, {"shop*"}}, {Role::viewer, {}}}, "token"};
  CHECK(ci.may(Permission::deploy));
  CHECK(ci.may(Permission::deploy, "shops"));
  CHECK_FALSE(ci.may(Permission::deploy, "cart"));
  CHECK_FALSE(ci.may_everywhere(Permission::deploy));
  CHECK(ci.may_everywhere(Permission::read));
  CHECK_FALSE(ci.may(Permission::administer));
  CHECK(check_modules(ci, Permission::deploy, {"shop", "shop2"}));
  const auto other = check_modules(ci, Permission::deploy, {"shop", "cart"});
  REQUIRE_FALSE(other);
  CHECK(other.error().code == millrace::statekit::Code::permission_denied);
  CHECK(other.error().message ==
        "ci may not deploy module cart: it takes the role deployer or admin for it");
  CHECK_FALSE(check_modules(ci, Permission::deploy, {""}));
  CHECK(check_modules({"a", {{Role::deployer, {"*"}}}, ""}, Permission::deploy, {""}));
}

TEST_CASE("what concerns all modules is for no role that a pattern holds to some") {
  for (const Role role : {Role::admin, Role::operator_, Role::service}) {
    CAPTURE(name_of(role));
    for (const Permission permission :
         {Permission::administer, Permission::operate, Permission::follow}) {
      CAPTURE(name_of(permission));
      CHECK_FALSE(Caller{"eve", {{role, {"shop*"}}}, ""}.may(permission));
      CHECK_FALSE(Caller{"eve", {{role, {"shop", "workspace:*"}}}, ""}.may(permission));
      CHECK(Caller{"ada", {{role, {}}}, ""}.may(permission) == allows(role, permission));
    }
  }
  CHECK(Caller{"ada", {{Role::admin, {"*"}}}, ""}.may(Permission::administer));
  const Caller eve{"eve", {{Role::admin, {"shop*"}}}, ""};
  CHECK(eve.may(Permission::deploy, "shop"));
  CHECK(eve.may(Permission::read_secrets, "shop"));
  // A pattern for modules says nothing of states over HTTP.
  CHECK(
      Caller{"olaf", {{Role::operator_, {"shop"}}}, ""}.may_in_workspace(Permission::operate, "w"));
}

TEST_CASE("a module's identity is no service of the platform, nor the other way round") {
  const Caller module{"echo", {{Role::service, {"echo"}}}, "token"};
  CHECK_FALSE(module.is_platform());
  CHECK(module.is_module("echo"));
  CHECK_FALSE(module.is_module("time"));
  CHECK(module.may(Permission::serve, "echo"));
  CHECK_FALSE(module.may(Permission::serve, "time"));
  CHECK_FALSE(module.may(Permission::follow));
  CHECK_FALSE(Caller{"all", {{Role::service, {"*"}}}, "token"}.may(Permission::follow));
  CHECK_FALSE(Caller{"all", {{Role::service, {"*"}}}, "token"}.is_platform());
  const Caller platform{"millrace", {{Role::service, {}}}, "process"};
  CHECK(platform.is_platform());
  CHECK_FALSE(platform.is_module("echo"));
  CHECK(platform.may(Permission::follow));
  CHECK_FALSE(platform.may(Permission::serve, "echo"));
  const Caller admin{"root", {{Role::admin, {}}}, "token"};
  CHECK_FALSE(admin.may(Permission::serve, "echo"));
  CHECK_FALSE(admin.is_platform());
}

TEST_CASE("who has no role may do nothing that is asked for") {
  const Caller nobody{"nobody", {}, "token"};
  for (const Rule& rule : rules())
    CHECK(nobody.may(rule.permission) == (rule.permission == Permission::open));
}

TEST_CASE("a role with workspaces reaches these states, and without modules nothing else") {
  const auto with = [](const std::string& roles) {
    Caller caller;
    for (std::size_t at = 0; at < roles.size();) {
      const std::size_t end = std::min(roles.find(' ', at), roles.size());
      caller.roles.push_back(*binding_of(roles.substr(at, end - at)));
      at = end + 1;
    }
    return caller;
  };
  const auto keeps = [&](const std::string& roles, const std::string& workspace) {
    return with(roles).may_in_workspace(Permission::keep_state, workspace);
  };
  CHECK(keeps("deployer", "prod"));
  CHECK(keeps("deployer=shop*", "prod"));  // as it was before workspaces had patterns
  CHECK(keeps("deployer=workspace:prod*", "prod-1"));
  CHECK_FALSE(keeps("deployer=workspace:prod*", "test"));
  CHECK_FALSE(keeps("deployer=shop,workspace:prod*", "test"));
  CHECK(keeps("deployer=workspace:prod*", ""));  // one of them
  CHECK(keeps("deployer=workspace:a viewer deployer=workspace:b", "b"));
  CHECK_FALSE(keeps("viewer=workspace:prod", "prod"));
  CHECK_FALSE(keeps("deployer=workspace:a viewer", "prod"));

  const Caller both = with("deployer=shop,workspace:prod");
  CHECK(both.may(Permission::deploy, "shop"));
  CHECK_FALSE(both.may(Permission::deploy, "prod"));
  CHECK_FALSE(both.may_everywhere(Permission::deploy));
  const Caller only = with("operator=workspace:prod");
  CHECK(only.may_in_workspace(Permission::operate, "prod"));
  CHECK_FALSE(only.may(Permission::operate));
  CHECK_FALSE(only.may(Permission::read));
  for (const char* role : {"admin=workspace:*", "deployer=workspace:*", "service=workspace:*"}) {
    const Caller caller = with(role);
    for (const Permission permission : {Permission::administer, Permission::deploy,
                                        Permission::follow, Permission::serve, Permission::read}) {
      CHECK_FALSE(caller.may(permission));
      CHECK_FALSE(caller.may(permission, "workspace:x"));
    }
    CHECK_FALSE(caller.is_platform());
    CHECK_FALSE(caller.is_module("shop"));
  }
}
