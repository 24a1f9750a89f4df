// Puts each fault of faults.mjs into a copy of the sources, builds the drivers' tests and runs them: each fault must
// turn the test red that is named for it. `./dev test --planted [WORDS]` runs those whose names have these words (each may be a
// regular expression);
// `--check` only says whether each still has its place in the sources. Takes a minute or so for each. A fault may name the
// program that could see it (`in`), so that no others are built and run for it; `[PROGRAM]` is among the words then.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { who_may } from './access_faults.mjs';
import { on_etcd, on_sqlite } from './faults.mjs';
import { over_http } from './http_faults.mjs';
import { on_mysql } from './mysql_faults.mjs';
import { of_secrets } from './secrets_faults.mjs';
import { of_settings } from './settings_faults.mjs';
import { behind_tls } from './tls_faults.mjs';

const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
// A run beside another needs a place of its own.
const copy = resolve(root, process.env.PLANTED_IN ?? 'build/planted', 'source');
// Where a checkout has its own, so that the compiler's cache knows what was built there.
const build = join(copy, 'build/dev');
// As ctest tells the tests: what is frozen of the settings' names.
const manifests = join(root, 'tests/settings/manifest');
const environment = { ...process.env, CCACHE_BASEDIR: copy, CCACHE_NOHASHDIR: '1', MILLRACE_MANIFESTS: manifests };
const tests_ms_max = 240_000;

const groups = [
  { name: 'sqlite', faults: on_sqlite, tests: [['journal_contract', 'journal sqlite *,journal sqlite-packed *'], ['test_journal']] },
  {
    name: 'etcd',
    faults: on_etcd,
    tests: [['test_journal_etcd'], ['journal_contract', 'journal etcd *'], ['test_etcd_alone'], ['test_etcd_cluster']],
  },
  {
    name: 'mysql',
    faults: on_mysql,
    tests: [['test_journal_mysql'], ['test_mysql_shared'], ['journal_contract', 'journal mysql *'], ['test_mysql_own']],
  },
  {
    name: 'http',
    faults: over_http,
    tests: [['test_httpkit_server'], ['test_workspace'], ['test_workspace_wire'], ['test_journal_mysql']],
  },
  { name: 'tls', faults: behind_tls, tests: [['test_tls'], ['test_tls_doors']] },
  {
    name: 'access',
    faults: who_may,
    tests: [
      ['test_access'], ['test_access_gate'], ['test_all_settings'], ['test_cli', 'the token that *,the audit takes *'],
      ['test_journal_etcd'], ['test_journal_mysql'], ['test_routing_service'], ['test_schema_state'], ['test_schema_server'],
      ['test_schema_cluster', 'a write that one *'], ['test_timeline_server'], ['test_timeline_service'], ['test_tls'],
      ['test_workspace_wire'],
      ['test_e2e', 'with auth *,a JSON Web Token *,run goes on *,over TLS *,a service does not listen *'],
    ],
  },
  {
    name: 'secrets',
    faults: of_secrets,
    tests: [
      ['test_seal'], ['test_console_state'], ['test_schema_state'], ['test_schema_server'],
      ['test_schema_cluster', 'G4: *,G10: *'], ['test_timeline_publisher'], ['test_e2e', 'G10: a *'],
    ],
  },
  {
    name: 'settings',
    faults: of_settings,
    tests: [
      ['test_settings'], ['test_all_settings'], ['test_schema_state'], ['test_schema_server'],
      ['test_schema_cluster', 'G4: *,G6: *'], ['test_e2e', 'config is *,a deploy that takes *'],
    ],
  },
];

function place(fault, at = root) {
  const text = readFileSync(join(at, fault.file), 'utf8');
  const parts = text.split(fault.find);
  if (parts.length !== 2)
    throw new Error(`${fault.file}: '${fault.name}' has ${parts.length - 1} places for: ${fault.find}`);
  return parts.join(fault.put);
}

// As git has them, with what is not committed yet.
function copy_sources() {
  mkdirSync(copy, { recursive: true });
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  execFileSync('tar', ['--null', '--ignore-failed-read', '-T', '-', '-cf', join(copy, '../sources.tar')], { cwd: root, input: files });
  rmSync(copy, { recursive: true });
  mkdirSync(copy);
  execFileSync('tar', ['-xf', join(copy, '../sources.tar'), '-C', copy]);
}

