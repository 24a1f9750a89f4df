// Where a page lives: `#/<page>/<name>`. Behind '#', so that the server has one page to serve and a
// proxy may mount it anywhere. A new page is one line here and one in app.tsx.
import { useSyncExternalStore } from "react";

export const pages = [
  { id: "overview", title: "Overview" },
  { id: "modules", title: "Modules" },
  { id: "deployments", title: "Deployments" },
  { id: "changesets", title: "Changesets" },
  { id: "activity", title: "Activity" },
  { id: "followers", title: "Followers" },
] as const;

export type PageId = (typeof pages)[number]["id"];

export interface Route {
  page: PageId | undefined; // undefined: no such page
  name: string; // what on it; empty: the page itself
}

export function parse(hash: string): Route {
  const [first = "", ...rest] = hash.replace(/^#?\/?/, "").split("/");
  if (first === "") return { page: "overview", name: "" };
  const page = pages.find((candidate) => candidate.id === first)?.id;
  try {
    return { page, name: decodeURIComponent(rest.join("/")) };
  } catch {
    return { page: undefined, name: "" };
  }
}

export function href(page: PageId, name = ""): string {
  if (page === "overview") return "#/";
  return name === "" ? `#/${page}` : `#/${page}/${encodeURIComponent(name)}`;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function useHash(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash);
}
