import { ChangesetList } from "../parts/changeset_list";
import { Panel } from "../parts/panel";
import type { Overview } from "../wire/types";

export function ChangesetsPage({ overview }: { overview: Overview }) {
  const active = overview.changesets.filter((changeset) => changeset.active);
  const ended = overview.changesets.filter((changeset) => !changeset.active);
  return (
    <>
      <Panel title="In flight">
        {active.length === 0 ? (
          <p className="empty">
            None. <code>millrace deploy FILE</code> starts one, <code>--hold</code> keeps it from
            being committed by itself.
          </p>
        ) : (
          <ChangesetList changesets={active} />
        )}
      </Panel>
      {ended.length > 0 && (
        <Panel title="Ended">
          <ChangesetList changesets={ended} />
        </Panel>
      )}
    </>
  );
}
