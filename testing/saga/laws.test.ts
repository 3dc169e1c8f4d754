/**
 * Larger flows, at random: the same laws, with real times, payloads, lost outboxes and replies to
 * attempts that do not exist.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { advance, fold, start } from '../../src/saga/advance.js';
import { attemptIdOf } from '../../src/saga/attempt-id.js';
import type { FlowEvent } from '../../src/saga/event.js';
import type { Flow } from '../../src/saga/flow.js';
import type { Input, StartInput } from '../../src/saga/input.js';
import type { Orchestration } from '../../src/saga/orchestration.js';
import { delayAfter, dueAt, fractionOf } from '../../src/saga/retry.js';
import { FLOW_INVARIANTS } from '../invariants/invariants.mjs';
import { brokenByEdge, brokenRefusal } from './edge-laws.js';
import { FLOW_ID } from './inputs.js';
import { brokenByEvent, foldable, foldOf, STATE_LAWS } from './laws.js';
import { type Happening, happenings, orchestrations } from './random.js';

const RUNS = Number(process.env.LAW_RUNS ?? 150);

/** A flow and everything that happened to it. */
interface History {
  readonly flow: Flow;
  readonly events: readonly FlowEvent[];
}

function starting(orchestration: Orchestration): StartInput {
  return {
    type: 'START',
    flowId: FLOW_ID,
    orchestration,
    payload: '{"n":1}',
    headers: { tenant: 'acme' },
    initiator: 'crm',
    idempotencyKey: 'k1',
  };
}

/** Hundreds of thousands of these are made: `expect` would be most of the time of these tests. */
function mustBe(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) expect({ what, found }).toEqual({ what, found: expected });
}

function checkFlow(flow: Flow): void {
  for (const [law, holds] of Object.entries(STATE_LAWS)) mustBe(law, holds(flow), null);
}

function checkEdge(before: Flow, after: Flow, events: readonly FlowEvent[]): void {
  let flow = before;
  for (const event of events) {
    mustBe('event', brokenByEvent(flow, event), null);
    mustBe('event number', event.number, flow.lastEventNumber + 1);
    flow = foldOf(flow, [event]);
    mustBe('status on the event', event.flowStatus, flow.status);
  }
  mustBe('what the events fold to', foldable(flow), foldable(after));
}

/** Time passes, the outbox is in some state, and an input arrives. */
function happen({ flow, events }: History, happening: Happening): History {
  const before: Flow = {
    ...flow,
    now: flow.now + happening.later,
    withdrawable: happening.withdrawable(flow),
    unsent: [...happening.unsent(flow), ...happening.withdrawable(flow)],
    orchestrationPaused: happening.orchestrationPaused,
  };
  // The engine gives a flow whose orchestration was resumed a tick before any other input.
  const ticked = advance(before, { type: 'TICK', flowId: FLOW_ID });
  const input = happening.input(ticked.flow);
  const { flow: after, events: more, refusal } = advance(ticked.flow, input);
  checkEdge(before, ticked.flow, ticked.events);
  checkEdge(ticked.flow, after, more);
  checkFlow(after);
  mustBe('edge', brokenByEdge(ticked.flow, input, after, more), null);
  if (refusal !== null) {
    mustBe('refusal', brokenRefusal(ticked.flow, input, refusal.message), null);
    expect(more.map((event) => event.type)).toEqual(
      input.type === 'REPLY' || input.type === 'PROGRESS' ? ['REPLY_REFUSED'] : [],
    );
    expect(after.steps).toEqual(ticked.flow.steps);
  }
  return { flow: after, events: [...events, ...ticked.events, ...more] };
}

/** What is promised about any timeline; nothing is published or delivered here. */
function checkPromises(flow: Flow, events: readonly FlowEvent[]): void {
  const unobserved = {
    commands: null,
    delivered: null,
    isInPlace: null,
    mark: null,
    reportedEnd: null,
  };
  const evidence = { flow, events, isOver: false, echoes: false, fold, ...unobserved };
  for (const [promise, check] of Object.entries(FLOW_INVARIANTS))
    mustBe(promise, check(evidence), null);
}

/** Without any input something happens when the flow is due, and nothing before. */
function checkTimers(flow: Flow): void {
  const due = dueAt(flow);
  const at = (now: number): readonly FlowEvent[] =>
    advance({ ...flow, now }, { type: 'TICK', flowId: FLOW_ID }).events;
  if (due === null) {
    mustBe('events when nothing is due', at(flow.now + 1_000_000_000).length, 0);
    return;
  }
  mustBe('due later', due > flow.now, true);
  mustBe('events before it is due', at(due - 1).length, 0);
  // What waits in the outbox is only looked at: it cannot time out.
  if (flow.unsent.length === 0) mustBe('something happens when due', at(due).length > 0, true);
}

