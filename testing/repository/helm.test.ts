/** The Helm chart, as far as it can be checked without helm (docs/deploying.md). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { SETTINGS } from '../../src/config/settings.js';
import { createMetrics } from '../../src/observability/metrics.js';

const CHART = 'docker/helm/backstep';
const read = (file: string): string => readFileSync(join(CHART, file), 'utf8');
const values = parse(read('values.yaml')) as Record<string, unknown>;
const schema = JSON.parse(read('values.schema.json')) as {
  readonly definitions: Readonly<Record<string, { readonly enum: readonly string[] }>>;
  readonly properties: Readonly<Record<string, unknown>>;
};
const templates = readdirSync(join(CHART, 'templates')).map((file) => ({
  file,
  text: read(join('templates', file)),
}));
const template = (file: string): string => read(join('templates', file));
const isValid = new Ajv({ strict: false, allErrors: true }).compile(schema);

test('its version is that of the gateway', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(parse(read('Chart.yaml'))).toMatchObject({ appVersion: version, version });
});

test('it takes every setting by name and refuses others; npm run docs writes the names', () => {
  const all = Object.values(SETTINGS);
  expect(schema.definitions.settings?.enum).toEqual(all.map(({ name }) => name));
  expect(schema.definitions.settingsFromSecrets?.enum).toEqual(
    all.filter(({ secret }) => secret).map(({ name }) => name),
  );
  expect([isValid(values), isValid.errors]).toEqual([true, null]);
  expect(isValid({ ...values, settings: { NO_SETTING: 'info' } })).toBe(false);
  expect(isValid({ ...values, replica: 1 })).toBe(false);
});

test('each value is in the schema, and each one that a template uses has a default', () => {
  expect(Object.keys(values).filter((name) => !(name in schema.properties))).toEqual([]);
  const known = new Set(Object.values(SETTINGS).map(({ name }) => `settings.${name}`));
  const hasDefault = (path: string): boolean => {
    // A setting that is not given has the default of the gateway.
    if (known.has(path)) return true;
    const parts = path.split('.');
    return parts.reduce<unknown>((at, name) => Object(at)[name], values) !== undefined;
  };
  const used = templates.flatMap(({ file, text }) =>
    [...text.matchAll(/\.Values\.([\w.]+)/g)].map(([, path = '']) => ({ file, path })),
  );
  expect(used.length).toBeGreaterThan(30);
  expect(used.filter(({ path }) => !hasDefault(path))).toEqual([]);
});

test('it scales by a metric that gateways have, and its probes are paths that they have', async () => {
  const [, metric = ''] = /metric: \{ name: (\w+) \}/.exec(template('hpa.yaml')) ?? [];
  const nothing = { checks: [], waiting: 0, unsent: 0, faults: 0, subscribers: 0, backlog: null };
  const figures = { ...nothing, lag: 7, connections: [], refused: new Map<string, number>() };
  expect(await createMetrics().text(figures)).toMatch(new RegExp(`^${metric} 7$`, 'm'));
  const paths = [...template('deployment.yaml').matchAll(/path: (\S+),/g)].map(([, path]) => path);
  const health = readFileSync('src/api/health.ts', 'utf8');
  expect(paths).toEqual(['/livez', '/livez', '/readyz']);
  for (const path of paths) expect(health).toContain(`app.get('${path}'`);
});

test('it waits longer than a gateway takes to stop', () => {
  const source = readFileSync('src/launch/signals.ts', 'utf8');
  const bound = Number(/STOP_ALL_MS = ([\d_]+)/.exec(source)?.[1]?.replaceAll('_', '')) / 1000;
  const { terminationGracePeriodSeconds, preStopSeconds } = values;
  expect(Number(terminationGracePeriodSeconds)).toBeGreaterThan(Number(preStopSeconds) + bound);
});

test('gateways and the job run as an ordinary user on a file system that they cannot write to', () => {
  expect(values.podSecurityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
  expect(values.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  for (const file of ['deployment.yaml', 'migrations.yaml']) {
    expect(template(file)).toContain('toYaml .Values.podSecurityContext');
    expect(template(file)).toContain('toYaml .Values.securityContext');
    expect(template(file)).toContain('automountServiceAccountToken: false');
  }
});

test('rules and dashboard are those of docker/, not copies', () => {
  expect(read('files/rules.yaml')).toBe(readFileSync('docker/prometheus/rules.yaml', 'utf8'));
  expect(read('files/dashboard.json')).toBe(readFileSync('docker/grafana/dashboard.json', 'utf8'));
});
