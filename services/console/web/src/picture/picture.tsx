// The system at a glance: the feed with its followers, and below it who calls whom.
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { Panel } from "../parts/panel";
import { toneOf } from "../parts/state";
import { href } from "../routes";
import { useNow } from "../words";
import { serverMs, type Live } from "../wire/live";
import { num, type ActivityEvent, type Module, type Overview, type Status } from "../wire/types";
import { INGRESS } from "./graph";
import { BOX, layout, type Box } from "./layout";

const MODULES_MAX = 60; // beyond, a picture helps nobody
const BUSY_MS = 4_000; // how long a call shows on its line

function useWidth() {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  return { frame, width };
}

// The lines that carried a call just now.
function busyLines(activity: ActivityEvent[], now: number): Set<string> {
  const busy = new Set<string>();
  for (const event of activity) {
    if (now - num(event.timeMs) > BUSY_MS) break;
    const [caller = ""] = event.caller.split(".");
    if (event.type === "call" && caller) busy.add(`${caller} ${event.module}`);
    if (event.type === "ingress" && event.module) busy.add(`${INGRESS} ${event.module}`);
  }
  return busy;
}

function Feed({ status }: { status: Status }) {
  const kinds = new Map<string, { live: number; all: number; lag: number }>();
  for (const follower of status.followers) {
    const kind = kinds.get(follower.kind) ?? { live: 0, all: 0, lag: 0 };
    kind.all += 1;
    if (follower.live) kind.live += 1;
    kind.lag = Math.max(kind.lag, num(follower.lag));
    kinds.set(follower.kind, kind);
  }
  return (
    <ul className="feed" aria-label="The feed and its followers">
      <li className={`source ${status.feed.state}`}>
        <b>schema</b>
        <span>r{status.feed.head}</span>
      </li>
      {[...kinds].map(([kind, { live, all, lag }]) => {
        const tone = live < all ? "bad" : lag > 0 ? "warn" : "ok";
        const word = live < all ? `${live}/${all} live` : lag > 0 ? `${lag} behind` : "up to date";
        return (
          <li key={kind} className={tone}>
            <i className={`dot ${tone}`} aria-hidden="true" />
            <b>{all > 1 ? `${kind} ×${all}` : kind}</b>
            <span>{word}</span>
          </li>
        );
      })}
    </ul>
  );
}

function IngressBox({ box }: { box: Box }) {
  return (
    <g transform={`translate(${box.x} ${box.y})`} className="node ingress">
      <rect width={BOX.width} height={BOX.height} rx={BOX.height / 2} />
      <text x={BOX.width / 2} y={20} textAnchor="middle" className="name">
        HTTP
      </text>
      <text x={BOX.width / 2} y={35} textAnchor="middle" className="sub">
        through ingress
      </text>
    </g>
  );
}

function short(name: string): string {
  return name.length > 15 ? `${name.slice(0, 14)}…` : name;
}

function ModuleBox({ box, module }: { box: Box; module: Module }) {
  const tone = toneOf(module);
  const served =
    module.state === "declared"
      ? "types"
      : `${module.endpointsHealthy}/${module.endpointsWanted} live`;
  const { name, state, endpointsHealthy, endpointsWanted } = module;
  const label = `${name}: ${state}, ${endpointsHealthy} of ${endpointsWanted} endpoints live`;
  return (
    <a href={href("modules", module.name)} aria-label={label} className={`node ${tone}`}>
      <g transform={`translate(${box.x} ${box.y})`}>
        <rect width={BOX.width} height={BOX.height} rx="7" />
        <rect className="bar" width="4" height={BOX.height - 16} x="7" y="8" rx="2" />
        <text x="20" y="20" className="name">
          {short(module.name)}
        </text>
        <text x="20" y="36" className="sub">
          {served} · {module.verbs.length} {module.verbs.length === 1 ? "verb" : "verbs"}
        </text>
      </g>
    </a>
  );
}

function Calls({ modules, live, width }: { modules: Module[]; live: Live; width: number }) {
  const now = useNow();
  const placed = useMemo(() => layout(modules, width), [modules, width]);
  const busy = busyLines(live.activity, serverMs(live, now));
  const byName = new Map(modules.map((module) => [module.name, module]));
  return (
    <svg
      role="group"
      aria-label="Who calls whom"
      width={placed.width}
      height={placed.height}
      className="calls"
    >
      <defs>
        <marker
          id="tip"
          viewBox="0 0 8 8"
          refX="5"
          refY="4"
          markerWidth="6"
          markerHeight="6"
          orient="auto"
        >
          <path d="M0 .6 7 4 0 7.4z" />
        </marker>
      </defs>
      {placed.lines.map(({ from, to, path }) => (
        <g key={`${from} ${to}`} className={busy.has(`${from} ${to}`) ? "line busy" : "line"}>
          <path d={path} markerEnd="url(#tip)" />
          <path d={path} className="flow" />
        </g>
      ))}
      {placed.boxes.map((box) => {
        const module = byName.get(box.id);
        return module ? (
          <ModuleBox key={box.id} box={box} module={module} />
        ) : (
          <IngressBox key={box.id} box={box} />
        );
      })}
    </svg>
  );
}

export function Picture({ overview, live }: { overview: Overview; live: Live }) {
  const { frame, width } = useWidth();
  const { modules, status } = overview;
  return (
    <Panel title="System" className="picture">
      <Feed status={status} />
      <div ref={frame} className="calls-frame">
        {width > 0 && modules.length > 0 && modules.length <= MODULES_MAX && (
          <Calls modules={modules} live={live} width={width} />
        )}
        {modules.length > MODULES_MAX && (
          <p className="dim">
            {modules.length} modules are too many for a picture:{" "}
            <a href={href("modules")}>the list</a>
          </p>
        )}
      </div>
    </Panel>
  );
}
