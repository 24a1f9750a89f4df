// States as a dot and a word: the colour alone never says it.
import type { Changeset, ChangesetPhase, Deployment, Module } from "../wire/types";

export type Tone = "ok" | "warn" | "bad" | "wait" | "off";

const moduleTones: Record<Module["state"], Tone> = {
  serving: "ok",
  "no-endpoint": "bad",
  preparing: "wait",
  declared: "off",
};
const moduleWords: Record<Module["state"], string> = {
  serving: "serving",
  "no-endpoint": "no endpoint",
  preparing: "preparing",
  declared: "nothing to serve",
};
const phaseTones: Record<Deployment["phase"], Tone> = {
  preparing: "wait",
  canonical: "ok",
  draining: "warn",
  retired: "off",
  failed: "bad",
};

export function toneOf(module: Module): Tone {
  const short = module.state === "serving" && module.endpointsHealthy < module.endpointsWanted;
  return short ? "warn" : moduleTones[module.state];
}

export function State({ tone, word }: { tone: Tone; word: string }) {
  return (
    <span className={`state ${tone}`}>
      <i className={`dot ${tone}`} aria-hidden="true" />
      {word}
    </span>
  );
}

export function ModuleState({ module }: { module: Module }) {
  return <State tone={toneOf(module)} word={moduleWords[module.state]} />;
}

export function DeploymentPhase({ phase }: { phase: Deployment["phase"] }) {
  return <State tone={phaseTones[phase]} word={phase} />;
}

const forward: ChangesetPhase[] = ["preparing", "prepared", "committed", "drained", "finalized"];
const backward: ChangesetPhase[] = ["preparing", "rolling-back", "failed"];

// How far a changeset has come, as steps.
export function Phases({ changeset }: { changeset: Changeset }) {
  const back = changeset.phase === "rolling-back" || changeset.phase === "failed";
  const steps = back ? backward : forward;
  const at = steps.indexOf(changeset.phase);
  return (
    <ol className={back ? "phases back" : "phases"} aria-label={`Phase: ${changeset.phase}`}>
      {steps.map((step, index) => (
        <li
          key={step}
          className={index < at ? "done" : index === at ? "here" : ""}
          aria-current={index === at ? "step" : undefined}
        >
          <span>{step}</span>
        </li>
      ))}
    </ol>
  );
}
