// All that is kept of what happened, to narrow down.
import { useState } from "react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { ActivityTable, NoActivity } from "../parts/activity_table";
import { Panel } from "../parts/panel";
import type { Live } from "../wire/live";
import type { ActivityEvent, Overview } from "../wire/types";

const SHOWN_MAX = 200;

const filters: { id: string; label: string; keep: (event: ActivityEvent) => boolean }[] = [
  { id: "all", label: "All", keep: () => true },
  { id: "ingress", label: "Requests", keep: (event) => event.type === "ingress" },
  { id: "call", label: "Calls", keep: (event) => event.type === "call" },
  {
    id: "change",
    label: "Changes",
    keep: (event) => event.type === "changeset" || event.type === "deployment",
  },
  { id: "log", label: "Logs", keep: (event) => event.type === "log" },
  { id: "error", label: "Failures", keep: (event) => event.outcome === "error" },
];

export function ActivityPage({ overview, live }: { overview: Overview; live: Live }) {
  const [chosen, setChosen] = useState("all");
  const keep = filters.find(({ id }) => id === chosen)?.keep ?? (() => true);
  const events = live.activity.filter(keep).slice(0, SHOWN_MAX);
  const { timelineError } = overview.status;
  const choice = (
    <ToggleButtonGroup
      aria-label="What to show"
      className="choices"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[chosen]}
      onSelectionChange={(keys) => {
        const [first] = keys;
        if (first !== undefined) setChosen(String(first));
      }}
    >
      {filters.map(({ id, label }) => (
        <ToggleButton key={id} id={id}>
          {label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
  return (
    <Panel title="Newest first" aside={choice}>
      {timelineError && <p className="trouble">Not up to date: {timelineError}</p>}
      {live.dropped > 0 && (
        <p className="trouble">The timeline was too busy and dropped {live.dropped} events.</p>
      )}
      {live.activity.length === 0 && <NoActivity />}
      {live.activity.length > 0 && events.length === 0 && (
        <p className="empty">Nothing of this kind among the last {live.activity.length} events.</p>
      )}
      {events.length > 0 && <ActivityTable events={events} />}
    </Panel>
  );
}
