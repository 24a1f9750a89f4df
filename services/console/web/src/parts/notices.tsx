// What is wrong right now, in a place that screen readers watch.
import type { ReactNode } from "react";
import { ago, clock, useNow } from "../words";
import { reconnect, type Live } from "../wire/live";

function Notice({ tone, children }: { tone: "bad" | "warn"; children: ReactNode }) {
  return (
    <div className={`notice ${tone}`}>
      <i className={`dot ${tone}`} aria-hidden="true" />
      <div>{children}</div>
    </div>
  );
}

function Lost({ live }: { live: Live }) {
  const now = useNow();
  if (live.link.state !== "lost") return null;
  const feed = live.overview?.status.feed;
  const shown = feed
    ? `What you see is revision ${feed.revision}, as of ${clock(live.heardMs)}.`
    : "Nothing could be loaded so far. Is millrace serve running?";
  return (
    <Notice tone="bad">
      <b>Connection lost</b>
      <span aria-hidden="true"> {ago(now - live.link.sinceMs)}</span>: {live.link.why}. {shown} The
      page tries again by itself.{" "}
      <button type="button" onClick={reconnect}>
        Try now
      </button>
    </Notice>
  );
}

export function Notices({ live }: { live: Live }) {
  const feed = live.overview?.status.feed;
  const connected = live.link.state === "live";
  return (
    <div role="status" className="notices">
      <Lost live={live} />
      {connected && feed?.state === "stale" && (
        <Notice tone="warn">
          <b>The feed is interrupted</b>: {feed.reason || "the schema service does not answer"}.
          This is revision {feed.revision}; modules keep serving, changes will follow.
        </Notice>
      )}
      {connected && feed?.state === "empty" && (
        <Notice tone="warn">
          <b>Waiting for the schema service</b>: {feed.reason || "no snapshot has arrived yet"}.
          Check that <code>millrace-schema</code> runs and that <code>console.schema</code> names
          its address.
        </Notice>
      )}
    </div>
  );
}
