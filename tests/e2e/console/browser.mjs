// Opens the page in a headless Chromium and watches over it: whatever the page logs as an error,
// and every request that leaves its own origin, is kept to be asserted on.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const flags =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run " +
  "--disable-background-networking --disable-component-update --disable-sync";

export async function launch() {
  if (!existsSync(executablePath)) {
    throw new Error(`${executablePath} is missing: apt-get install chromium, or set CHROMIUM`);
  }
  return chromium.launch({ executablePath, args: flags.split(" ") });
}

export async function open(
  browser,
  url,
  { path = "", width = 1280, height = 900, ...options } = {},
) {
  const context = await browser.newContext({ viewport: { width, height }, ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  const origin = new URL(url).origin;
  const strangers = [];
  context.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) strangers.push(request.url());
  });
  await page.goto(url + path);
  return { page, faults, strangers, close: () => context.close() };
}

// Text whose contrast against what lies behind it is too low (WCAG 2.2, 1.4.3). Runs in the page.
export function weakText() {
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, under) => ({
    r: top.r * top.a + under.r * (1 - top.a),
    g: top.g * top.a + under.g * (1 - top.a),
    b: top.b * top.a + under.b * (1 - top.a),
    a: 1,
  });
  const luminance = ({ r, g, b }) => {
    const linear = [r, g, b].map((c) => {
      const s = c / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const box =
        at.closest("svg") && at.tagName === "text" ? at.parentElement.querySelector("rect") : null;
      const style = getComputedStyle(box ?? at);
      const color = parse(box ? style.fill : style.backgroundColor);
      layers.push(color);
      if (color.a === 1) break;
    }
    return layers.reduceRight((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
  };
  const weak = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes]
      .filter((n) => n.nodeType === 3 && n.data.trim())
      .map((n) => n.data.trim());
    const rect = element.getBoundingClientRect();
    if (text.length === 0 || rect.width <= 1 || rect.bottom < 0) continue;
    const style = getComputedStyle(element);
    if (style.visibility === "hidden") continue;
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ground = behind(element);
    const ink = over(parse(element.closest("svg") ? style.fill : style.color), ground);
    const [light, dark] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < (large ? 3 : 4.5))
      weak.push(`${ratio.toFixed(2)} "${text.join(" ").slice(0, 40)}"`);
  }
  return weak;
}

// What sticks out of the window, unless it can be scrolled to. Runs in the page.
export function stickingOut() {
  const width = document.documentElement.clientWidth;
  const out =
    document.documentElement.scrollWidth > width
      ? [`page: ${document.documentElement.scrollWidth}`]
      : [];
  for (const element of document.querySelectorAll("main *, header *, footer *")) {
    const rect = element.getBoundingClientRect();
    const scrolled = element.closest("pre");
    if (rect.width > 1 && rect.right > width + 1 && !scrolled) {
      out.push(
        `${element.tagName} ${element.className?.baseVal ?? element.className}: ${rect.right}`,
      );
    }
  }
  return out;
}
