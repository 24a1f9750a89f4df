// Light, dark, or as the system is; remembered in this browser where it lets us.
import { useEffect, useState } from "react";

export type Theme = "auto" | "light" | "dark";
const KEY = "millrace.theme";

function remembered(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "auto";
  } catch {
    return "auto"; // storage is forbidden here: nothing to remember
  }
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(remembered);
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Not remembered, still applied.
    }
  }, [theme]);
  return [theme, setTheme];
}
