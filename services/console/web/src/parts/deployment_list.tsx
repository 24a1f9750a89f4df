import { href } from "../routes";
import type { Deployment, Endpoint } from "../wire/types";
import { DeploymentPhase, State } from "./state";

function EndpointRow({ endpoint }: { endpoint: Endpoint }) {
  return (
    <li>
      <State
        tone={endpoint.healthy ? "ok" : "bad"}
        word={endpoint.healthy ? "live" : "unhealthy"}
      />
      <code>{endpoint.address}</code>
      <span className="dim">
        {endpoint.leased ? endpoint.instance : "fixed address"}, since r
        {endpoint.registeredRevision}
      </span>
    </li>
  );
}

const SHOWN_MAX = 200;

export function DeploymentList({ deployments }: { deployments: Deployment[] }) {
  if (deployments.length === 0) {
    return (
      <p className="empty">
        No deployments. <code>millrace deploy FILE --endpoint MODULE=URL</code> makes one.
      </p>
    );
  }
  const shown = deployments.slice(0, SHOWN_MAX);
  return (
    <ul className="deployments">
      {shown.map((deployment) => {
        const healthy = deployment.endpoints.filter((endpoint) => endpoint.healthy).length;
        return (
          <li key={deployment.key}>
            <div className="deployment-head">
              <a href={href("modules", deployment.module)}>{deployment.module}</a>
              <DeploymentPhase phase={deployment.phase} />
              <code className="break">{deployment.key}</code>
              <span className="dim">
                build {deployment.build}, r{deployment.createdRevision}, {healthy} of{" "}
                {deployment.replicas} live
              </span>
            </div>
            {deployment.endpoints.length > 0 && (
              <ul className="endpoint-list" aria-label={`Endpoints of ${deployment.key}`}>
                {deployment.endpoints.map((endpoint) => (
                  <EndpointRow key={endpoint.id} endpoint={endpoint} />
                ))}
              </ul>
            )}
          </li>
        );
      })}
      {deployments.length > shown.length && (
        <li className="dim">
          {deployments.length - shown.length} more: see each module, or <code>millrace ps</code>
        </li>
      )}
    </ul>
  );
}
