// Keeps the page in step with the backend: one event stream, opened again by itself when it ends or
// falls silent. Components read it with `useLive`; nothing else talks to /api/events.
import { useSyncExternalStore } from "react";
import type { Activity, ActivityEvent, Overview, Status } from "./types";

export type Link =
  | { state: "connecting" }
  | { state: "live" }
  | { state: "lost"; sinceMs: number; retryAtMs: number; why: string };

export interface Live {
  link: Link;
  overview: Overview | undefined;
  activity: ActivityEvent[]; // newest first
  dropped: number;
  heardMs: number; // this browser's clock, when the last status arrived
}

const ACTIVITY_MAX = 500;
const SILENCE_MS_MAX = 6_000; // the backend speaks each second
const RETRY_MS_MIN = 400;
const RETRY_MS_MAX = 5_000;

let live: Live = {
  link: { state: "connecting" },
  overview: undefined,
  activity: [],
  dropped: 0,
  heardMs: Date.now(),
};
let source: EventSource | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let attempts = 0;
const listeners = new Set<() => void>();

function publish(change: Partial<Live>): void {
  live = { ...live, ...change };
  for (const listener of listeners) listener();
}

function heard(): void {
  clearTimeout(silence);
  // Twice, so that what arrived while this page was busy is read first.
  silence = setTimeout(() => {
    silence = setTimeout(() => lost("the console has fallen silent"), SILENCE_MS_MAX / 4);
  }, SILENCE_MS_MAX);
}

function lost(why: string): void {
  source?.close();
  source = undefined;
  clearTimeout(silence);
  clearTimeout(retry);
  const wait = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** attempts) * (0.75 + Math.random() / 2);
  attempts += 1;
  const sinceMs = live.link.state === "lost" ? live.link.sinceMs : Date.now();
  publish({ link: { state: "lost", sinceMs, retryAtMs: Date.now() + wait, why } });
  retry = setTimeout(connect, wait);
}

function parsed<T>(message: MessageEvent<string>, use: (value: T) => void): void {
  heard();
  let value: T;
  try {
    value = JSON.parse(message.data) as T;
  } catch {
    lost("the console sent what this page cannot read");
    return;
  }
  use(value);
}

function takeActivity(batch: Activity): void {
  const kept = batch.replace ? [] : live.activity;
  const newest = kept[0] ? BigInt(kept[0].id) : 0n;
  const fresh = batch.events.filter((event) => BigInt(event.id) > newest);
  const activity = [...fresh, ...kept].slice(0, ACTIVITY_MAX);
  publish({ activity, dropped: Number(batch.dropped) });
}

// The entries that are as before stay the same objects, so that only what changed is drawn again.
function shared<T>(before: T[] | undefined, after: T[], keyOf: (entry: T) => string): T[] {
  const known = new Map(before?.map((entry) => [keyOf(entry), entry]));
  let same = before?.length === after.length;
  const entries = after.map((entry, index) => {
    const old = known.get(keyOf(entry));
    const kept = old !== undefined && JSON.stringify(old) === JSON.stringify(entry) ? old : entry;
    same &&= kept === before?.[index];
    return kept;
  });
  return same && before ? before : entries;
}

function takeOverview(after: Overview): void {
  const before = live.overview;
  attempts = 0;
  publish({
    overview: {
      status: after.status,
      modules: shared(before?.modules, after.modules, ({ name }) => name),
      deployments: shared(before?.deployments, after.deployments, ({ key }) => key),
      changesets: shared(before?.changesets, after.changesets, ({ key }) => key),
    },
    link: { state: "live" },
    heardMs: Date.now(),
  });
}

function connect(): void {
  clearTimeout(retry);
  source?.close();
  const opened = new EventSource("api/events");
  source = opened;
  heard();
  opened.onerror = () => lost("the console does not answer");
  opened.addEventListener("overview", (message) => parsed<Overview>(message, takeOverview));
  opened.addEventListener("status", (message) =>
    parsed<Status>(message, (status) => {
      if (live.overview) {
        publish({ overview: { ...live.overview, status }, heardMs: Date.now() });
      }
    }),
  );
  opened.addEventListener("activity", (message) => parsed<Activity>(message, takeActivity));
}

// Opens the stream now, without waiting for the next attempt.
export function reconnect(): void {
  attempts = 0;
  connect();
}

export function start(): void {
  connect();
  window.addEventListener("online", reconnect);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && live.link.state === "lost") reconnect();
  });
}

// The backend's clock, as far as this browser can tell: the one that the times were written by.
export function serverMs(view: Live, nowMs: number): number {
  const written = Number(view.overview?.status.serverTimeMs ?? 0);
  return written === 0 ? nowMs : written + nowMs - view.heardMs;
}

export function useLive(): Live {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => live,
  );
}
