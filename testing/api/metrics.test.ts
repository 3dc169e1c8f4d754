/**
 * /metrics counts what happens to flows, and rules, dashboard and docs name nothing that it does
 * not have.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { createMetrics } from '../../src/observability/metrics.js';
import type { StepRun } from '../../src/saga/flow.js';
import { until as eventually } from '../e2e/kit/until.js';
import type { TestEngine } from './kit/engine.js';
import { Running } from './kit/server.js';
import { bearer, TokenFile } from './kit/tokens.js';
import { until } from './kit/until.js';

const NOTHING = {
  ...{ checks: [], waiting: 0, unsent: 0, faults: 0, subscribers: 0, lag: null, connections: [] },
  refused: new Map<string, number>(),
  backlog: null,
};

async function figures(running: Running): Promise<string[]> {
  const { status, text } = await running.get('/metrics');
  expect(status).toBe(200);
  return text.split('\n').filter((line) => line.startsWith('backstep_'));
}

function stepOf(engine: TestEngine, flowId: string, name: string): StepRun | undefined {
  const { steps } = engine.flows.get(flowId)?.flow ?? { steps: [] };
  return steps.find(({ definition }) => definition.name === name);
}

/** Its backoff is over, and a timer has sent the next attempt. */
async function sentAgain(engine: TestEngine, flowId: string, step: string): Promise<void> {
  engine.database.now += 2000;
  await until(`${step} is sent again`, () => (stepOf(engine, flowId, step)?.open ?? null) !== null);
}

/** One flow that completes, one that is undone after a retry, one that runs. */
async function work({ engine }: Running): Promise<void> {
  const completed = await engine.startFlow();
  for (const step of ['createRealm', 'createUser']) await engine.answers(completed, step);
  const undone = await engine.startFlow();
  await engine.answers(undone, 'createRealm');
  await engine.fails(undone, 'createUser', 'later', { retryable: true });
  await sentAgain(engine, undone, 'createUser');
  await engine.fails(undone, 'createUser', 'never');
  await engine.fails(undone, 'createRealm', 'not now', { retryable: true });
  await sentAgain(engine, undone, 'createRealm');
  await engine.answers(undone, 'createRealm');
  await engine.startFlow();
}

test('flows, commands, attempts and their times are counted, by orchestration', async () => {
  await using running = await Running.start();
  await work(running);
  const lines = await figures(running);
  const of = 'orchestration="tenantCreation"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `backstep_flows_started_total{${of}} 3`,
      `backstep_flows_turned_around_total{${of},by="itself"} 1`,
      `backstep_steps_decided_total{${of},action="DO",outcome="done"} 3`,
      `backstep_steps_decided_total{${of},action="DO",outcome="given_up"} 1`,
      `backstep_steps_decided_total{${of},action="UNDO",outcome="done"} 1`,
      `backstep_step_retries_total{${of}} 1`,
      `backstep_flow_duration_seconds_count{${of},status="COMPLETED"} 1`,
      `backstep_flow_duration_seconds_count{${of},status="UNDONE"} 1`,
      `backstep_commands_sent_total{${of},action="DO",retry="false"} 5`,
      `backstep_commands_sent_total{${of},action="DO",retry="true"} 1`,
      `backstep_commands_sent_total{${of},action="UNDO",retry="false"} 1`,
      `backstep_commands_sent_total{${of},action="UNDO",retry="true"} 1`,
      `backstep_attempts_total{${of},action="DO",outcome="success"} 3`,
      `backstep_attempts_total{${of},action="DO",outcome="failure"} 2`,
      `backstep_attempts_total{${of},action="UNDO",outcome="failure"} 1`,
      `backstep_attempts_total{${of},action="UNDO",outcome="success"} 1`,
      // Every answer comes 10 ms after its command.
      `backstep_attempt_duration_seconds_bucket{le="0.01",${of},action="DO"} 5`,
      `backstep_attempt_duration_seconds_count{${of},action="DO"} 5`,
      'backstep_flows{status="IN_PROGRESS"} 1',
      'backstep_flows{status="UNDOING"} 0',
      'backstep_steps_stuck 0',
      'backstep_subscribers 0',
    ]),
  );
  expect(lines.filter((line) => line.includes('flowId') || line.includes('flow_id'))).toEqual([]);
});

test('a timeout is an attempt of unknown outcome, without a time', async () => {
  await using running = await Running.start();
  const flowId = await running.engine.startFlow();
  running.engine.database.now += 301_000;
  const failed = () => stepOf(running.engine, flowId, 'createRealm')?.errorCode;
  await until('it has timed out', () => failed() === 'TIMEOUT');
  const lines = await figures(running);
  const of = 'orchestration="tenantCreation"';
  expect(lines).toContain(`backstep_attempts_total{${of},action="DO",outcome="unknown"} 1`);
  expect(lines.join('\n')).not.toContain('backstep_attempt_duration_seconds_count');
});

