// Where a page lives: `#/<page>/<name>`, and with `?at=REVISION` behind it the page as it was then.
// Behind '#', so that the server has one page to serve and a proxy may mount it anywhere. A new page
// is one line here and one in app.tsx.
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
  at: string; // the revision that is shown; empty: now
}

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?");
  const at = new URLSearchParams(query).get("at") ?? "";
  const [first = "", ...rest] = path.split("/");
  if (first === "") return { page: "overview", name: "", at };
  const page = pages.find((candidate) => candidate.id === first)?.id;
  try {
    return { page, name: decodeURIComponent(rest.join("/")), at };
  } catch {
    return { page: undefined, name: "", at };
  }
}

// Who looks at the past stays there, unless `at` says otherwise.
export function href(page: PageId, name = "", at = parse(window.location.hash).at): string {
  const where = page === "overview" ? "#/" : `#/${page}`;
  const what = name === "" ? "" : `/${encodeURIComponent(name)}`;
  return where + what + (at === "" ? "" : `?at=${encodeURIComponent(at)}`);
}

// The same page at another time.
export function hrefAt(at: string): string {
  const { page, name } = parse(window.location.hash);
  return href(page ?? "overview", name, at);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function useHash(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash);
}
