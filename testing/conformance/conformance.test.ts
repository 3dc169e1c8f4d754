/** The suite: a good worker passes, and each broken one is caught by the case that is for it. */
import { describe, expect, test } from '@jest/globals';
import { CASES, conforms, verify } from '../../src/conformance/conformance.js';
import { junit, resultLines, summary } from '../../src/conformance/report.js';
import { type Fault, ScriptedWorker } from './scripted-worker.js';

interface More {
  readonly only?: readonly string[];
  readonly withEffects?: boolean;
}

async function verdicts(fault: Fault, { only = [], withEffects = true }: More = {}) {
  const worker = new ScriptedWorker(fault);
  const results = await verify({
    ...{ orchestration: 'order', step: 'charge', lane: worker, process: worker, only },
    ...{
      payload: '{"amount":1}',
      failingPayload: '{"fail":true}',
      slowPayload: '{"slow":true}',
      patienceMs: 40,
    },
    effectsOf: withEffects ? worker.effectsOf : null,
    onResult: () => undefined,
  });
  return results;
}

const failedOf = (results: Awaited<ReturnType<typeof verdicts>>): string[] =>
  results.filter(({ status }) => status === 'failed').map((one) => one.case.name);

/** The worker's fault, and the cases that find it. */
const CAUGHT: readonly (readonly [Fault, readonly string[]])[] = [
  ['echoes nothing', ['headers']],
  ['fails on unknown fields', ['unknown-fields']],
  ['needs a key', ['no-key']],
  ['has no undo', ['undo', 'duplicate-undo', 'undo-before-do', 'do-after-undo', 'late-undo']],
  ['keeps silent about failures', ['failure']],
  ['loses commands under load', ['many']],
  ['charges twice', ['duplicate-do', 'next-attempt', 'duplicate-at-once']],
  ['charges each attempt', ['next-attempt']],
  ['fails the second undo', ['duplicate-undo']],
  ['undoes what never was', ['undo-before-do', 'do-after-undo']],
  ['fails an undo without a do', ['undo-before-do', 'do-after-undo']],
  ['charges after the undo', ['do-after-undo']],
  ['charges past the deadline', ['late-do']],
  ['refuses a late undo', ['late-undo']],
  ['dies of null', ['payload-null']],
  ['dies of text', ['payload-text']],
  ['dies of lists', ['payload-list']],
  ['dies of large payloads', ['payload-large']],
  ['dies of poison', ['poison']],
  ['has no lz4', ['codecs']],
  ['begins at latest', ['first-reply']],
  ['commits before it replies', ['many', 'killed']],
];

describe('the conformance suite', () => {
  test('passes a worker that keeps the contract, in every case', async () => {
    const results = await verdicts('none');
    expect(results.map(({ status, found, case: { name } }) => [name, status, found])).toEqual(
      CASES.map(({ name }) => [name, 'passed', expect.any(String)]),
    );
    expect(conforms(results)).toBe(true);
    expect(summary(results)).toContain('keeps the contract');
  });

  test.each(CAUGHT)('catches a worker that %s', async (fault, names) => {
    // A worker that has died fails all cases that follow.
    const only =
      fault.startsWith('dies') || fault.startsWith('has no lz4') ? ['first-reply', ...names] : [];
    const results = await verdicts(fault, { only });
    expect(failedOf(results)).toEqual(expect.arrayContaining([...names]));
    expect(conforms(results)).toBe(false);
  });

  test('catches doubled work by its results alone, and doubled refunds by effects only', async () => {
    const only = ['first-reply', 'duplicate-do', 'undo-before-do'];
    expect(failedOf(await verdicts('charges twice', { only, withEffects: false }))).toEqual([
      'duplicate-do',
    ]);
    const unseen = await verdicts('undoes what never was', { only, withEffects: false });
    expect(failedOf(unseen)).toEqual([]);
  });

  test('warns of a worker that is held up by a slow command', async () => {
    const results = await verdicts('one at a time', { only: ['first-reply', 'slow'] });
    expect(results.map(({ status, found }) => [status, found])).toEqual([
      ['passed', 'answered'],
      ['warned', 'five others waited for it'],
    ]);
  });

  test('ends after the first case when there is no worker', async () => {
    const worker = new ScriptedWorker('none');
    const results = await verify({
      ...{ orchestration: 'order', step: 'charge', lane: worker, process: null, only: [] },
      ...{
        payload: '{}',
        failingPayload: null,
        slowPayload: null,
        patienceMs: 20,
        effectsOf: null,
      },
      onResult: () => undefined,
    });
    expect(results).toHaveLength(1);
    expect(results[0]?.found).toContain('is the worker running');
  });
});

describe('the report', () => {
  test('has what a failure means and how to mend it, for people and for build servers', async () => {
    const only = ['first-reply', 'duplicate-do', 'failure'];
    const results = await verdicts('charges twice', { only });
    const text = results.map(resultLines).join('\n');
    expect(text).toContain('FAIL duplicate-do');
    expect(text).toContain('what it means: this worker would charge twice');
    expect(text).toContain('what to do: remember the idempotencyKey');
    expect(summary(results)).toMatch(/2 passed, 1 failed.*\nFailed: duplicate-do/);
    const xml = junit('verify-worker order "charge"', results);
    expect(xml).toContain(
      '<testsuite name="verify-worker order &quot;charge&quot;" tests="3" failures="1"',
    );
    expect(xml).toContain('<failure message="two results: {&quot;charge&quot;:');
    expect(xml.match(/<testcase /g)).toHaveLength(3);
  });
});
