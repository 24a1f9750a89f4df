// Everything at a glance.
import { ActivityTable, NoActivity } from "../parts/activity_table";
import { ChangesetList } from "../parts/changeset_list";
import { FollowerTable } from "../parts/follower_table";
import { ModuleList } from "../parts/module_list";
import { Panel } from "../parts/panel";
import { ReplicaTable } from "../parts/replica_table";
import type { Tone } from "../parts/state";
import { Welcome } from "../parts/welcome";
import { Picture } from "../picture/picture";
import { href, type PageId } from "../routes";
import { num, type ActivityEvent, type Overview } from "../wire/types";
import { serverMs, type Live } from "../wire/live";
import { useNow } from "../words";

const RECENT_MAX = 14;

function Figure({ page, value, of, word, tone }: Stat) {
  return (
    <li>
      <a href={href(page)} className={`figure ${tone}`}>
        <b>
          {value}
          {of !== undefined && <span className="of">/{of}</span>}
        </b>
        <span>{word}</span>
      </a>
    </li>
  );
}

interface Stat {
  page: PageId;
  value: number;
  of?: number;
  word: string;
  tone: Tone;
}

// The share of failures among what is kept of the last minute.
function requestStats(activity: ActivityEvent[], nowMs: number): Stat[] {
  const recent = activity.filter(
    (event) => event.type === "ingress" && nowMs - num(event.timeMs) < 60_000,
  );
  const failed = activity.filter(
    (event) => event.outcome === "error" && nowMs - num(event.timeMs) < 60_000,
  );
  return [
    { page: "activity", value: recent.length, word: "requests in a minute", tone: "off" },
    {
      page: "activity",
      value: failed.length,
      word: failed.length === 1 ? "failure in a minute" : "failures in a minute",
      tone: failed.length > 0 ? "bad" : "off",
    },
  ];
}

function statsOf(
  { modules, changesets, status, past }: Overview,
  activity: ActivityEvent[],
  nowMs: number,
): Stat[] {
  const serving = modules.filter((module) => module.state === "serving").length;
  const served = modules.filter((module) => module.state !== "declared").length;
  const healthy = modules.reduce((sum, module) => sum + module.endpointsHealthy, 0);
  const wanted = modules.reduce((sum, module) => sum + module.endpointsWanted, 0);
  const active = changesets.filter((changeset) => changeset.active).length;
  const { followers } = status;
  const live = followers.filter((follower) => follower.live).length;
  return [
    {
      page: "modules",
      value: serving,
      of: served,
      word: "modules serving",
      tone: tone(serving, served),
    },
    {
      page: "deployments",
      value: healthy,
      of: wanted,
      word: "endpoints live",
      tone: tone(healthy, wanted),
    },
    {
      page: "changesets",
      value: active,
      word: active === 1 ? "changeset in flight" : "changesets in flight",
      tone: active > 0 ? "wait" : "off",
    },
    ...(past
      ? []
      : [
          {
            page: "followers" as const,
            value: live,
            of: followers.length,
            word: "followers live",
            tone: tone(live, followers.length),
          },
          ...requestStats(activity, nowMs),
        ]),
  ];
}

function tone(have: number, want: number): Tone {
  return have >= want ? "ok" : have === 0 ? "bad" : "warn";
}

export function OverviewPage({ overview, live }: { overview: Overview; live: Live }) {
  const now = useNow();
  const { modules, changesets, status, past } = overview;
  const active = changesets.filter((changeset) => changeset.active);
  const latest = active.length > 0 ? active : changesets.slice(0, 1);
  return (
    <>
      <ul className="figures" aria-label="In figures">
        {statsOf(overview, live.activity, serverMs(live, now)).map((stat) => (
          <Figure key={stat.word} {...stat} />
        ))}
      </ul>
      <Picture overview={overview} live={live} />
      <div className="overview">
        <div className="column">
          {modules.length === 0 && status.feed.state !== "empty" && <Welcome />}
          {modules.length > 0 && (
            <Panel title="Modules" className="modules-panel">
              <ModuleList modules={modules} />
            </Panel>
          )}
        </div>
        <div className="column">
          <Panel
            title={active.length > 0 ? "Changesets in flight" : "Last changeset"}
            aside={<a href={href("changesets")}>All</a>}
          >
            {latest.length === 0 ? (
              <p className="empty">None so far. Each deploy is one.</p>
            ) : (
              <ChangesetList changesets={latest} />
            )}
          </Panel>
          {!past && <Present overview={overview} live={live} />}
        </div>
      </div>
    </>
  );
}

// What there is of now only.
function Present({ overview: { status }, live }: { overview: Overview; live: Live }) {
  return (
    <>
      <Panel title="Last calls and requests" aside={<a href={href("activity")}>All</a>}>
        {status.timelineError && (
          <p className="trouble">Not up to date: {status.timelineError}</p>
        )}
        {live.activity.length === 0 ? (
          <NoActivity />
        ) : (
          <ActivityTable events={live.activity.slice(0, RECENT_MAX)} />
        )}
      </Panel>
      {(status.replicas.length > 1 || status.replicas.some(({ state }) => state !== "ready")) && (
        <Panel title="Schema service" aside={<a href={href("followers")}>All</a>}>
          <ReplicaTable status={status} />
        </Panel>
      )}
      <Panel title="Followers" aside={<a href={href("followers")}>All</a>}>
        <FollowerTable status={status} />
      </Panel>
    </>
  );
}
