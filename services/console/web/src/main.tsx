import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/lists.css";
import "./styles/pages.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { Mishap } from "./parts/mishap";
import { start } from "./wire/live";

const root = document.getElementById("root");
if (root) {
  start();
  createRoot(root).render(
    <Mishap>
      <App />
    </Mishap>,
  );
}
