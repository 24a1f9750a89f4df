// Which past revision is shown, who made it so and why; the ways to others, and back to now.
import { useState } from "react";
import { hrefAt } from "../routes";
import { ago, clock, useNow } from "../words";
import { serverMs, useLive } from "../wire/live";
import { num, type Past } from "../wire/types";

const CHANGES_MAX = 20; // lines; `millrace schema history` shows all

const DAY_MS = 86_400_000;

function Choose({ at }: { at: string }) {
  const [wanted, setWanted] = useState(at);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (/^[1-9][0-9]*$/.test(wanted)) window.location.hash = hrefAt(wanted);
      }}
    >
      <label>
        Revision{" "}
        <input
          inputMode="numeric"
          size={8}
          value={wanted}
          onChange={(event) => setWanted(event.target.value.trim())}
        />
      </label>{" "}
      <button type="submit">Show</button>
    </form>
  );
}

function Commit({ past }: { past: Past }) {
  const now = serverMs(useLive(), useNow());
  const when = num(past.timeMs);
  const day = now - when < DAY_MS ? "" : `${new Date(when).toLocaleDateString("en-GB")} `;
  return (
    <>
      {past.author && <>, by {past.author}</>},{" "}
      <time dateTime={new Date(when).toISOString()}>{day + clock(when)}</time>
      <span aria-hidden="true"> ({ago(now - when)})</span>
      {past.reason && <>: {past.reason}</>}
      {past.changes.length > 0 && (
        <details>
          <summary>What it changed</summary>
          <ul>
            {past.changes.slice(0, CHANGES_MAX).map((change, index) => (
              <li key={index}>{change}</li>
            ))}
            {past.changes.length > CHANGES_MAX && <li>…</li>}
          </ul>
        </details>
      )}
    </>
  );
}

export function PastBar({ at, past, why }: { at: string; past: Past | undefined; why: string }) {
  const head = useLive().overview?.status.feed.head;
  const revision = /^[1-9][0-9]{0,18}$/.test(at) ? BigInt(at) : 0n;
  const later = head !== undefined && revision > 0n && revision < BigInt(head);
  return (
    <section className="past" aria-label="The past">
      <div role="status">
        <b>As it was at revision {at}</b>
        {past && <Commit past={past} />}
        {why && <p className="trouble">Not shown: {why}</p>}
      </div>
      <div className="past-ways">
        {revision > 1n && <a href={hrefAt(String(revision - 1n))}>Earlier</a>}
        {later && <a href={hrefAt(String(revision + 1n))}>Later</a>}
        <Choose key={at} at={at} />
        <a href={hrefAt("")}>Back to now</a>
      </div>
    </section>
  );
}
