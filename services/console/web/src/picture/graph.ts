// Who calls whom, and in which layers that is drawn. Pure.
import type { Module } from "../wire/types";

export const INGRESS = "·ingress"; // no module can be called this

export type Graph = Map<string, Set<string>>; // from each caller to those that it calls

export function callGraph(modules: Module[]): Graph {
  const known = new Set(modules.map((module) => module.name));
  const routed = new Set<string>();
  const graph: Graph = new Map([[INGRESS, routed]]);
  for (const module of modules) {
    const called = new Set<string>();
    for (const verb of module.verbs) {
      if (verb.routes.length > 0) routed.add(module.name);
      for (const call of verb.calls) {
        const [target = ""] = call.split(".");
        if (target !== module.name && known.has(target)) called.add(target);
      }
    }
    graph.set(module.name, called);
  }
  return graph;
}

// The length of the longest chain of callers before each node. Circles cannot be deployed; the
// bound on rounds keeps a wrong answer from becoming an endless one.
function depths(graph: Graph): Map<string, number> {
  const depth = new Map<string, number>();
  for (const id of graph.keys()) depth.set(id, id === INGRESS ? 0 : 1);
  for (let round = 0; round < graph.size; round += 1) {
    let moved = false;
    for (const [from, targets] of graph) {
      for (const to of targets) {
        const wanted = (depth.get(from) ?? 0) + 1;
        if ((depth.get(to) ?? 0) < wanted && wanted < graph.size) {
          depth.set(to, wanted);
          moved = true;
        }
      }
    }
    if (!moved) break;
  }
  return depth;
}

// A node of the drawing: a box, or a place where a long line passes a layer.
export interface Spot {
  id: string;
  box: boolean;
}

export interface Drawing {
  layers: Spot[][];
  chains: { from: string; to: string; through: string[] }[]; // each line's spots, with both ends
}

// Layers in order. A line that passes a layer gets a spot in it, so that it runs beside the boxes.
export function drawing(graph: Graph): Drawing {
  const depth = depths(graph);
  const layers: Spot[][] = [];
  for (const [id, at] of depth) (layers[at] ??= []).push({ id, box: true });
  const chains: Drawing["chains"] = [];
  for (const [from, targets] of graph) {
    for (const to of targets) {
      const through = [from];
      for (let at = (depth.get(from) ?? 0) + 1; at < (depth.get(to) ?? 0); at += 1) {
        const id = `${from} ${to} ${at}`;
        (layers[at] ??= []).push({ id, box: false });
        through.push(id);
      }
      through.push(to);
      chains.push({ from, to, through });
    }
  }
  const filled = layers.filter((layer) => layer !== undefined);
  order(filled, chains);
  return { layers: filled, chains };
}

const SWEEPS = 4;

// Puts each spot near the middle of its neighbours, forth and back a few times: lines cross less.
function order(layers: Spot[][], chains: Drawing["chains"]): void {
  const before = new Map<string, string[]>();
  const after = new Map<string, string[]>();
  const add = (map: Map<string, string[]>, key: string, value: string) =>
    map.set(key, [...(map.get(key) ?? []), value]);
  for (const { through } of chains) {
    for (let i = 1; i < through.length; i += 1) {
      const [a = "", b = ""] = [through[i - 1], through[i]];
      add(after, a, b);
      add(before, b, a);
    }
  }
  const rank = new Map<string, number>();
  const note = (layer: Spot[]) =>
    layer.forEach(({ id }, index) => rank.set(id, (index + 1) / (layer.length + 1)));
  for (const layer of layers) {
    layer.sort((a, b) => a.id.localeCompare(b.id));
    note(layer);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forth = sweep % 2 === 0;
    for (const layer of forth ? layers : [...layers].reverse()) {
      const near = forth ? before : after;
      const weight = ({ id }: Spot) => {
        const ranks = (near.get(id) ?? []).map((other) => rank.get(other) ?? 0.5);
        if (ranks.length === 0) return rank.get(id) ?? 0.5;
        return ranks.reduce((sum, value) => sum + value, 0) / ranks.length;
      };
      const weights = new Map(layer.map((spot) => [spot.id, weight(spot)]));
      layer.sort((a, b) => (weights.get(a.id) ?? 0) - (weights.get(b.id) ?? 0));
      note(layer);
    }
  }
}
