import { readFileSync, readdirSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

// The bundle carries code and fonts of others, and their licences ask to be handed on with it.
function licences(packages: string[]): Plugin {
  return {
    name: "licences",
    generateBundle() {
      const parts = packages.map((name) => {
        const folder = `node_modules/${name}`;
        const { version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
        const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
        const text = file ? readFileSync(`${folder}/${file}`, "utf8") : "See the package.";
        return `${name} ${version}\n\n${text.trim()}\n`;
      });
      const source = parts.join(`\n${"-".repeat(80)}\n\n`);
      this.emitFile({ type: "asset", fileName: "licences.txt", source });
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [
    licences([
      "react",
      "react-dom",
      "scheduler",
      "react-aria-components",
      "react-aria",
      "react-stately",
      "@internationalized/date",
      "@internationalized/number",
      "@internationalized/string",
      "@swc/helpers",
      "clsx",
      "use-sync-external-store",
      "@fontsource-variable/inter",
      "@fontsource-variable/jetbrains-mono",
    ]),
  ],
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // data: addresses would need a wider content security policy
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // `npm run dev` with the real backend behind it: start `millrace serve` first.
  server: { proxy: { "/api": "http://127.0.0.1:8895" } },
  preview: { proxy: { "/api": "http://127.0.0.1:8895" } },
});
