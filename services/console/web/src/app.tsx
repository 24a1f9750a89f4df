// The frame around every page: header, navigation, what is wrong now, and the page itself.
import { useEffect, useRef, type ReactNode } from "react";
import { Header } from "./parts/header";
import { Notices } from "./parts/notices";
import { PastBar } from "./parts/past_bar";
import { ActivityPage } from "./pages/activity";
import { ChangesetsPage } from "./pages/changesets";
import { DeploymentsPage } from "./pages/deployments";
import { FollowersPage } from "./pages/followers";
import { ModulePage } from "./pages/module";
import { ModulesPage } from "./pages/modules";
import { OverviewPage } from "./pages/overview";
import { href, pages, parse, useHash, type Route } from "./routes";
import { useAsk } from "./wire/fetch";
import { useLive, type Live } from "./wire/live";
import type { Overview } from "./wire/types";

function page(route: Route, overview: Overview, live: Live): ReactNode {
  switch (route.page) {
    case "overview":
      return <OverviewPage overview={overview} live={live} />;
    case "modules":
      return route.name === "" ? (
        <ModulesPage overview={overview} />
      ) : (
        <ModulePage key={route.name} name={route.name} overview={overview} live={live} />
      );
    case "deployments":
      return <DeploymentsPage overview={overview} />;
    case "changesets":
      return <ChangesetsPage overview={overview} />;
    case "activity":
      return <ActivityPage overview={overview} live={live} />;
    case "followers":
      return <FollowersPage overview={overview} />;
    case undefined:
      return (
        <p className="empty">
          There is no such page. <a href={href("overview")}>To the overview</a>
        </p>
      );
  }
}

// The page as it was: from an answer of its own, while the live one goes on behind it. Calls and
// followers are of now only.
function AtRevision({ route, live }: { route: Route; live: Live }) {
  const asked = useAsk<Overview>(`api/overview?at=${encodeURIComponent(route.at)}`, "");
  const overview = asked.state === "answered" ? asked.value : undefined;
  const nowOnly = route.page === "activity" || route.page === "followers";
  return (
    <>
      <PastBar
        at={route.at}
        past={overview?.past}
        why={asked.state === "failed" ? asked.why : ""}
      />
      {nowOnly && (
        <p className="empty">
          Calls and followers are shown as they are now only.{" "}
          <a href={href(route.page ?? "overview", "", "")}>Show them now</a>
        </p>
      )}
      {!nowOnly && asked.state === "waiting" && <Waiting />}
      {!nowOnly && overview && page(route, overview, { ...live, overview, activity: [] })}
    </>
  );
}

function titleOf(route: Route): string {
  if (route.page === undefined) return "No such page";
  return route.name || (pages.find((entry) => entry.id === route.page)?.title ?? "");
}

// After a change of page the keyboard and the screen reader go on at its heading.
function useHeadingFocus(hash: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [hash]);
  return heading;
}

export function App() {
  const hash = useHash();
  const live = useLive();
  const route = parse(hash);
  const heading = useHeadingFocus(hash);
  const title = titleOf(route);
  useEffect(() => {
    const at = route.at === "" ? "" : ` at revision ${route.at}`;
    document.title = `${title}${at} · Millrace`;
  }, [title, route.at]);
  const skip = () => heading.current?.focus();
  return (
    <>
      <button type="button" className="skip" onClick={skip}>
        Skip to the page
      </button>
      <Header page={route.page} live={live} />
      <main className={live.link.state === "lost" ? "old" : ""}>
        <h1 ref={heading} tabIndex={-1} className={route.page === "overview" ? "unseen" : ""}>
          {title}
        </h1>
        <Notices live={live} />
        {route.at !== "" ? (
          <AtRevision route={route} live={live} />
        ) : live.overview ? (
          page(route, live.overview, live)
        ) : (
          <Waiting />
        )}
      </main>
      <footer>
        <span>Millrace {live.overview?.status.version}</span>
        <span className="break">{live.overview?.status.storage}</span>
        <a href="licences.txt">Licences</a>
      </footer>
    </>
  );
}

function Waiting() {
  return (
    <div className="waiting" aria-hidden="true">
      <span className="skeleton" />
      <span className="skeleton" />
      <span className="skeleton" />
    </div>
  );
}
