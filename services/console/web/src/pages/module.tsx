// One module: its verbs, who refers to whom, what serves it, its schema, what it did last.
import { ActivityTable, NoActivity } from "../parts/activity_table";
import { DeploymentList } from "../parts/deployment_list";
import { Endpoints, Verbs } from "../parts/module_list";
import { Panel } from "../parts/panel";
import { ModuleState } from "../parts/state";
import { ConfigTable, SecretTable } from "../parts/value_table";
import { href } from "../routes";
import { count } from "../words";
import { useAsk, type Asked } from "../wire/fetch";
import type { Live } from "../wire/live";
import type { Module, ModuleDetail, Overview } from "../wire/types";

const RECENT_MAX = 20;

function declared(kind: string, n: number): string {
  if (kind === "data") return count(n, "data type");
  return kind === "typealias" ? count(n, "alias", "aliases") : count(n, kind);
}

function Links({ names, none }: { names: string[]; none: string }) {
  if (names.length === 0) return <span className="dim">{none}</span>;
  return (
    <>
      {names.map((name) => (
        <a key={name} className="chip" href={href("modules", name)}>
          {name}
        </a>
      ))}
    </>
  );
}

function Facts({ module, overview }: { module: Module; overview: Overview }) {
  const users = overview.modules
    .filter((other) => other.imports.includes(module.name))
    .map((other) => other.name);
  return (
    <dl className="facts">
      <dt>State</dt>
      <dd>
        <ModuleState module={module} /> <Endpoints module={module} />
      </dd>
      <dt>Deployment</dt>
      <dd>
        <code>{module.deployment}</code>
      </dd>
      <dt>Build</dt>
      <dd>
        <code>{module.build}</code>, since revision {module.createdRevision}
      </dd>
      <dt>Refers to</dt>
      <dd>
        <Links names={module.imports} none="no other module" />
      </dd>
      <dt>Referred to by</dt>
      <dd>
        <Links names={users} none="no other module" />
      </dd>
      {module.declarations.length > 0 && (
        <>
          <dt>Declares</dt>
          <dd>{module.declarations.map(({ kind, count: n }) => declared(kind, n)).join(", ")}</dd>
        </>
      )}
    </dl>
  );
}

type Detail = Asked<ModuleDetail>;

function Waiting({ asked }: { asked: Detail }) {
  if (asked.state === "failed") return <p className="trouble">Not loaded: {asked.why}</p>;
  return <p className="dim">Loading…</p>;
}

function Schema({ name, asked }: { name: string; asked: Detail }) {
  if (asked.state !== "answered") return <Waiting asked={asked} />;
  return (
    <pre className="schema" tabIndex={0} aria-label={`Schema of ${name}`}>
      {asked.value.schema}
    </pre>
  );
}

function Known({ module, overview, live }: { module: Module; overview: Overview; live: Live }) {
  const name = module.name;
  // Asked again with each revision: values change without a deploy.
  const asked = useAsk<ModuleDetail>(
    `api/modules/${encodeURIComponent(name)}`,
    `${module.deployment}@${overview.status.feed.revision}`,
  );
  const events = live.activity.filter((event) => event.module === name).slice(0, RECENT_MAX);
  return (
    <div className="overview">
      <div className="column">
        <Panel title="Verbs">
          {module.comment && <p className="comment">{module.comment}</p>}
          <Verbs module={module} />
        </Panel>
        <Panel title="Schema">
          <Schema name={name} asked={asked} />
        </Panel>
      </div>
      <div className="column">
        <Panel title="About">
          <Facts module={module} overview={overview} />
        </Panel>
        {asked.state === "answered" && asked.value.configs.length > 0 && (
          <Panel title="Config">
            <ConfigTable configs={asked.value.configs} />
          </Panel>
        )}
        {asked.state === "answered" && asked.value.secrets.length > 0 && (
          <Panel title="Secrets">
            <SecretTable secrets={asked.value.secrets} />
          </Panel>
        )}
        <Panel title="Deployments">
          <DeploymentList
            deployments={overview.deployments.filter((deployment) => deployment.module === name)}
          />
        </Panel>
        <Panel title="Activity">
          {events.length === 0 ? <NoActivity /> : <ActivityTable events={events} />}
        </Panel>
      </div>
    </div>
  );
}

export function ModulePage({
  name,
  overview,
  live,
}: {
  name: string;
  overview: Overview;
  live: Live;
}) {
  const module = overview.modules.find((candidate) => candidate.name === name);
  if (!module) {
    return (
      <p className="empty">
        No module is called “{name}” at revision {overview.status.feed.revision}.{" "}
        <a href={href("modules")}>All modules</a>
      </p>
    );
  }
  return <Known module={module} overview={overview} live={live} />;
}
