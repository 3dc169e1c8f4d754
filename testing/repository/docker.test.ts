/** The Docker files, as far as they can be checked without Docker. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/config.js';
import { SETTINGS } from '../../src/config/settings.js';

interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
}
const compose = parse(readFileSync('docker/compose.yaml', 'utf8')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const dockerfile = readFileSync('docker/Dockerfile', 'utf8');
const services = Object.entries(compose.services);

test('gateway, Kafka, PostgreSQL and a worker come up together', () => {
  expect(Object.keys(compose.services)).toEqual(
    expect.arrayContaining(['gateway', 'kafka', 'postgres', 'worker']),
  );
  for (const [name, { build, image }] of services)
    expect([name, build === undefined]).toEqual([name, image !== undefined]);
});

test('what a service waits for exists and has a health check', () => {
  for (const [name, { depends_on = {} }] of services) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      expect([name, other, condition]).toEqual([name, other, 'service_healthy']);
      const healthy =
        compose.services[other]?.healthcheck !== undefined ||
        (other === 'gateway' && dockerfile.includes('HEALTHCHECK'));
      expect([other, healthy]).toEqual([other, true]);
    }
  }
});

test('every folder and volume it names is there', () => {
  for (const [, { build, volumes = [] }] of services) {
    if (build !== undefined)
      expect(existsSync(join('docker', build.context, build.dockerfile))).toBe(true);
    for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
      expect([
        source,
        source.startsWith('.') ? existsSync(join('docker', source)) : source in compose.volumes,
      ]).toEqual([source, true]);
    }
  }
});

test('the gateway is given settings that are settings, and starts with them', () => {
  const names = Object.values(SETTINGS).map(({ name }) => name);
  const inImage = Object.fromEntries(
    [...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').matchAll(/(\w+)=(\S+)/g)].map((match) => [
      match[1],
      match[2],
    ]),
  );
  const given: Record<string, string> = { ...inImage, ...compose.services.gateway?.environment };
  expect(Object.keys(given).filter((name) => !names.includes(name))).toEqual([]);
  expect(readConfig(given)).toMatchObject({
    host: '0.0.0.0',
    auth: 'none',
    demoOn: false,
    production: true,
  });
});

test('without authentication it can be reached from this machine alone', () => {
  for (const [name, { ports = [] }] of services)
    for (const port of ports)
      expect([name, port]).toEqual([name, expect.stringMatching(/^127\.0\.0\.1:/)]);
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
  expect(JSON.parse(/^CMD (\[.*\])$/m.exec(last)?.[1] ?? '[]')).toContain('dist/main.js');
});

test('the gateway runs on a file system it cannot write to, without any right of root', () => {
  expect(compose.services.gateway).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
  });
});
