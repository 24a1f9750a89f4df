// How busy the machine is, with us and without us, and what it is. Read from /proc; used by the
// frame alone.
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const ticks_per_second = Number(execFileSync('getconf', ['CLK_TCK']));

// Processor time of a process and of its children that ended, in seconds; 0 once it is gone.
export function cpu_seconds(pid, with_children = true) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
    const [user, system, child_user, child_system] = fields.slice(11, 15);
    const ended = with_children ? child_user + child_system : 0;
    return (user + system + ended) / ticks_per_second;
  } catch {
    return 0;
  }
}

// All processors together, since boot, in seconds.
function whole() {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1, 9).map(Number);
  const all = fields.reduce((sum, each) => sum + each, 0);
  return { all: all / ticks_per_second, busy: (all - fields[3] - fields[4]) / ticks_per_second };
}

// What the rest of the machine did between start() and end(), in percent of all processors.
export class Others {
  constructor(ours) {
    this.ours = ours; // () => seconds that the benchmark itself used so far
    this.start();
  }
  start() {
    this.begun = { ...whole(), ours: this.ours() };
  }
  end() {
    const now = whole();
    const all = Math.max(now.all - this.begun.all, 1e-9);
    const busy = now.busy - this.begun.busy - (this.ours() - this.begun.ours);
    return Math.round((100 * Math.max(busy, 0)) / all);
  }
}

// Waits until the others leave the machine alone, for at most so long; how busy they were last.
export async function wait_for_quiet(ours, seconds_max, percent_max = 10) {
  const end = Date.now() + seconds_max * 1000;
  for (;;) {
    const others = new Others(ours);
    await sleep(1000);
    const busy = others.end();
    if (busy <= percent_max || Date.now() >= end) return busy;
  }
}

export function describe_machine() {
  return {
    processors: cpus().length,
    model: cpus()[0]?.model ?? 'unknown',
    memory_bytes: totalmem(),
    kernel: release(),
  };
}
