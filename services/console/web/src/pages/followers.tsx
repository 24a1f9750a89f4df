import { FollowerTable } from "../parts/follower_table";
import { Panel } from "../parts/panel";
import type { Overview } from "../wire/types";

export function FollowersPage({ overview }: { overview: Overview }) {
  const { feed } = overview.status;
  return (
    <Panel
      title={`Head: revision ${feed.head}`}
      aside={<code className="break">{feed.incarnation}</code>}
    >
      <FollowerTable status={overview.status} />
    </Panel>
  );
}
