import { href } from "../routes";
import type { Verb } from "../wire/types";

// A type as the schema writes it; names of types stand out from its brackets.
function TypeText({ text }: { text: string }) {
  const pieces = text.split(/([A-Za-z_][A-Za-z0-9_.]*)/);
  return (
    <>
      {pieces.map((piece, index) =>
        index % 2 === 1 ? (
          <span key={index} className="type">
            {piece}
          </span>
        ) : (
          piece
        ),
      )}
    </>
  );
}

function VerbLink({ to }: { to: string }) {
  const [module = ""] = to.split(".");
  return <a href={href("modules", module)}>{to}</a>;
}

function Notes({ verb }: { verb: Verb }) {
  const { calls, cron, subscribes, publishes } = verb;
  if (calls.length === 0 && !cron && !subscribes && publishes.length === 0) return null;
  return (
    <ul className="notes">
      {calls.length > 0 && (
        <li>
          calls{" "}
          {calls.map((call, index) => (
            <span key={call}>
              {index > 0 && ", "}
              <VerbLink to={call} />
            </span>
          ))}
        </li>
      )}
      {subscribes && <li>on each event of {subscribes}</li>}
      {publishes.length > 0 && <li>publishes {publishes.join(", ")}</li>}
      {cron && (
        <li>
          runs at <code>{cron}</code>
        </li>
      )}
    </ul>
  );
}

export function VerbItem({ verb }: { verb: Verb }) {
  return (
    <li className="verb">
      <div className="signature">
        <code>
          {verb.visibility === "" && <span className="private">internal </span>}
          <b>{verb.name}</b>(<TypeText text={verb.request} />){verb.response !== "" && " "}
          <TypeText text={verb.response} />
        </code>
        {verb.routes.map(({ method, path }) => (
          <span key={`${method} ${path}`} className="route">
            <b className={`method ${method.toLowerCase()}`}>{method}</b> {path}
          </span>
        ))}
      </div>
      {verb.comment && <p className="comment">{verb.comment}</p>}
      <Notes verb={verb} />
    </li>
  );
}
