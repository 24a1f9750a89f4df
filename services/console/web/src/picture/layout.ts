// Where the boxes and lines of the system picture go. Pure: modules and a width in, places out.
// Callers stand before those whom they call: in columns from the left, or, on a narrow screen, in
// rows from the top.
import type { Module } from "../wire/types";
import { callGraph, drawing, type Drawing, type Spot } from "./graph";

export const BOX = { width: 134, height: 46 };
const COLUMN_GAP = { min: 40, max: 170 };
const ROW_GAP = 14;
const LAYER_GAP = 40; // between rows of callers and called, narrow layout
const PASS = 10; // what a line takes that passes a layer
const EDGE = 3; // room for the focus ring

export interface Box {
  id: string;
  x: number;
  y: number;
}

export interface Line {
  from: string;
  to: string;
  path: string;
}

export interface Layout {
  width: number;
  height: number;
  boxes: Box[];
  lines: Line[];
}

// Boxes and passing lines alike, as rectangles.
interface Place extends Box {
  width: number;
  height: number;
  box: boolean;
}

function lengthOf(layer: Spot[], box: number): number {
  return layer.reduce((sum, spot) => sum + (spot.box ? box : PASS) + ROW_GAP, -ROW_GAP);
}

function inColumns(layers: Spot[][], width: number): Place[] {
  const room = (width - 2 * EDGE - layers.length * BOX.width) / Math.max(1, layers.length - 1);
  const gap = Math.min(COLUMN_GAP.max, room);
  const used = layers.length * BOX.width + (layers.length - 1) * gap;
  const height = Math.max(...layers.map((layer) => lengthOf(layer, BOX.height)));
  return layers.flatMap((layer, column) => {
    let y = EDGE + (height - lengthOf(layer, BOX.height)) / 2;
    const x = (width - used) / 2 + column * (BOX.width + gap);
    return layer.map(({ id, box }) => {
      const place = { id, box, x, y, width: BOX.width, height: box ? BOX.height : PASS };
      y += place.height + ROW_GAP;
      return place;
    });
  });
}

// Too many for one row: they go on in the next, and the lines that pass them are left out.
function split(layer: Spot[], width: number): Spot[][] {
  if (lengthOf(layer, BOX.width) <= width) return [layer];
  const boxes = layer.filter((spot) => spot.box);
  const perRow = Math.max(1, Math.floor((width + ROW_GAP) / (BOX.width + ROW_GAP)));
  const rows: Spot[][] = [];
  for (let start = 0; start < boxes.length; start += perRow) {
    rows.push(boxes.slice(start, start + perRow));
  }
  return rows;
}

function inRows(layers: Spot[][], width: number): Place[] {
  let y = EDGE;
  return layers.flatMap((layer) => {
    const places = split(layer, width - 2 * EDGE).flatMap((row) => {
      let x = (width - lengthOf(row, BOX.width)) / 2;
      const top = y;
      y += BOX.height + ROW_GAP;
      return row.map(({ id, box }) => {
        const place = { id, box, x, y: top, width: box ? BOX.width : PASS, height: BOX.height };
        x += place.width + ROW_GAP;
        return place;
      });
    });
    y += LAYER_GAP - ROW_GAP;
    return places;
  });
}

// One smooth line through its places; at a passing place it goes straight through.
function pathThrough(places: Place[], columns: boolean): string {
  let path = "";
  for (let i = 1; i < places.length; i += 1) {
    const [a, b] = [places[i - 1], places[i]];
    if (!a || !b) continue;
    const tip = b.box ? 5 : 0;
    const [x1, y1, x2, y2] = columns
      ? [a.x + a.width, a.y + a.height / 2, b.x - tip, b.y + b.height / 2]
      : [a.x + a.width / 2, a.y + a.height, b.x + b.width / 2, b.y - tip];
    const [dx, dy] = columns ? [(x2 - x1) / 2, 0] : [0, (y2 - y1) / 2];
    path += i === 1 ? `M${x1} ${y1}` : `L${x1} ${y1}`;
    path += `C${x1 + dx} ${y1 + dy} ${x2 - dx} ${y2 - dy} ${x2} ${y2}`;
  }
  return path;
}

function linesOf(chains: Drawing["chains"], places: Place[], columns: boolean): Line[] {
  const byId = new Map(places.map((place) => [place.id, place]));
  return chains.map(({ from, to, through }) => {
    const known = through.flatMap((id) => byId.get(id) ?? []);
    return { from, to, path: pathThrough(known, columns) };
  });
}

export function layout(modules: Module[], width: number): Layout {
  const { layers, chains } = drawing(callGraph(modules));
  const needed = layers.length * (BOX.width + COLUMN_GAP.min) - COLUMN_GAP.min + 2 * EDGE;
  const columns = width >= needed;
  const places = columns ? inColumns(layers, width) : inRows(layers, width);
  const height = Math.max(...places.map((place) => place.y + place.height)) + EDGE;
  const boxes = places.filter((place) => place.box);
  return { width, height, boxes, lines: linesOf(chains, places, columns) };
}
