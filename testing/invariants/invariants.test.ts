/**
 * Each check finds the history it was written for: one that cannot fail would hold every promise.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { fold } from '../../src/saga/advance.js';
import type { FlowEvent } from '../../src/saga/event.js';
import { failed, ok, sequential } from '../kit/builders.js';
import { PureRig } from '../kit/rig-pure.js';
import {
  checkFlow,
  checkRun,
  FLOW_INVARIANTS,
  type FlowEvidence,
  RUN_INVARIANTS,
  type RunEvidence,
} from './invariants.mjs';

/** `a+ b- ~a+ => UNDONE`, with everything observed. */
async function undone(): Promise<FlowEvidence> {
  const rig = new PureRig();
  await rig.register(sequential('saga', 'a', 'b').retries(0).orchestration);
  await rig.start({ mark: 'm' }, false, {});
  for (const answer of [ok, failed('taken'), ok]) {
    const { stepName, action, attemptId } = (await rig.commands()).at(-1) ?? {};
    if (stepName === undefined || action === undefined || attemptId === undefined)
      throw new Error('no command was sent');
    await rig.reply({ stepName, action, attemptId, answer });
  }
  const { flow, events } = await rig.view();
  const commands = (await rig.commands()).map((command) => ({ ...command, mark: 'm' }));
  return {
    flow,
    events,
    isOver: true,
    echoes: true,
    commands,
    delivered: events.map(({ number }) => number),
    isInPlace: () => false,
    mark: 'm',
    reportedEnd: 'UNDONE',
    fold,
  };
}

type Tamper = (good: FlowEvidence) => Partial<FlowEvidence>;
const event = (good: FlowEvidence, type: string): FlowEvent => {
  const found = good.events.find((one) => one.type === type);
  if (found === undefined) throw new Error(`no ${type}`);
  return found;
};
const without =
  (type: string): Tamper =>
  (good) => ({ events: good.events.filter((one) => one.type !== type) });
const withMore =
  (type: string, change: object = {}): Tamper =>
  (good) => ({ events: [...good.events, { ...event(good, type), ...change } as FlowEvent] });

const BROKEN: Readonly<Record<string, readonly Tamper[]>> = {
  'I1 every flow ends': [({ flow }) => ({ flow: { ...flow, status: 'UNDOING' } })],
  'I2 a final status is left only for a reason': [withMore('FLOW_STARTED')],
  'I3 no UNDO without a DO': [
    without('DO_SENT'),
    ({ commands }) => ({ commands: (commands ?? []).filter(({ action }) => action === 'UNDO') }),
  ],
  'I4 the steps of a sequential flow run one at a time, in order': [without('DO_SUCCEEDED')],
  'I5 what is undone is gone, what is done is in place': [() => ({ isInPlace: () => true })],
  'I6 no DO after the first UNDO': [withMore('DO_SENT')],
  'I7 a subscriber gets each event once, in order': [
    ({ delivered }) => ({ delivered: (delivered ?? []).slice(1) }),
    ({ delivered }) => ({ delivered: [1, ...(delivered ?? [])] }),
  ],
  'I9 a reply counts once, and a failure only for its own attempt': [
    withMore('DO_FAILED'),
    withMore('UNDO_SUCCEEDED'),
    withMore('DO_FAILED', { attempt: 7 }),
  ],
  'I10 nothing of another flow': [() => ({ mark: 'of another flow' })],
  'I11 the timeline folds to what is stored': [
    without('DO_FAILED'),
    ({ flow }) => ({ flow: { ...flow, failureReason: 'another one' } }),
  ],
  'I13 no more commands than the budget': [
    withMore('DO_SENT'),
    ({ commands }) => ({
      commands: (commands ?? []).map((one) => ({ ...one, attemptId: `${one.attemptId}9` })),
    }),
  ],
  'the end is reported': [() => ({ reportedEnd: 'COMPLETED' })],
};

const BROKEN_RUN: Readonly<Record<string, Partial<RunEvidence>>> = {
  'I8 the outbox empties': { outbox: 1 },
  'I12 a record that cannot be used is kept': { poison: ['topic/0/1', 'topic/0/2'] },
  'every accepted start is a flow, and nothing else is': { stored: new Set(['f1', 'f3']) },
  'no flow is parked': { parked: 1 },
};

describe('the promises', () => {
  let good: FlowEvidence;
  beforeAll(async () => {
    good = await undone();
  });
  const brokenIn = (evidence: FlowEvidence): string[] =>
    checkFlow(evidence).flatMap(([invariant, broken]) => (broken === null ? [] : [invariant]));

  test('hold for a flow that was undone as it should be', () => {
    expect(good.flow.status).toBe('UNDONE');
    expect(brokenIn(good)).toEqual([]);
  });

  test.each(Object.keys(FLOW_INVARIANTS))('are broken when it is not so: %s', (invariant) => {
    const tampers = BROKEN[invariant] ?? [];
    expect(tampers).not.toEqual([]);
    for (const tamper of tampers)
      expect(brokenIn({ ...good, ...tamper(good) })).toContain(invariant);
  });

  test.each(Object.keys(RUN_INVARIANTS))(
    'of a run are broken when it is not so: %s',
    (invariant) => {
      const run: RunEvidence = {
        outbox: 0,
        parked: 0,
        poison: ['topic/0/1'],
        quarantined: new Set(['topic/0/1']),
        accepted: ['f1', 'f2'],
        stored: new Set(['f1', 'f2']),
      };
      const found = (evidence: RunEvidence): string[] =>
        checkRun(evidence).flatMap(([name, broken]) => (broken === null ? [] : [name]));
      expect(found(run)).toEqual([]);
      expect(found({ ...run, ...BROKEN_RUN[invariant] })).toEqual([invariant]);
    },
  );
});
