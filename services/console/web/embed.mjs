// embed.mjs DIST OUT.cpp: writes the built page as C++, each file as it is and, where that is
// smaller, gzipped. The same files give the same bytes.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};
const LITERAL_BYTES_MAX = 8192;

function files(folder) {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? files(path) : [path]));
}

function octet(value) {
  if (value === 0x22 || value === 0x5c || value === 0x3f) return `\\${String.fromCharCode(value)}`;
  if (value >= 0x20 && value < 0x7f) return String.fromCharCode(value);
  return `\\${value.toString(8).padStart(3, "0")}`;
}

function literal(bytes) {
  const lines = [];
  for (let start = 0; start < bytes.length; start += LITERAL_BYTES_MAX) {
    const part = bytes.subarray(start, start + LITERAL_BYTES_MAX);
    lines.push(`    "${Array.from(part, octet).join("")}"`);
  }
  return `std::string_view(\n${lines.join("\n") || '    ""'},\n    ${bytes.length})`;
}

function entry(dist, path) {
  const type = types[extname(path)];
  if (!type) throw new Error(`${path}: no content type is known for this kind of file`);
  const name = `/${relative(dist, path)}`;
  const plain = readFileSync(path);
  const zipped = gzipSync(plain, { level: 9 });
  const gzip = zipped.length < plain.length * 0.95 ? zipped : Buffer.alloc(0);
  const tag = createHash("sha256").update(plain).digest("hex").slice(0, 32);
  const hashed = name.startsWith("/assets/");
  return `  {"${name}", "${type}", "${tag}", ${hashed},\n   ${literal(plain)},\n   ${literal(gzip)}},\n`;
}

const [dist, out] = process.argv.slice(2);
const entries = files(dist).map((path) => entry(dist, path));
writeFileSync(
  out,
  `// Made by embed.mjs from the built page.
#include "services/console/assets.hpp"

namespace millrace::console {
namespace {
const Asset embedded[] = {
${entries.join("")}};
}  // namespace

std::span<const Asset> assets() { return embedded; }

}  // namespace millrace::console
`,
);