test('a caller sees figures of the orchestrations in its scopes, and those of the gateway', async () => {
  using file = new TokenFile();
  await using running = await file.api();
  await running.engine.startFlow();
  const seenBy = async (scope: string): Promise<string> => {
    const token = file.add(scope, { roles: ['viewer'], scopes: [scope] });
    return eventually('the token is read', async () => {
      const { status, text } = await running.get('/metrics', bearer(token));
      return status === 200 && text;
    });
  };
  expect(await seenBy('tenant*')).toContain('orchestration="tenantCreation"');
  const other = await seenBy('order*');
  expect(other).not.toContain('tenantCreation');
  expect(other).toContain('backstep_messages_unsent');
});

test('subscribers are counted while they are there', async () => {
  await using running = await Running.start();
  const flowId = await running.engine.startFlow();
  const count = async () => (await figures(running)).find((line) => /subscribers/.test(line));
  const [flow, steps] = [new AbortController(), new AbortController()];
  const events = await running.engine.service.follow(flowId, 0, flow.signal);
  const changes = running.engine.service.stepChanges(
    { flowId: null, orchestrationName: null },
    steps.signal,
  );
  const [first, next] = [events?.[Symbol.asyncIterator](), changes[Symbol.asyncIterator]()];
  await first?.next();
  const waiting = next.next();
  expect(await count()).toBe('backstep_subscribers 2');
  flow.abort();
  steps.abort();
  await Promise.all([first?.return?.(), waiting]);
  expect(await count()).toBe('backstep_subscribers 0');
});