describe('random flows', () => {
  test('keep every law and promise, whatever the inputs', () => {
    fc.assert(
      fc.property(orchestrations, happenings, (orchestration, inputs) => {
        const input = starting(orchestration);
        let history: History = start(input, 1_000);
        checkFlow(history.flow);
        for (const happening of inputs) {
          history = happen(history, happening);
          if (!history.flow.orchestrationPaused) checkTimers(history.flow);
        }
        const stored = JSON.parse(JSON.stringify(history.events)) as FlowEvent[];
        expect(foldable(fold(input, stored))).toBe(foldable(history.flow));
        checkPromises(history.flow, stored);
      }),
      { numRuns: RUNS },
    );
  });

  test('decide the same when they are run again', () => {
    fc.assert(
      fc.property(orchestrations, happenings, (orchestration, inputs) => {
        const run = () =>
          inputs.reduce<History>(happen, start(starting(orchestration), 1_000)).events;
        expect(run()).toEqual(run());
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  });

  test('come to an end when every command is answered', () => {
    fc.assert(
      fc.property(
        orchestrations,
        happenings,
        fc.infiniteStream(fc.boolean()),
        (orchestration, inputs, successes) => {
          let { flow } = inputs.reduce<History>(happen, start(starting(orchestration), 1_000));
          for (const input of [
            { type: 'RESUME' },
            { type: 'UNDO_FLOW' },
            { type: 'RESUME' },
          ] as const) {
            flow = advance(
              { ...flow, withdrawable: [], orchestrationPaused: false },
              { ...input, flowId: FLOW_ID, actor: 'ada', reason: 'enough' },
            ).flow;
          }
          for (let left = 1000; left > 0 && flow.endedAt === null; left--) {
            const now = Math.max(flow.now, dueAt(flow) ?? flow.now);
            flow = advance(
              { ...flow, withdrawable: [] },
              answerTo(flow, successes.next().value),
            ).flow;
            if (flow.endedAt === null)
              flow = advance({ ...flow, now }, { type: 'TICK', flowId: FLOW_ID }).flow;
          }
          expect(flow.endedAt).not.toBeNull();
        },
      ),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });
});

/** The first open command is answered; if none is, time passes. */
function answerTo(flow: Flow, success: boolean): Exclude<Input, StartInput> {
  const step = flow.steps.find(({ open }) => open !== null);
  if (!step?.open) return { type: 'TICK', flowId: FLOW_ID };
  const { action, round, attempt } = step.open;
  const stepName = step.definition.name;
  const attemptId = attemptIdOf(FLOW_ID, { stepName, action, round, attempt });
  const rest = { payload: null, errorMessage: null, errorCode: null, retryable: true } as const;
  return {
    type: 'REPLY',
    flowId: FLOW_ID,
    stepName,
    action,
    outcome: success ? 'success' : 'failure',
    attemptId,
    ...rest,
  };
}

describe('waits', () => {
  const backoffs = fc.record({
    initialMs: fc.integer({ min: 0, max: 100_000 }),
    factor: fc.double({ min: 1, max: 1e200, noNaN: true }),
    maxMs: fc.integer({ min: 0, max: 1_000_000 }),
  });

  test('without jitter grow by the factor, never beyond the longest', () => {
    fc.assert(
      fc.property(backoffs, fc.integer({ min: 1, max: 2000 }), (backoff, failures) => {
        const wait = delayAfter({ ...backoff, jitter: 'none' }, failures, 'x');
        const before =
          failures === 1 ? 0 : delayAfter({ ...backoff, jitter: 'none' }, failures - 1, 'x');
        expect(wait).toBeLessThanOrEqual(backoff.maxMs);
        expect(wait).toBeGreaterThanOrEqual(before);
        if (failures === 1) expect(wait).toBe(Math.min(backoff.initialMs, backoff.maxMs));
      }),
    );
  });

  test('with full jitter lie between nothing and the wait, and are the same for the same attempt', () => {
    fc.assert(
      fc.property(
        backoffs,
        fc.integer({ min: 1, max: 50 }),
        fc.string(),
        (backoff, failures, attemptId) => {
          const wait = delayAfter({ ...backoff, jitter: 'full' }, failures, attemptId);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(
            delayAfter({ ...backoff, jitter: 'none' }, failures, attemptId),
          );
          expect(wait).toBe(delayAfter({ ...backoff, jitter: 'full' }, failures, attemptId));
        },
      ),
    );
  });

  test('spread evenly over attempts', () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let flow = 0; flow < 2000; flow++) {
      for (let attempt = 1; attempt <= 5; attempt++) {
        const tenth = Math.floor(
          fractionOf(
            attemptIdOf(`flow-${flow}`, {
              stepName: 'createRealm',
              action: 'DO',
              round: 0,
              attempt,
            }),
          ) * 10,
        );
        tenths[tenth] = (tenths[tenth] ?? 0) + 1;
      }
    }
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });
});
