/** The Docker files, as far as they can be checked without Docker. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/config.js';
import { SETTINGS } from '../../src/config/settings.js';

interface Service {
  readonly build?: {
    readonly context: string;
    readonly dockerfile?: string;
    readonly dockerfile_inline?: string;
  };
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly mem_limit?: string;
  readonly restart?: string;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}
const compose = parse(readFileSync('docker/compose.yaml', 'utf8'), { merge: true }) as Compose;
const dockerfile = readFileSync('docker/Dockerfile', 'utf8');
const services = Object.entries(compose.services);
const GATEWAYS = ['gateway-1', 'gateway-2'];

test('two gateways, what they need, a worker and what watches them come up together', () => {
  expect(Object.keys(compose.services)).toEqual(
    expect.arrayContaining([...GATEWAYS, 'entrance', 'migrations', 'kafka', 'postgres', 'worker']),
  );
  expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(['prometheus', 'grafana']));
  for (const [name, { build, image, mem_limit }] of services) {
    expect([name, build === undefined && image === undefined]).toEqual([name, false]);
    expect([name, typeof mem_limit]).toEqual([name, 'string']);
  }
});

test('what a service waits for exists and has a health check, or ends', () => {
  const has = (name: string, one?: Service): boolean =>
    one?.healthcheck !== undefined || (GATEWAYS.includes(name) && /HEALTHCHECK/.test(dockerfile));
  for (const [name, { depends_on = {} }] of services)
    for (const [other, { condition }] of Object.entries(depends_on)) {
      const found = compose.services[other];
      if (condition === 'service_healthy')
        expect([name, other, has(other, found)]).toEqual([name, other, true]);
      else
        expect([name, other, condition, found?.restart]).toEqual([
          ...[name, other, 'service_completed_successfully', 'no'],
        ]);
    }
});

test('every folder, file and volume it names is there', () => {
  for (const [, { build, volumes = [] }] of services) {
    if (build?.dockerfile !== undefined)
      expect(existsSync(join('docker', build.context, build.dockerfile))).toBe(true);
    for (const [, file = ''] of (build?.dockerfile_inline ?? '').matchAll(/^COPY (\S+)/gm))
      expect([file, existsSync(join('docker', build?.context ?? '', file))]).toEqual([file, true]);
    for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
      const found = source.startsWith('.')
        ? existsSync(join('docker', source))
        : source in compose.volumes;
      expect([source, found]).toEqual([source, true]);
    }
  }
});

test.each(GATEWAYS)('%s is given settings that are settings, and starts with them', (name) => {
  const names = Object.values(SETTINGS).map((one) => one.name);
  const inImage = Object.fromEntries(
    [...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').matchAll(/(\w+)=(\S+)/g)].map((match) => [
      match[1],
      match[2],
    ]),
  );
  const { DATABASE_URL_FILE, ...rest } = compose.services[name]?.environment ?? {};
  const given: Record<string, string> = { ...inImage, ...rest };
  expect(Object.keys(given).filter((one) => !names.includes(one))).toEqual([]);
  expect(DATABASE_URL_FILE).toBe('/run/backstep/database-url');
  const url = 'postgresql://postgres:secret@postgres:5432/orchestrator_db';
  expect(readConfig({ ...given, DATABASE_URL: url })).toMatchObject({
    host: '0.0.0.0',
    auth: 'none',
    demoOn: false,
    production: true,
    migrations: 'wait',
  });
});

test('without authentication it can be reached from this machine alone', () => {
  for (const [name, { ports = [] }] of services)
    for (const port of ports)
      expect([name, port]).toEqual([name, expect.stringMatching(/^127\.0\.0\.1:/)]);
});

test('no password is written in it', () => {
  const text = readFileSync('docker/compose.yaml', 'utf8');
  expect(text.match(/\w*(?:PASSWORD|SECRET)\w*: +(?!\/run\/)\S+/g) ?? []).toEqual([]);
  expect(text.match(/:\/\/\w+:(?!%s@)[^@\s/]+@/g) ?? []).toEqual([]);
});

test('the entrance and Prometheus know both gateways, and nothing else', () => {
  const entrance = readFileSync('docker/haproxy/haproxy.cfg', 'utf8');
  const servers = [...entrance.matchAll(/^ {2}server \S+ (\S+)$/gm)].map(([, to]) => to);
  const scraped = (
    parse(readFileSync('docker/prometheus/prometheus.yaml', 'utf8')) as {
      readonly scrape_configs: readonly {
        readonly static_configs: readonly { readonly targets: readonly string[] }[];
      }[];
    }
  ).scrape_configs.flatMap((one) => one.static_configs.flatMap(({ targets }) => targets));
  const both = GATEWAYS.map((name) => `${name}:4000`);
  expect([servers, scraped]).toEqual([[...both, ...both], both]);
  // With AUTH=none a gateway answers only to names it has been given.
  for (const name of GATEWAYS)
    expect(compose.services[name]?.environment?.ALLOWED_HOSTS?.split(',')).toEqual(
      expect.arrayContaining([...GATEWAYS, 'entrance']),
    );
});

test('the image runs built output as an ordinary user on the Node of the project', () => {
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  expect(last).toMatch(/^\nFROM node:24/);
  expect(last).toContain('USER node');
  // What it runs is root's: an ordinary user cannot change it.
  expect(last).not.toContain('--chown');
  expect(last).toContain('NOTICES.txt');
  expect(last).toContain('/livez');
  expect(last).not.toMatch(/\/app\/(src|testing)\b/);
  expect(JSON.parse(/^CMD (\[.*\])$/m.exec(last)?.[1] ?? '[]')).toContain('dist/bundle/main.js');
});

test.each(GATEWAYS)('%s runs on a file system it cannot write to, without any right', (name) => {
  expect(compose.services[name]).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
  });
});
