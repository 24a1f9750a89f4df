// What happened, newest first.
import { href } from "../routes";
import { clock, duration } from "../words";
import { num, type ActivityEvent } from "../wire/types";
import type { Tone } from "./state";

const kinds: Record<ActivityEvent["type"], string> = {
  call: "call",
  ingress: "http",
  changeset: "change",
  deployment: "deploy",
  log: "log",
};
const tones: Record<ActivityEvent["outcome"], Tone> = {
  ok: "ok",
  error: "bad",
  warning: "warn",
  "": "off",
};

function Subject({ event }: { event: ActivityEvent }) {
  const name = event.module ? (
    <a href={href("modules", event.module)}>{event.subject}</a>
  ) : (
    event.subject
  );
  if (event.type === "ingress") {
    return (
      <>
        <b className={`method ${event.method.toLowerCase()}`}>{event.method}</b>{" "}
        <span className="path">{event.path}</span>
        {event.subject && <span className="dim"> → {name}</span>}
      </>
    );
  }
  return (
    <>
      {event.caller && <span className="dim">{event.caller} → </span>}
      {name}
      {event.type === "deployment" && event.endpoint && (
        <span className="dim"> {event.endpoint}</span>
      )}
    </>
  );
}

function Row({ event }: { event: ActivityEvent }) {
  const tone = tones[event.outcome];
  const us = num(event.durationUs);
  return (
    <tr className={`event ${tone}`}>
      <td className="time dim">
        <time dateTime={new Date(num(event.timeMs)).toISOString()}>{clock(num(event.timeMs))}</time>
      </td>
      <td className="kind dim">{kinds[event.type]}</td>
      <td className="subject">
        <Subject event={event} />
        {event.message && <div className="message">{event.message}</div>}
      </td>
      <td className="outcome">
        <span className={`state ${tone}`}>
          <i className={`dot ${tone}`} aria-hidden="true" />
          {event.status}
        </span>
      </td>
      <td className="number took">{duration(us)}</td>
    </tr>
  );
}

export function ActivityTable({ events }: { events: ActivityEvent[] }) {
  return (
    <table className="activity">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Kind</th>
          <th scope="col">What</th>
          <th scope="col">Status</th>
          <th scope="col" className="number">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <Row key={event.id} event={event} />
        ))}
      </tbody>
    </table>
  );
}

export function NoActivity() {
  return (
    <p className="empty">
      Nothing has happened yet. Call a verb: <code>millrace call MODULE.VERB '&#123;&#125;'</code>
    </p>
  );
}
