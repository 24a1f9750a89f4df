import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { href, hrefAt, pages, type PageId } from "../routes";
import { useTheme, type Theme } from "../theme";
import { useNow } from "../words";
import type { Live } from "../wire/live";
import { Mark } from "./mark";

const themes: { id: Theme; label: string; sign: string }[] = [
  { id: "auto", label: "Colours as the system has them", sign: "◐" },
  { id: "light", label: "Light colours", sign: "☀" },
  { id: "dark", label: "Dark colours", sign: "☾" },
];

function ThemeSwitch() {
  const [theme, setTheme] = useTheme();
  return (
    <ToggleButtonGroup
      aria-label="Colours"
      className="theme"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[theme]}
      onSelectionChange={(keys) => {
        const [first] = keys;
        if (first !== undefined) setTheme(first as Theme);
      }}
    >
      {themes.map(({ id, label, sign }) => (
        <ToggleButton key={id} id={id} aria-label={label} className="theme-choice">
          <span aria-hidden="true">{sign}</span>
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}

// The head revision, and whether what is shown is live.
function Head({ live }: { live: Live }) {
  const now = useNow();
  const feed = live.overview?.status.feed;
  const { link } = live;
  let state = "wait";
  let word = "connecting";
  if (link.state === "lost") {
    state = "bad";
    word = `lost, trying again in ${Math.max(0, Math.ceil((link.retryAtMs - now) / 1000))} s`;
  } else if (feed) {
    state = feed.state === "live" ? "ok" : feed.state === "stale" ? "warn" : "wait";
    word = feed.state === "empty" ? "waiting for the feed" : feed.state;
  }
  return (
    <div className="head">
      {feed && (
        <a
          className="revision"
          href={hrefAt(feed.revision)}
          title={`Keep to this revision, and go back from it. Incarnation ${feed.incarnation}`}
        >
          <span className="unseen">revision </span>
          <span aria-hidden="true">r</span>
          <b key={feed.revision} className="tick">
            {feed.revision}
          </b>
        </a>
      )}
      <span className={`link ${state}`}>
        <i className={`dot ${state}`} aria-hidden="true" />
        {word}
      </span>
    </div>
  );
}

export function Header({ page, live }: { page: PageId | undefined; live: Live }) {
  return (
    <header>
      <a className="brand" href={href("overview")}>
        <Mark />
        <span>Millrace</span>
      </a>
      <nav aria-label="Pages">
        <ul>
          {pages.map(({ id, title }) => (
            <li key={id}>
              <a href={href(id)} aria-current={id === page ? "page" : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <Head live={live} />
      <ThemeSwitch />
    </header>
  );
}