function run(words, cwd) {
  const done = spawnSync(words[0], words.slice(1), { cwd, env: environment, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.status !== 0) throw new Error(`${words.join(' ')}\n${(done.stdout + done.stderr).slice(-3000)}`);
}

function build_tests(names) {
  run(['ninja', '-j2', '-C', build, ...names], root);
}

const entities = { '&quot;': '"', '&apos;': "'", '&lt;': '<', '&gt;': '>', '&amp;': '&' };

// The titles that failed; a program that died or was stopped counts with what it ran last.
function red(test) {
  const [program, filter] = test;
  const report = join(build, 'report.xml');
  rmSync(report, { force: true });
  const words = [...(filter ? [filter] : []), '--reporter', 'junit', '--out', report, '--abortx', '40'];
  const done = spawnSync(join(build, 'bin', program), words, { cwd: build, env: environment, stdio: 'ignore', timeout: tests_ms_max, killSignal: 'SIGKILL' });
  if (done.status === 0) return [];
  const xml = existsSync(report) ? readFileSync(report, 'utf8') : '';
  const titles = [...xml.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"[^>]*>\s*<(?:failure|error)/g)]
    .map((each) => (each[2] === 'root' ? each[1] : each[2]).replace(/&\w+;/g, (entity) => entities[entity] ?? entity));
  const unique = [...new Set(titles.map((each) => each.split('/')[0]))];
  return unique.length ? unique : [`${program} ${done.signal ? `stopped by ${done.signal}` : `exit ${done.status}`}`];
}

function try_fault(fault, tests) {
  const file = join(copy, fault.file);
  const whole = readFileSync(file, 'utf8');
  writeFileSync(file, place(fault, copy));
  try {
    build_tests(tests.map((each) => each[0]));
    const found = fault.by ? tests.flatMap((test) => red(only(test, fault.by))) : [];
    return found.length ? found : tests.flatMap(red);
  } finally {
    writeFileSync(file, whole);
  }
}

// The tests of a program whose titles have these words.
function only([program, filter = '*'], words) {
  // Where the filter is a list of beginnings, and it is one of them.
  if (filter.split(',').some((each) => each !== '*' && words.startsWith(each.replace('*', '')))) return [program, `${words}*`];
  return [program, filter.replaceAll('*', `*${words}*`)];
}

function title(group, fault) {
  return `${group}: ${fault.name}${fault.in ? ` [${fault.in}]` : ''}`;
}

function may_see(fault, test) {
  return !fault.in || fault.in === test[0];
}

// A fault that does not compile is missed like one that no test sees.
function attempt(fault, tests) {
  try {
    return try_fault(fault, tests);
  } catch (error) {
    console.log(error.message);
    return [];
  }
}

function main(words) {
  const all = groups.flatMap((group) => group.faults);
  for (const fault of all) place(fault);
  if (words[0] === '--check') return console.log(`${all.length} faults have their places`);
  copy_sources();
  run(['cmake', '--preset', 'dev', '-B', build], copy);
  let missed = 0;
  for (const { name, faults, tests } of groups) {
    const wanted = faults.filter((fault) => words.every((word) => new RegExp(word).test(title(name, fault))));
    if (!wanted.length) continue;
    const looking = tests.filter((test) => wanted.some((fault) => may_see(fault, test)));
    build_tests(looking.map((each) => each[0]));
    const before = looking.flatMap(red);
    if (before.length) console.log(`without a fault these are red: ${before.join(' | ')}`);
    for (const fault of wanted) {
      const found = attempt(fault, tests.filter((test) => may_see(fault, test)));
      const seen = fault.by ? found.some((each) => each.includes(fault.by)) : found.length > 0;
      missed += seen ? 0 : 1;
      console.log(`${seen ? 'seen  ' : 'MISSED'} ${fault.name}: ${found.join(' | ') || 'all stayed green'}`);
    }
  }
  console.log(missed ? `${missed} were missed` : 'all were seen');
  process.exitCode = missed ? 1 : 0;
}

main(process.argv.slice(2));
