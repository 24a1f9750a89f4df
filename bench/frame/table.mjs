// The result as a table for people.
const columns = [
  ['per_second', '/s', 0], ['cpu_us', 'CPU us', 1], ['p50_us', 'p50 us', 0], ['p99_us', 'p99 us', 0], ['seconds', 's', 3],
  ['bytes_per_commit', 'B/commit', 0],
];

const number = (value, digits) =>
  value === undefined ? '' : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

export function table_of(result) {
  const shown = columns.filter(([key]) => Object.values(result.figures).some((each) => each[key] !== undefined));
  const lines = [['', ...shown.map(([, title]) => title)]];
  for (const [side, figures] of Object.entries(result.figures)) {
    lines.push([side, ...shown.map(([key, , digits]) => number(figures[key], digits))]);
  }
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const text = lines.map((line) => '  ' + line.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  '));
  const ratios = result.ratios.map(({ figure, better, peer, ratio }) =>
    `  ${figure} is ${ratio.toFixed(2)} times ${peer}'s (${better} is better)`);
  return [
    `${result.name}: ${result.what}`, ...text,
    ...ratios, `  aim: ${result.aim}`,
    `  the rest of the machine: ${result.others_percent_before} % busy before, at most ${result.others_percent_max} % meanwhile` +
      (result.realtime ? ', at a lower priority' : ''),
  ].join('\n');
}
