import { expect, test } from '@jest/globals';
import type { FlowRecord, ReadModel } from '../../src/engine/ports.js';
import { Hub } from '../../src/engine/subscriptions/hub.js';
import { advance } from '../../src/saga/advance.js';
import type { FlowEvent } from '../../src/saga/event.js';
import type { Flow } from '../../src/saga/flow.js';
import type { ReplyInput } from '../../src/saga/input.js';
import { sequential, started } from './builders.js';

/** A read model over records that were committed. */
function stored() {
  const events: FlowEvent[] = [];
  let flow: Flow | null = null;
  const read = {
    timeline: async (_flowId: string, after: number, first: number) =>
      flow === null ? null : events.filter((event) => event.number > after).slice(0, first),
    flows: async () => new Map(flow === null ? [] : [[flow.flowId, flow]]),
  } as unknown as ReadModel;
  const hub = new Hub(read);
  const commit = (after: Flow, fresh: readonly FlowEvent[], notify = true): void => {
    const record: FlowRecord = {
      before: flow,
      after,
      events: fresh,
      outbox: [],
      withdrawn: [],
      wakeAt: null,
    };
    flow = after;
    events.push(...fresh);
    if (notify) hub.committed([record]);
  };
  return { hub, commit, current: () => flow };
}

const reply = (stepName: string): ReplyInput => ({
  type: 'REPLY',
  flowId: 'f',
  stepName,
  action: 'DO',
  outcome: 'success',
  attemptId: null,
  payload: null,
  errorMessage: null,
  errorCode: null,
  retryable: true,
});

async function collect(events: AsyncIterable<FlowEvent> | null, most = 1000): Promise<number[]> {
  const numbers: number[] = [];
  for await (const event of events ?? []) {
    numbers.push(event.number);
    if (numbers.length >= most) break;
  }
  return numbers;
}

test('a subscriber gets what is stored, then what happens, each once and in order, and the end ends it', async () => {
  const { hub, commit } = stored();
  const first = started('f', sequential('o', 'a', 'b'));
  commit(first.flow, first.events);
  const following = collect(await hub.follow('f', 0, new AbortController().signal));
  const second = advance(first.flow, reply('a'));
  commit(second.flow, second.events);
  const third = advance(second.flow, reply('b'));
  commit(third.flow, third.events);
  const numbers = await following;
  expect(numbers).toEqual(
    Array.from({ length: third.flow.lastEventNumber }, (_, index) => index + 1),
  );
});

test('a commit that this instance did not see is read from the timeline after a notification', async () => {
  const { hub, commit } = stored();
  const first = started('f', sequential('o', 'a'));
  commit(first.flow, first.events);
  const following = collect(
    await hub.follow('f', first.flow.lastEventNumber, new AbortController().signal),
  );
  const second = advance(first.flow, reply('a'));
  commit(second.flow, second.events, false);
  await hub.committedElsewhere([
    {
      flowId: 'f',
      firstEventNumber: first.flow.lastEventNumber + 1,
      lastEventNumber: second.flow.lastEventNumber,
    },
  ]);
  expect(await following).toEqual(second.events.map((event) => event.number));
});

test('a flow that has ended completes a subscription at its last event at once', async () => {
  const { hub, commit } = stored();
  const first = started('f', sequential('o', 'a'));
  const second = advance(first.flow, reply('a'));
  commit(second.flow, [...first.events, ...second.events]);
  expect(
    await collect(await hub.follow('f', second.flow.lastEventNumber, new AbortController().signal)),
  ).toEqual([]);
});

test('there is no stream for a flow that does not exist', async () => {
  expect(await stored().hub.follow('nobody', 0, new AbortController().signal)).toBeNull();
});

test('an aborted subscription ends', async () => {
  const { hub, commit } = stored();
  const first = started('f', sequential('o', 'a'));
  commit(first.flow, first.events);
  const abort = new AbortController();
  const following = collect(await hub.follow('f', first.flow.lastEventNumber, abort.signal));
  abort.abort();
  expect(await following).toEqual([]);
});

test('a subscriber that does not read for a long time costs a bounded buffer and misses nothing', async () => {
  const { hub, commit } = stored();
  let { flow, events } = started('f', sequential('o', 'a'));
  commit(flow, events);
  const stream = await hub.follow('f', 0, new AbortController().signal);
  for (let index = 0; index < 3000; index++) {
    ({ flow, events } = advance(flow, {
      type: 'QUARANTINED',
      flowId: 'f',
      stepName: null,
      code: 'X',
      message: String(index),
    }));
    commit(flow, events);
  }
  const numbers = await collect(stream, flow.lastEventNumber);
  expect(numbers).toEqual(Array.from({ length: flow.lastEventNumber }, (_, index) => index + 1));
});

test('step changes have the status before and after, and only of the wanted orchestration', async () => {
  const { hub, commit } = stored();
  const abort = new AbortController();
  const ours = hub.stepChanges({ flowId: null, orchestrationName: 'o' }, abort.signal);
  const others = hub.stepChanges({ flowId: null, orchestrationName: 'p' }, abort.signal);
  const change = ours.next();
  const none = others.next();
  const first = started('f', sequential('o', 'a'));
  commit(first.flow, first.events);
  expect((await change).value).toMatchObject({
    stepName: 'a',
    previousStatus: 'PENDING',
    status: 'IN_PROGRESS',
    flowStatus: 'IN_PROGRESS',
  });
  abort.abort();
  expect((await none).done).toBe(true);
});
