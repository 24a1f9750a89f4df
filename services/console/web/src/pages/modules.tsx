import { ModuleList } from "../parts/module_list";
import { Panel } from "../parts/panel";
import { Welcome } from "../parts/welcome";
import { count } from "../words";
import type { Overview } from "../wire/types";

export function ModulesPage({ overview }: { overview: Overview }) {
  const { modules } = overview;
  if (modules.length === 0) return <Welcome />;
  const verbs = modules.reduce((sum, module) => sum + module.verbs.length, 0);
  return (
    <Panel title={`${count(modules.length, "module")}, ${count(verbs, "verb")}`}>
      <ModuleList modules={modules} />
    </Panel>
  );
}
