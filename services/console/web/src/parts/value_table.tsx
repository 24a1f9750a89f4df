// What a module's config stands at, and its secrets by version and fingerprint: never a value.
import type { ConfigEntry, Int64, SecretEntry } from "../wire/types";
import { num } from "../wire/types";

function Since({ revision, author, timeMs }: { revision: Int64; author: string; timeMs: Int64 }) {
  return (
    <td className="dim" title={new Date(num(timeMs)).toISOString()}>
      r{revision} by {author}
    </td>
  );
}

const forAll = <span className="dim"> for all modules</span>;

export function ConfigTable({ configs }: { configs: ConfigEntry[] }) {
  return (
    <table className="values">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Value</th>
          <th scope="col">Set</th>
        </tr>
      </thead>
      <tbody>
        {configs.map((config) => (
          <tr key={config.name}>
            <th scope="row">
              {config.name} <span className="dim">{config.type}</span>
            </th>
            {config.json === undefined ? (
              <td className="dim" colSpan={2}>
                not set
              </td>
            ) : (
              <>
                <td>
                  <code className="break">{config.json}</code>
                  {config.fromGlobal && forAll}
                </td>
                <Since {...config} />
              </>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function SecretTable({ secrets }: { secrets: SecretEntry[] }) {
  return (
    <table className="values">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Fingerprint</th>
          <th scope="col">Version</th>
        </tr>
      </thead>
      <tbody>
        {secrets.map((secret) => (
          <tr key={secret.name}>
            <th scope="row">
              {secret.name} <span className="dim">{secret.type}</span>
            </th>
            {!secret.set ? (
              <td className="dim" colSpan={2}>
                not set
              </td>
            ) : (
              <>
                <td>
                  <code>{secret.fingerprint}</code>
                  {secret.fromGlobal && forAll}
                </td>
                <Since revision={secret.version} author={secret.author} timeMs={secret.timeMs} />
              </>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
