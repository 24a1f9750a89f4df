// The schema services on this journal: who they are, who decides, and whether they can.
import { ago, count } from "../words";
import { num, type Replica, type Status } from "../wire/types";
import { State, type Tone } from "./state";

const states: Record<Replica["state"], { tone: Tone; word: string }> = {
  ready: { tone: "ok", word: "ready" },
  "not-ready": { tone: "bad", word: "not ready" },
  unknown: { tone: "off", word: "not heard" },
};

function stateOf(replica: Replica, status: Status): { tone: Tone; word: string } {
  if (status.followersError) return states.unknown; // nobody has told lately
  const behind = replica.state === "ready" && num(replica.lag) > 0;
  return behind ? { tone: "warn", word: "behind" } : states[replica.state];
}

function since(replica: Replica, status: Status): string {
  if (num(replica.sinceMs) === 0) return "";
  return ago(num(status.serverTimeMs) - num(replica.sinceMs));
}

export function ReplicaTable({ status }: { status: Status }) {
  if (status.replicas.length === 0) return <p className="empty">No schema service has answered yet.</p>;
  return (
    <table className="followers">
      <thead>
        <tr>
          <th scope="col">Replica</th>
          <th scope="col" className="number">
            Revision
          </th>
          <th scope="col">Serves</th>
          <th scope="col">State</th>
          <th scope="col" className="seen">
            Started
          </th>
        </tr>
      </thead>
      <tbody>
        {status.replicas.map((replica) => (
          <tr key={replica.id}>
            <th scope="row">
              {replica.address}{" "}
              {replica.writer && <span className="dim instance">preferred writer</span>}
            </th>
            <td className="number">{replica.revision}</td>
            <td>
              {count(replica.followers, "follower")}, {count(replica.endpoints, "endpoint")}
            </td>
            <td>
              <State {...stateOf(replica, status)} />
              {replica.reasons.map((reason) => (
                <p className="trouble" key={reason}>
                  {reason}
                </p>
              ))}
            </td>
            <td className="seen dim">{since(replica, status)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
