#include "cli/conformance/conformance.hpp"

namespace millrace::cli {
namespace {

void versions(Probe& probe) {
  probe.want({200, 201}, "POST", probe.state(), "one");
  const auto second = probe.want({200}, "POST", probe.state(), "two");
  probe.want({200}, "GET", probe.workspace() + "/versions");
  probe.want_body(probe.workspace() + "/versions/1", "one");
  probe.want_body(probe.workspace() + "/versions/2", "two");
  probe.want({404}, "GET", probe.workspace() + "/versions/3");
  probe.want({404}, "GET", probe.workspace() + "/versions/none");
  const auto old = probe.want({200}, "GET", probe.workspace() + "/versions/2");
  probe.expect(Probe::etag(old) == Probe::etag(second), "a version's ETag is that of its write",
               Probe::etag(old));
}

void restored(Probe& probe) {
  probe.want({200, 201}, "POST", probe.state(), "one");
  const auto second = probe.want({200}, "POST", probe.state(), "two");
  const std::string restore = probe.workspace() + "/versions/1/restore";
  probe.want({200}, "POST", restore, {}, {{"If-Match", Probe::etag(second)}});
  probe.want_body(probe.state(), "one");
  probe.want_body(probe.workspace() + "/versions/3", "one");
  probe.want({200}, "POST", probe.state(), "four");
  probe.want({412}, "POST", restore, {}, {{"If-Match", Probe::etag(second)}});
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({423}, "POST", restore);
  probe.want({200}, "POST", restore + "?ID=one");
  probe.want({404}, "POST", probe.workspace() + "/versions/9/restore?ID=one");
}

void kept_after_delete(Probe& probe) {
  probe.want({200, 201}, "POST", probe.state(), "one");
  probe.want({200}, "DELETE", probe.state());
  probe.want_body(probe.workspace() + "/versions/1", "one");
  probe.want({200}, "POST", probe.workspace() + "/versions/1/restore");
  probe.want_body(probe.state(), "one");
}

void listed(Probe& probe) {
  const std::string quoted = "\"" + probe.name() + "\"";
  const auto before = probe.want({200}, "GET", "/v1/workspaces");
  probe.expect(before.body.find(quoted) == std::string::npos,
               "no workspace that nobody wrote to in the list", before.body);
  probe.want({404}, "GET", probe.workspace());
  probe.want({200, 201}, "POST", probe.state(), "one");
  const auto after = probe.want({200}, "GET", "/v1/workspaces");
  probe.expect(after.body.find(quoted) != std::string::npos, "the workspace in the list",
               after.body);
  probe.want({200}, "GET", probe.workspace());
}

void apart(Probe& probe) {
  probe.want({200, 201}, "POST", probe.state(), "one");
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want_none(probe.state("-b"));
  probe.want({200, 201}, "POST", probe.state("-b"), "two");
  probe.want({200}, "LOCK", probe.state("-b"), lock_info("one"));
  probe.want({200}, "DELETE", probe.workspace("-b") + "?force=true");
  probe.want_body(probe.state(), "one");
  probe.want({423}, "LOCK", probe.state(), lock_info("two"));
}

void needs_force(Probe& probe) {
  probe.want({200, 201}, "POST", probe.state(), "one");
  probe.want({409}, "DELETE", probe.workspace());
  probe.want_body(probe.state(), "one");
  probe.want({200}, "DELETE", probe.state());
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({409}, "DELETE", probe.workspace());
  probe.want({200}, "UNLOCK", probe.state(), lock_info("one"));
  probe.want({200}, "DELETE", probe.workspace());
  probe.want({404}, "DELETE", probe.workspace());
}

void made_again(Probe& probe) {
  const auto old = probe.want({200, 201}, "POST", probe.state(), "one");
  probe.want({200}, "LOCK", probe.state(), lock_info("one"));
  probe.want({200}, "DELETE", probe.workspace() + "?force=true");
  probe.want_none(probe.state());
  probe.want({404}, "GET", probe.workspace() + "/versions/1");
  probe.want({409}, "POST", probe.state() + "?ID=one", "late");
  probe.want({200, 201}, "POST", probe.state(), "new");
  probe.want({412}, "POST", probe.state(), "late", {{"If-Match", Probe::etag(old)}});
  probe.want_body(probe.state(), "new");
  probe.want({404}, "GET", probe.workspace() + "/versions/2");
}

void names(Probe& probe) {
  for (const char* name : {"..%2Fx", "%2e%2e", "-x", "a%20b", "%00", "%"})
    for (const char* method : {"GET", "POST", "LOCK"})
      probe.want({400, 404}, method, std::string("/v1/workspaces/") + name + "/state", "{}");
  const std::string longest = probe.name("-") + std::string(128 - probe.name("-").size(), 'x');
  probe.want({404, 204}, "GET", "/v1/workspaces/" + longest + "/state");
  probe.want({400, 404}, "POST", "/v1/workspaces/" + longest + "x/state", "{}");
}

}  // namespace

std::vector<ConformanceCase> workspace_cases() {
  return {
      {"version.kept", "Earlier versions can be listed and read.", versions},
      {"version.restored", "An earlier version becomes the newest, as a write does.", restored},
      {"version.kept-after-delete", "What was deleted can be restored.", kept_after_delete},
      {"workspace.listed", "A workspace is there from its first write on.", listed},
      {"workspace.apart", "One workspace never sees another.", apart},
      {"workspace.needs-force", "One with a state or a lock is deleted by force only.",
       needs_force},
      {"workspace.made-again-is-empty", "One that is made again has nothing of the old one.",
       made_again},
      {"workspace.default-stays", "The default workspace cannot be deleted.",
       [](Probe& probe) { probe.want({409}, "DELETE", "/v1/workspaces/default"); }},
      {"workspace.names", "A name that cannot be is refused.", names},
  };
}

}  // namespace millrace::cli
