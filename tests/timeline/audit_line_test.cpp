// Which lines are for the audit, and whom they are about.
#include "statekit/audit_line.hpp"

#include "support/catch.hpp"
#include "timeline/audit_events.hpp"

using namespace millrace::statekit;
using millrace::test::denied;
using millrace::test::secret_read;

namespace {

LogEvent line_of(const TimelineEvent& event) { return std::get<LogEvent>(event.what); }

LogEvent line(const std::string& source, const std::string& deployment,
              const std::string& message) {
  return {LineLevel::warn, source, deployment, message, {}};
}

// As services told it before lines had fields for it.
LogEvent older(const std::string& who, const std::string& what, const std::string& why = "") {
  return {
      LineLevel::warn, "access", "", "access.denied", {{"who", who}, {"what", what}, {"why", why}}};
}

}  // namespace

TEST_CASE("the platform's own lines are for the audit, and no module's, whatever it is called") {
  CHECK(audit_kind(line("access", "", "access.denied")) == AuditKind::denied);
  CHECK(audit_kind(line("state", "", "state.forced")) == AuditKind::done);
  CHECK(audit_kind(line("audit", "", "audit.secret-read")) == AuditKind::done);
  CHECK(audit_kind(line("audit", "", "audit.of-a-later-release")) == AuditKind::done);
  CHECK(audit_kind(line("access", "", "access.jwt-keys-wrong")) == AuditKind::none);
  CHECK(audit_kind(line("feed", "", "feed.disconnected")) == AuditKind::none);
  CHECK(audit_kind(line("access", "dpl-access-0123456789", "access.denied")) == AuditKind::none);
  CHECK(audit_kind(line("audit", "dpl-audit-0123456789", "audit.secret-read")) == AuditKind::none);
  CHECK(audit_kind(line("echo", "", "access.denied")) == AuditKind::none);
  CHECK(audit_kind(line("", "", ".denied")) == AuditKind::none);
}

TEST_CASE("who is asked for is held against the principal, whole") {
  const LogEvent ada = line_of(denied("ada"));
  CHECK(matches({"ada", ""}, ada));
  CHECK(matches({"ada (token abc)", ""}, ada));
  CHECK_FALSE(matches({"ad", ""}, ada));
  CHECK_FALSE(matches({"token abc", ""}, ada));
  const LogEvent stranger = line_of(denied(""));
  CHECK(matches({"token abc", ""}, stranger));
  CHECK_FALSE(matches({"token", ""}, stranger));
  CHECK(matches({"eve", ""}, line_of(secret_read("eve"))));
  LogEvent given = line("audit", "", "audit.secrets-given");
  given.fields = {{"deployment", "dpl-shop-0123456789"}, {"module", "shop"}};
  CHECK(matches({"dpl-shop-0123456789", ""}, given));
  CHECK(audit_who(given) == "deployment dpl-shop-0123456789");
}

TEST_CASE("a module is held against those that a line concerns, and not against its words") {
  const LogEvent of_shop = line_of(denied("ada", "10.0.0.1", "call bank.pay"));
  CHECK(matches({"", "shop"}, of_shop));
  CHECK_FALSE(matches({"", "bank"}, of_shop));
  CHECK_FALSE(matches({"", "sho"}, of_shop));
  LogEvent of_both = of_shop;
  of_both.fields["module"] = "bank shop";
  CHECK(matches({"", "bank"}, of_both));
  CHECK(matches({"", "shop"}, of_both));
  CHECK_FALSE(matches({"", "bank shop"}, of_both));
  LogEvent of_none = of_shop;
  of_none.fields["module"] = "";
  CHECK_FALSE(matches({"", "shop"}, of_none));
}

TEST_CASE("lines of services that do not say so yet are held against by their words") {
  CHECK(matches({"ada", ""}, older("ada (token abc)", "call shop.pay")));
  CHECK_FALSE(matches({"ad", ""}, older("ada (token abc)", "call shop.pay")));
  CHECK(matches({"", "shop"}, older("ada (token abc)", "call shop.pay")));
  CHECK(matches({"", "shop"}, older("ada (token abc)", "Deploy", "may not deploy shop")));
  CHECK_FALSE(matches({"", "bank"}, older("ada (token abc)", "call shop.pay")));
}

TEST_CASE("who is known has a share of their own, and strangers share by their address") {
  const auto share = [](const TimelineEvent& event) { return audit_share(line_of(event)); };
  CHECK(share(denied("ada", "10.0.0.1")) == share(denied("ada", "10.0.0.2")));
  CHECK(share(denied("ada")) != share(denied("bob")));
  CHECK(share(denied("", "10.0.0.1")) != share(denied("", "10.0.0.2")));
  CHECK(share(denied("10.0.0.1")) != share(denied("", "10.0.0.1")));
  TimelineEvent another = denied("", "10.0.0.1");
  std::get<LogEvent>(another.what).fields["who"] = "token of another name";
  CHECK(share(another) == share(denied("", "10.0.0.1")));
}
