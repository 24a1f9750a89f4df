import { href } from "../routes";
import { ago, useNow } from "../words";
import { serverMs, useLive } from "../wire/live";
import { num, type Changeset } from "../wire/types";
import { Phases } from "./state";

function Names({ changeset }: { changeset: Changeset }) {
  return (
    <>
      {changeset.modules.map((name) => (
        <a key={name} href={href("modules", name)} className="chip">
          {name}
        </a>
      ))}
      {changeset.removedModules.map((name) => (
        <span key={name} className="chip removed">
          <span className="unseen">removes </span>
          <s>{name}</s>
        </span>
      ))}
    </>
  );
}

// The system when the changeset came to its present phase.
function AsItWas({ changeset: { key, phaseRevision } }: { changeset: Changeset }) {
  return (
    <a href={href("overview", "", phaseRevision)} aria-label={`The system after ${key}`}>
      r{phaseRevision}
    </a>
  );
}

export function ChangesetList({ changesets }: { changesets: Changeset[] }) {
  const now = serverMs(useLive(), useNow());
  return (
    <ul className="changesets">
      {changesets.map((changeset) => (
        <li key={changeset.key}>
          <div className="changeset-head">
            <code>{changeset.key}</code>
            <Names changeset={changeset} />
            <span className="dim when">
              {changeset.author && `${changeset.author}, `}
              {ago(now - num(changeset.createdMs))}, <AsItWas changeset={changeset} />
            </span>
          </div>
          {changeset.reason && <p className="comment">{changeset.reason}</p>}
          <Phases changeset={changeset} />
          {changeset.failure && <p className="trouble">{changeset.failure}</p>}
          {changeset.active && changeset.hold && changeset.phase === "prepared" && (
            <p className="dim">
              On hold: <code>millrace changeset commit {changeset.key}</code>
            </p>
          )}
          {changeset.active && changeset.canaryPercent > 0 && (
            <p className="dim">Takes {changeset.canaryPercent} % of the traffic once prepared.</p>
          )}
        </li>
      ))}
    </ul>
  );
}
