// One-off questions to the backend, with the server's own words when it refuses.
import { useEffect, useState } from "react";

export type Asked<T> =
  { state: "waiting" } | { state: "answered"; value: T } | { state: "failed"; why: string };

async function ask<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(path, { signal, headers: { accept: "application/json" } });
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => ({}))) as { detail?: string };
  throw new Error(problem.detail ?? `the console answered ${response.status}`);
}

// Asks again whenever `version` changes, and keeps the old answer until the new one is there.
export function useAsk<T>(path: string, version: string): Asked<T> {
  const [asked, setAsked] = useState<{ path: string; answer: Asked<T> }>();
  useEffect(() => {
    const abort = new AbortController();
    ask<T>(path, abort.signal).then(
      (value) => setAsked({ path, answer: { state: "answered", value } }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const why = error instanceof Error ? error.message : String(error);
        setAsked({ path, answer: { state: "failed", why } });
      },
    );
    return () => abort.abort();
  }, [path, version]);
  return asked?.path === path ? asked.answer : { state: "waiting" };
}
