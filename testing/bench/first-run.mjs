/**
 * `npm run first-run`: what a newcomer waits for, measured: a fresh clone of the last commit,
 * `npm start`, and the seconds until each line they look for, with npm's cache as it is and with an
 * empty one.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endFamilies } from '../process-tree.mjs';
import { print, ROOT } from '../steps.mjs';

const { values } = parseArgs({
  options: {
    cache: { type: 'string', default: 'both' },
    print: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  print(`npm run first-run -- [--cache warm|empty|both] [--print]

Clones the last commit into a temporary folder, runs npm start there, and measures install, build, first boot and first undone flow, and the
megabytes they leave behind. --print: every line with its second, as a newcomer sees it.`);
  process.exit(0);
}
const LONGEST_MS = 300_000;
const PHASES = [
  ['packages installed', /Installing packages: \d+ done/],
  ['built', /Built in/],
  ['ready', /Backstep is ready/],
  ['first flow completed', /COMPLETED +every step is done/],
  ['first flow undone', /UNDONE +nothing is left behind/],
];

/** What is removed while it is counted does not count. */
function megabytes(path) {
  if (!existsSync(path)) return 0;
  const { stdout } = spawnSync('du', ['-sm', path], { encoding: 'utf8' });
  return Number(stdout.split('\t')[0]);
}

/** Runs npm start until the last phase; answers the second of each. */
async function start(clone, environment) {
  const env = { ...process.env, PORT: '4850', ...environment };
  const began = performance.now();
  const child = spawn('npm', ['start'], {
    cwd: clone,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seconds = new Map();
  let most = 0;
  const disk = setInterval(() => {
    most = Math.max(most, megabytes(clone));
  }, 1_000);
  await new Promise((done) => {
    const late = setTimeout(done, LONGEST_MS);
    const onOutput = (chunk) => {
      const second = ((performance.now() - began) / 1000).toFixed(1);
      for (const line of String(chunk).split('\n').filter(Boolean)) {
        if (values.print) print(`${second.padStart(6)}  ${line}`);
        for (const [name, pattern] of PHASES) if (pattern.test(line)) seconds.set(name, second);
      }
      if (!seconds.has(PHASES.at(-1)[0])) return;
      clearTimeout(late);
      done();
    };
    child.stdout.on('data', onOutput);
    child.stderr.on('data', onOutput);
    child.on('close', done);
  });
  clearInterval(disk);
  await endFamilies([child.pid]);
  return { seconds, most };
}

async function measure(cache) {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-first-run-'));
  chmodSync(folder, 0o755);
  const clone = join(folder, 'backstep');
  try {
    execFileSync('git', ['clone', '--quiet', ROOT, clone]);
    const environment = cache === 'empty' ? { npm_config_cache: join(folder, 'npm') } : {};
    const { seconds, most } = await start(clone, environment);
    print(
      `\n${cache} cache, npm on Node ${execFileSync('npm', ['version', '--json'], { encoding: 'utf8' }).match(/"node": "([^"]+)"/)?.[1]}`,
    );
    for (const [name] of PHASES) print(`  ${name.padEnd(22)} ${seconds.get(name) ?? '–'} s`);
    const kept = megabytes(join(clone, 'node_modules')) + megabytes(join(clone, '.cache'));
    print(`  packages kept          ${kept} MB (the whole clone at most ${most} MB meanwhile)`);
    return seconds.has(PHASES.at(-1)[0]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let good = true;
for (const cache of values.cache === 'both' ? ['warm', 'empty'] : [values.cache])
  good = (await measure(cache)) && good;
process.exitCode = good ? 0 : 1;
