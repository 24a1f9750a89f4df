// What runs by itself or speaks to the outside.
#include "rules.hpp"

namespace millrace::schema {

namespace {

constexpr RuleCase cases[] = {
    {"cron-expression", "module a { verb v(Unit) Unit\n+cron 61 * * * *\n}", "cron-expression 2:1",
     "numbers from 0 to 59"},
    {"cron-expression", "module a { verb v(Unit) Unit\n+cron 0 0 30 2 *\n}", "cron-expression 2:1",
     "no date ever meets it"},
    {"cron-expression", "module a { verb v(Unit) Unit\n+cron 5x\n}", "cron-expression 2:1",
     "a duration such as 5m"},
    {"cron-expression",
     "module a { verb v(Unit) Unit\n+cron 0 */5 1-10,20 * 1\nverb w(Unit) Unit\n+cron 25m\n"
     "verb x(Unit) Unit\n+cron Mon\nverb y(Unit) Unit\n+cron 0 0 0 29 2 * 2028\n}",
     ""},

    {"cron-verb", "module a { verb v(Int) Unit\n+cron 5m\n}", "cron-verb 2:1",
     "must take Unit and return Unit"},
    {"cron-verb", "module a { verb v(Unit) Int\n+cron 5m\n}", "cron-verb 2:1"},
    {"cron-verb", "module a { typealias None Unit verb v(None) Unit\n+cron 5m\n}", ""},

    {"retry", "module a { verb v(Unit) Unit\n+retry 3\n}", "retry 2:1",
     "a verb that subscribes or is cron"},
    {"retry", "module a { verb v(Unit) Unit\n+cron 5m\n+retry 1001\n}", "retry 3:1",
     "from 0 to 1000"},
    {"retry", "module a { verb v(Unit) Unit\n+cron 5m\n+retry 1h 1m\n}", "retry 3:1",
     "is below the shortest"},
    {"retry", "module a { verb v(Unit) Unit\n+cron 5m\n+retry 2d\n}", "retry 3:1", "from 1s to 1d"},
    {"retry",
     "module a { verb v(Unit) Unit\n+cron 5m\n+retry catch c\nverb c(CatchRequest<Int>) Unit }",
     "retry 3:1", "must take builtin.CatchRequest<Unit>"},
    {"retry",
     "module a { topic t [Int] typealias N Int verb v([N]) Unit\n+subscribe t from=latest\n"
     "+retry 10 1m5s 1d catch c\nverb c(CatchRequest<[Int]>) Unit\nverb w(Unit) Unit\n"
     "+cron 5m\n+retry catch d\nverb d(CatchRequest<Any>) Unit }",
     ""},

    {"subscribe", "module a { topic t Int verb v(String) Unit\n+subscribe t from=latest\n}",
     "subscribe 2:1", "must take Int, the event of a.t, not String"},
    {"subscribe", "module a { topic t Int verb v(Int) Int\n+subscribe t from=latest\n}",
     "subscribe 2:1", "must return Unit"},
    {"subscribe",
     "module a { topic t Int verb v(Int) Unit\n+subscribe t from=latest\n"
     "+subscribe t from=beginning\n}",
     "subscribe 3:1", "subscribes to one topic only"},
    {"subscribe",
     "module a { typealias N Int topic t {String: N} "
     "verb v({String: Int}) Unit\n+subscribe t from=beginning deadletter\n}",
     ""},

    {"topic-name", "module a { topic Placed Int }", "topic-name 1:18",
     "must start with a lower-case letter"},
    {"topic-name", "module a { topic placedByHand Int topic t_1 Int }", ""},

    {"partitions", "module a { topic t Int\n+partitions 0\n}", "partitions 2:1",
     "at least one partition"},
    {"partitions", "module a { topic t Int\n+partitions 1\n}", ""},

    {"dead-letter",
     "module a { topic t Int verb v(Int) Unit\n+subscribe t from=latest deadletter\n"
     "topic vFailed Int }",
     "dead-letter 2:1", "clashes with a declaration of another type"},
    {"dead-letter",
     "module a { topic t Int verb v(Int) Unit\n+subscribe t from=latest deadletter\n"
     "data vFailed {} }",
     "dead-letter 2:1"},
    {"dead-letter",
     "module a { topic t Int verb v(Int) Unit\n+subscribe t from=latest deadletter\n"
     "topic vFailed FailedEvent<Int> verb w(Int) Unit\n+subscribe t from=latest\ndata wFailed {} "
     "}",
     ""},

    {"egress", "module a { verb v(Unit) Unit\n+egress \"https://${host}/\"\n}", "egress 2:1",
     "names the config `host`, which this module does not declare"},
    {"egress", "module a { config host String verb v(Unit) Unit\n+egress \"x\", \"${host\"\n}",
     "egress 2:1", "lacks the `}`"},
    {"egress",
     "module a { config host String verb v(Unit) Unit\n+egress \"https://${host}/$x/}\", \"\"\n}",
     ""},
};

}  // namespace

std::span<const RuleCase> event_cases() { return cases; }

}  // namespace millrace::schema
