import { DeploymentList } from "../parts/deployment_list";
import { Panel } from "../parts/panel";
import { Welcome } from "../parts/welcome";
import type { Overview } from "../wire/types";

export function DeploymentsPage({ overview }: { overview: Overview }) {
  const { deployments } = overview;
  if (deployments.length === 0) return <Welcome />;
  const serving = deployments.filter((deployment) => deployment.phase === "canonical");
  const others = deployments.filter((deployment) => deployment.phase !== "canonical");
  return (
    <>
      <Panel title="Canonical">
        <DeploymentList deployments={serving} />
      </Panel>
      {others.length > 0 && (
        <Panel title="Coming and going">
          <DeploymentList deployments={others} />
        </Panel>
      )}
    </>
  );
}
