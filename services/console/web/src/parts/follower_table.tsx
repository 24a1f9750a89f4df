import { ago } from "../words";
import { num, type Follower, type Status } from "../wire/types";
import { State, type Tone } from "./state";

function stateOf(follower: Follower): { tone: Tone; word: string } {
  if (follower.diverged) return { tone: "bad", word: "diverged" };
  if (!follower.live) return { tone: "bad", word: "gone" };
  return num(follower.lag) === 0 ? { tone: "ok", word: "live" } : { tone: "warn", word: "behind" };
}

export function FollowerTable({ status }: { status: Status }) {
  return (
    <>
      {status.followersError && <p className="trouble">Not up to date: {status.followersError}</p>}
      {status.followers.length === 0 ? (
        <p className="empty">
          Nobody follows the feed. Start routing and ingress, or <code>millrace serve</code> for all
          of them.
        </p>
      ) : (
        <table className="followers">
          <thead>
            <tr>
              <th scope="col">Follower</th>
              <th scope="col" className="number">
                Revision
              </th>
              <th scope="col" className="number">
                Lag
              </th>
              <th scope="col">State</th>
              <th scope="col" className="seen">
                Seen
              </th>
            </tr>
          </thead>
          <tbody>
            {status.followers.map((follower) => (
              <tr key={`${follower.kind} ${follower.instance}`}>
                <th scope="row">
                  {follower.kind} <span className="dim instance">{follower.instance}</span>
                </th>
                <td className="number">{follower.revision}</td>
                <td className="number">{follower.lag}</td>
                <td>
                  <State {...stateOf(follower)} />
                </td>
                <td className="seen dim">{ago(num(follower.seenMsAgo))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
