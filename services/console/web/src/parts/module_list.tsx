// Modules, each opening to its verbs.
import { memo, useState } from "react";
import {
  Button,
  Disclosure,
  DisclosurePanel,
  Heading,
  Input,
  SearchField,
} from "react-aria-components";
import { href } from "../routes";
import { count } from "../words";
import type { Module } from "../wire/types";
import { ModuleState } from "./state";
import { VerbItem } from "./verb";

const OPEN_MODULES_MAX = 8; // a short list needs no opening
const SHOWN_MODULES_MAX = 100;

export function Verbs({ module }: { module: Module }) {
  if (module.verbs.length === 0) return <p className="dim">No verbs: types for others to use.</p>;
  return (
    <ul className="verbs">
      {module.verbs.map((verb) => (
        <VerbItem key={verb.name} verb={verb} />
      ))}
    </ul>
  );
}

export function Endpoints({ module }: { module: Module }) {
  if (module.state === "declared") return null;
  return (
    <span className="endpoints">
      {module.endpointsHealthy}/{module.endpointsWanted}
      <span className="word"> {module.endpointsWanted === 1 ? "endpoint" : "endpoints"}</span>
    </span>
  );
}

const ModuleItem = memo(function ModuleItem({ module, open }: { module: Module; open: boolean }) {
  return (
    <Disclosure className="module" defaultExpanded={open}>
      <div className="module-head">
        <Heading level={3}>
          <Button slot="trigger" className="module-name">
            <svg className="chevron" viewBox="0 0 10 10" aria-hidden="true">
              <path d="M3 1.5 7 5 3 8.5" />
            </svg>
            {module.name}
          </Button>
        </Heading>
        <ModuleState module={module} />
        <Endpoints module={module} />
        {module.changeset && (
          <a className="chip" href={href("changesets")} aria-label={`${module.name} is changing`}>
            changing
          </a>
        )}
        <span className="dim verbs-count">{count(module.verbs.length, "verb")}</span>
        <a
          className="more"
          href={href("modules", module.name)}
          aria-label={`All about ${module.name}`}
        >
          Details
        </a>
      </div>
      {module.comment && <p className="comment module-comment">{module.comment}</p>}
      <DisclosurePanel>
        <Verbs module={module} />
      </DisclosurePanel>
    </Disclosure>
  );
});

function matches(module: Module, words: string): boolean {
  const text = [
    module.name,
    ...module.verbs.flatMap((verb) => [verb.name, ...verb.routes.map((route) => route.path)]),
  ].join(" ");
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
}

export const ModuleList = memo(function ModuleList({ modules }: { modules: Module[] }) {
  const [words, setWords] = useState("");
  const found = modules.filter((module) => matches(module, words));
  const shown = found.slice(0, SHOWN_MODULES_MAX);
  const open = modules.length <= OPEN_MODULES_MAX;
  return (
    <>
      {modules.length > 3 && (
        <SearchField
          className="filter"
          value={words}
          onChange={setWords}
          aria-label="Filter modules"
        >
          <Input placeholder="Filter by module, verb or path" />
          <Button className="clear" aria-label="Clear the filter">
            ✕
          </Button>
        </SearchField>
      )}
      <div className="modules">
        {shown.map((module) => (
          <ModuleItem key={module.name} module={module} open={open} />
        ))}
      </div>
      {found.length === 0 && <p className="empty">No module, verb or path matches “{words}”.</p>}
      {found.length > shown.length && (
        <p className="dim">{found.length - shown.length} more: narrow the filter.</p>
      )}
    </>
  );
});
