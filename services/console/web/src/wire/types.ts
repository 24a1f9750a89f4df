// The answers of the console's backend, as protos/v2alpha1/console.proto describes them. 64-bit
// integers arrive as strings; `num` reads one where a rounded digit past 2^53 does no harm.

export type Int64 = string;

export interface Feed {
  state: "empty" | "live" | "stale";
  reason: string;
  incarnation: string;
  revision: Int64;
  head: Int64;
  commitTimeMs: Int64;
}

export interface Follower {
  kind: string;
  instance: string;
  revision: Int64;
  lag: Int64;
  seenMsAgo: Int64;
  live: boolean;
  diverged: boolean;
}

export interface Replica {
  id: string;
  address: string;
  sinceMs: Int64; // 0: it does not tell
  writer: boolean;
  asked: boolean;
  revision: Int64;
  lag: Int64;
  state: "ready" | "not-ready" | "unknown";
  reasons: string[];
  endpoints: number;
  followers: number;
}

export interface Status {
  version: string;
  serverTimeMs: Int64;
  feed: Feed;
  followers: Follower[];
  followersError: string;
  timelineError: string;
  storage: string;
  replicas: Replica[];
}

export interface Route {
  method: string;
  path: string;
}

export interface Verb {
  name: string;
  visibility: string;
  request: string;
  response: string;
  comment: string;
  routes: Route[];
  calls: string[];
  cron: string;
  subscribes: string;
  publishes: string[];
}

export type ModuleState = "serving" | "no-endpoint" | "preparing" | "declared";

export interface Module {
  name: string;
  realm: string;
  comment: string;
  deployment: string;
  build: string;
  state: ModuleState;
  endpointsHealthy: number;
  endpointsWanted: number;
  verbs: Verb[];
  imports: string[];
  createdRevision: Int64;
  changeset: string;
  declarations: { kind: string; count: number }[];
}

export interface Endpoint {
  id: string;
  address: string;
  instance: string;
  leased: boolean;
  healthy: boolean;
  registeredRevision: Int64;
}

export interface Deployment {
  key: string;
  module: string;
  build: string;
  phase: "preparing" | "canonical" | "draining" | "retired" | "failed";
  changeset: string;
  replicas: number;
  createdRevision: Int64;
  endpoints: Endpoint[];
}

export type ChangesetPhase =
  "preparing" | "prepared" | "committed" | "drained" | "finalized" | "rolling-back" | "failed";

export interface Changeset {
  key: string;
  phase: ChangesetPhase;
  active: boolean;
  modules: string[];
  removedModules: string[];
  author: string;
  reason: string;
  failure: string;
  hold: boolean;
  canaryPercent: number;
  deadlineMs: Int64;
  createdMs: Int64;
  createdRevision: Int64;
  phaseRevision: Int64;
}

// The commit that made the system what is shown.
export interface Past {
  revision: Int64;
  timeMs: Int64;
  author: string;
  reason: string;
  changes: string[];
}

export interface Overview {
  status: Status;
  modules: Module[];
  deployments: Deployment[];
  changesets: Changeset[];
  past?: Past; // only where the past was asked for
}

export interface ConfigEntry {
  name: string;
  type: string;
  json?: string;
  fromGlobal: boolean;
  revision: Int64;
  author: string;
  timeMs: Int64;
}

export interface SecretEntry {
  name: string;
  type: string;
  set: boolean;
  fromGlobal: boolean;
  version: Int64;
  fingerprint: string;
  keyId: string;
  author: string;
  timeMs: Int64;
}

export interface ModuleDetail {
  module: Module;
  schema: string;
  configs: ConfigEntry[];
  secrets: SecretEntry[];
}

export interface ActivityEvent {
  id: Int64;
  timeMs: Int64;
  type: "call" | "ingress" | "changeset" | "deployment" | "log";
  requestId: string;
  subject: string;
  caller: string;
  method: string;
  path: string;
  outcome: "ok" | "error" | "warning" | "";
  status: string;
  message: string;
  durationUs: Int64;
  module: string;
  endpoint: string;
}

export interface Activity {
  events: ActivityEvent[];
  replace: boolean;
  dropped: Int64;
}

export const num = (value: Int64): number => Number(value);