test('what is not known has no value, and is back when it is known', async () => {
  const metrics = createMetrics();
  const backlog = { flows: { FAILED: 2 }, stuckSteps: 1, overdueSeconds: 0, outboxSeconds: 0.5 };
  const valuesOf = async (now: Parameters<typeof metrics.text>[0]): Promise<string[]> =>
    (await metrics.text(now))
      .split('\n')
      .filter((line) => /^backstep_(flows\{|steps|timers|outbox|inbox)/.test(line));
  const known = [
    'backstep_flows{status="FAILED"} 2',
    'backstep_steps_stuck 1',
    'backstep_timers_overdue_seconds 0',
    'backstep_outbox_oldest_seconds 0.5',
    'backstep_inbox_lag_records 7',
  ];
  expect(await valuesOf({ ...NOTHING, backlog, lag: 7 })).toEqual(known);
  expect(await valuesOf(NOTHING)).toEqual([]);
  expect(await valuesOf({ ...NOTHING, backlog, lag: 7 })).toEqual(known);
});

test('orchestrations without number do not make series without number', async () => {
  const metrics = createMetrics();
  const names = Array.from({ length: 300 }, (_, index) => `o${index}`);
  metrics.observe(names.map((orchestration) => ({ kind: 'flowStarted', orchestration })));
  const lines = (await metrics.text(NOTHING)).match(/^backstep_flows_started_total\{.*$/gm) ?? [];
  expect(lines).toHaveLength(201);
  expect(lines.at(-1)).toBe('backstep_flows_started_total{orchestration="other"} 100');
});

const lagOf = (stepName: string, records: number, consumers: number | null) => ({
  ...{ orchestrationName: 'o', stepName, action: 'DO', records, consumers },
});

test('workers are shown by step; what nobody reads comes first where there are too many', async () => {
  const metrics = createMetrics();
  const workerLag = Array.from({ length: 2100 }, (_, step) => lagOf(`s${step}`, 0, 1));
  const behind = lagOf('last', 7, null);
  const text = await metrics.text({ ...NOTHING, workerLag: [...workerLag, behind] });
  expect(text).toContain(
    'backstep_worker_lag_records{orchestration="o",step="last",action="DO"} 7',
  );
  expect(text.match(/^backstep_worker_lag_records\{/gm)).toHaveLength(2000);
  expect(text).not.toContain('backstep_worker_consumers{orchestration="o",step="last"');
  expect(await metrics.text(NOTHING)).not.toContain('backstep_worker_lag_records{');
});

interface Rules {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly { record?: string; alert?: string; expr: string }[];
  }[];
}

/** docker/prometheus/rules.test.yaml, which promtool runs. */
interface Cases {
  readonly tests: readonly {
    readonly alert_rule_test?: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
  }[];
}

describe('rules, dashboard and docs', () => {
  const { groups } = parse(readFileSync('docker/prometheus/rules.yaml', 'utf8')) as Rules;
  const rules = groups.flatMap((group) => group.rules);
  const lines = groups
    .filter(({ name }) => name === 'backstep-checklist')
    .flatMap((group) => group.rules.flatMap(({ record }) => record ?? []));
  const dashboard = JSON.parse(readFileSync('docker/grafana/dashboard.json', 'utf8')) as {
    readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
  };
  const shown = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const recorded = rules.flatMap(({ record }) => record ?? []);
  const docs = readFileSync('docs/metrics.md', 'utf8');

  /** Everything a gateway can answer: name → lines. */
  async function live(): Promise<Map<string, string[]>> {
    await using running = await Running.start();
    await work(running);
    const now = {
      checks: [{ name: 'database', ok: true }],
      ...{ waiting: 0, unsent: 0, faults: 0, subscribers: 0, lag: 0 },
      connections: [{ pool: 'write', open: 1, idle: 1, waiting: 0 }],
      refused: new Map([['startsPerSecond', 1]]),
      certificate: { expiresAtSeconds: 1, renewed: 0, refused: 0 },
      workerLag: [lagOf('a', 1, 0)],
      backlog: { flows: { FAILED: 1 }, stuckSteps: 0, overdueSeconds: 0, outboxSeconds: 0 },
    };
    const text = await running.engine.metrics.text(now);
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return Map.groupBy(lines, (line) => /^\w+/.exec(line)?.[0] ?? '');
  }

  test('every series they use exists, with the labels and values they use', async () => {
    const series = await live();
    for (const expr of [...rules.map((rule) => rule.expr), ...shown]) {
      const used = [...expr.matchAll(/\b((?:backstep|nodejs)_\w+)(?:\{([^}]*)\})?/g)];
      const rules = [...expr.matchAll(/\bbackstep:[\w:]+/g)].map(([name]) => name);
      expect([expr, used.length + rules.length]).not.toEqual([expr, 0]);
      expect(rules.filter((name) => !recorded.includes(name))).toEqual([]);
      for (const [, name = '', selector = ''] of used) {
        const matching = selector.split(/,\s*/).filter((one) => one !== '');
        const found = series
          .get(name)
          ?.filter((line) => matching.every((one) => line.includes(one)));
        expect([expr, found?.length ?? 0]).not.toEqual([expr, 0]);
        for (const [, labels = ''] of expr.matchAll(/by \(([^)]*)\)/g))
          for (const label of labels.split(/,\s*/).filter((one) => one !== 'instance'))
            expect([
              expr,
              label,
              series.get(name)?.some((line) => line.includes(`${label}=`)),
            ]).toEqual([...[expr, label, true]]);
      }
    }
  });

  test('each of the six lines is recorded, has an alert and a panel, and is in the docs', () => {
    expect(lines).toHaveLength(6);
    const alerts = rules.filter(({ alert }) => alert !== undefined);
    for (const name of lines) {
      expect(alerts.filter(({ expr }) => expr.startsWith(`${name} `))).toHaveLength(1);
      expect(shown).toContain(name);
      expect(docs).toContain(`\`${name}\``);
    }
  });

  test('each alert has a case in which it fires, and one in which it does not', () => {
    const { tests } = parse(readFileSync('docker/prometheus/rules.test.yaml', 'utf8')) as Cases;
    const cases = tests.flatMap((one) => one.alert_rule_test ?? []);
    const named = (fires: boolean) =>
      new Set(
        cases.flatMap(({ alertname, exp_alerts: expected }) =>
          expected.length > 0 === fires ? [alertname] : [],
        ),
      );
    const alerts = new Set(rules.flatMap(({ alert }) => alert ?? []));
    expect([named(true), named(false)]).toEqual([alerts, alerts]);
  });

  test('docs/metrics.md lists every figure of ours with its labels, and no other', async () => {
    const kinds = [...(await live())].flatMap(([name, lines]) => {
      if (!name.startsWith('backstep_') || /_(?:bucket|sum)$/.test(name)) return [];
      const labels = [...(lines[0] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label);
      return [[name.replace(/_seconds_count$/, '_seconds'), ...labels].join(' ')];
    });
    const listed = [...docs.matchAll(/^\| `(backstep_\w+)` \| \w+ \| ([^|]*)\|/gm)].map(
      ([, name = '', labels = '']) => [name, ...(labels.match(/\w+/g) ?? [])].join(' '),
    );
    expect(listed.sort()).toEqual(kinds.sort());
  });
});
