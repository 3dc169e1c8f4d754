/**
 * What a benchmark needs around it: a real Kafka, a real PostgreSQL with fsync on, and how much CPU
 * processes have used.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../kit/kafka.mjs';
import { ROOT } from '../steps.mjs';

const TICKS_PER_SECOND = 100;

/** Of a process and all below it: seconds of CPU, bytes of memory. */
export function usageOf(root) {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        // Its own time and that of children that ended: sessions of PostgreSQL come and go.
        const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
        return [{ pid: Number(pid), parent: Number(fields[1]), ticks, pages: Number(fields[21]) }];
      } catch {
        return [];
      }
    });
  const family = new Set([root]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { pid, parent } of processes) {
      if (!family.has(pid) && family.has(parent)) {
        family.add(pid);
        grew = true;
      }
    }
  }
  const mine = processes.filter(({ pid }) => family.has(pid));
  return {
    cpu: mine.reduce((sum, one) => sum + one.ticks, 0) / TICKS_PER_SECOND,
    memory: mine.reduce((sum, one) => sum + one.pages, 0) * 4096,
  };
}

export function postmasterBelow(folder) {
  for (const path of [join(folder, 'data', 'postmaster.pid'), join(folder, 'postmaster.pid')]) {
    try {
      return Number(readFileSync(path, 'utf8').split('\n')[0]);
    } catch {
      // The other place, then.
    }
  }
  throw new Error(`no PostgreSQL runs in ${folder}`);
}

/**
 * The built gateway on these services, in its own process; resolves with its address, and with that
 * of its inspector when the flags open one.
 */
export async function spawnGateway(
  { databaseUrl, brokers },
  { dist = join(ROOT, 'dist'), flags = [], env = {} } = {},
) {
  const all = ['--disable-warning=TimeoutNegativeWarning', ...flags, join(dist, 'main.js')];
  const child = spawn(process.execPath, all, {
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      KAFKA_BROKERS: brokers,
      DEMO: 'off',
      PORT: '0',
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'pretty',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [text, inspector] = ['', null];
  child.stderr.on('data', (chunk) => {
    inspector ??= /Debugger listening on (ws:\S+)/.exec(String(chunk))?.[1] ?? null;
    process.stderr.write(chunk);
  });
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const [, found] = /GraphQL\s+(http:\S+)\/graphql/.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () =>
      reject(new Error(`the gateway ended before it printed its address:\n${text}`)),
    );
  });
  return { child, url, inspector };
}

export async function openServices() {
  const { openEmbeddedPostgres } = await import('../../dist/embedded/postgres.js');
  const { silent } = await import('../../dist/observability/log.js');
  const folder = mkdtempSync(join(tmpdir(), 'backstep-bench-'));
  const kafkaFolder = mkdtempSync(join(tmpdir(), 'backstep-bench-kafka-'));
  const kafka = await startKafka({ folder: kafkaFolder });
  const postgres = await openEmbeddedPostgres({ folder, log: silent('embedded') });
  const postmaster = postmasterBelow(folder);
  return {
    brokers: kafka.brokers,
    databaseUrl: postgres.url,
    kafkaFolder,
    usage: () => ({ kafka: usageOf(kafka.pid), postgres: usageOf(postmaster) }),
    async close() {
      await postgres.close();
      await kafka.stop();
      for (const one of [folder, kafkaFolder]) rmSync(one, { recursive: true, force: true });
    },
  };
}
