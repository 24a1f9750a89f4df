import { FollowerTable } from "../parts/follower_table";
import { Panel } from "../parts/panel";
import { ReplicaTable } from "../parts/replica_table";
import type { Overview } from "../wire/types";

export function FollowersPage({ overview }: { overview: Overview }) {
  const { feed } = overview.status;
  return (
    <>
      <Panel
        title="Schema service"
        aside={<code className="break">{overview.status.storage}</code>}
      >
        <ReplicaTable status={overview.status} />
      </Panel>
      <Panel
        title={`Head: revision ${feed.head}`}
        aside={<code className="break">{feed.incarnation}</code>}
      >
        <FollowerTable status={overview.status} />
      </Panel>
    </>
  );
}
