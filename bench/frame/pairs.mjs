// One row: each side in turn, again and again (A B A B), so that whatever else the machine does
// meets both; then medians and their ratio.
import { Others, wait_for_quiet } from './machine.mjs';
import { our_seconds } from './processes.mjs';

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function medians(runs) {
  const figures = {};
  for (const name of Object.keys(runs[0])) {
    const values = runs.map((run) => run[name]).filter((value) => typeof value === 'number');
    if (values.length === runs.length) figures[name] = median(values);
  }
  return figures;
}

// One measurement: the load's own figures, the servers' CPU per operation, and how busy the rest was.
async function measure(side, seconds) {
  const servers = side.measured ?? [];
  const before = servers.map((each) => each.cpu());
  const others = new Others(our_seconds);
  const figures = await side.measure(seconds);
  const used = servers.reduce((sum, each, i) => sum + each.cpu() - before[i], 0);
  const others_percent = others.end();
  if (servers.length && figures.operations) figures.cpu_us = (used / figures.operations) * 1e6;
  return { ...figures, others_percent };
}

// `row.compare` says what is compared, and whether "more" or "less" of it is better; the first side is ours.
export async function run_row(row, context) {
  const sides = {};
  for (const name of Object.keys(row.sides)) sides[name] = [];
  const quiet = await wait_for_quiet(our_seconds, context.wait);
  const live = {};
  try {
    for (const [name, start] of Object.entries(row.sides)) {
      live[name] = await start(context);
      if (live[name].warm_up !== false) await live[name].measure(Math.min(1, context.seconds));
    }
    for (let round = 0; round < context.rounds; ++round) {
      for (const name of Object.keys(live)) {
        context.say(`${row.name}: ${name}, round ${round + 1} of ${context.rounds}`);
        sides[name].push(await measure(live[name], context.seconds));
      }
    }
  } finally {
    for (const side of Object.values(live).reverse()) await side.stop();
  }
  return result_of(row, sides, quiet, context);
}

function result_of(row, sides, quiet, options) {
  const figures = Object.fromEntries(Object.entries(sides).map(([name, runs]) => [name, medians(runs)]));
  const { name, what, aim } = row;
  return {
    name, what, aim,
    realtime: options.realtime,
    others_percent_before: quiet,
    others_percent_max: Math.max(...Object.values(sides).flat().map((run) => run.others_percent)),
    ratios: Object.entries(row.compare).map(([figure, better]) => ratio_of(figures, figure, better)),
    figures, runs: sides,
  };
}

// Against the best of the peers.
function ratio_of(figures, figure, better) {
  const [ours, ...peers] = Object.keys(figures);
  const values = peers.map((name) => figures[name][figure]);
  const best = better === 'less' ? Math.min(...values) : Math.max(...values);
  return { figure, better, peer: peers[values.indexOf(best)], ratio: figures[ours][figure] / best };
}
