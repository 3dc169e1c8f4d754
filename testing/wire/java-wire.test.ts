/**
 * Messages as the Java worker library really sends them: each is read, and the captured flow
 * replays to its end.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Decoded } from '../../src/engine/ports.js';
import { advance, start } from '../../src/saga/advance.js';
import type { Flow } from '../../src/saga/flow.js';
import type { Orchestration } from '../../src/saga/orchestration.js';
import { createDecoder } from '../../src/wire/decode.js';
import { createWire } from '../../src/wire/outgoing.js';
import { TOPICS } from '../../src/wire/topics.js';

interface Captured {
  readonly topic: string;
  readonly key: string | null;
  readonly value: string;
}

const captured = readFileSync('testing/fixtures/wire/java-wire.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Captured);
const decode = createDecoder({ payloadLimit: 100_000 });
const decoded = captured.map(({ topic, key, value }): Decoded => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  return decode(topic, { key: key === null ? null : bytes(key), value: bytes(value), headers: {} });
});
const of = (topic: string): Decoded[] =>
  decoded.filter((_, index) => captured[index]?.topic === topic);

describe('the captured messages of the Java library', () => {
  test.each(captured.map(({ topic }, index) => [index + 1, topic] as const))(
    'line %i, on %s, is read',
    (line) => {
      const one = decoded[line - 1] as Decoded;
      expect(one.kind).not.toBe('poison');
      expect(one.kind === 'registration' ? one.registration.problems : []).toEqual([]);
    },
  );

  test('its registrations declare an initiator and a worker of the same steps', () => {
    const registrations = registrationsIn(of(TOPICS.registrations));
    expect(registrations).toMatchObject([
      {
        serviceName: 'ref-client',
        declarations: [
          {
            as: 'worker',
            orchestrationName: 'refFlow',
            steps: [
              { stepName: 's1', doMethod: 'doS1', undoMethod: 'undoS1' },
              { stepName: 's2', doMethod: 'doS2', undoMethod: 'undoS2' },
            ],
          },
        ],
      },
      {
        serviceName: 'ref-client',
        declarations: [{ as: 'initiator', orchestration: { name: 'refFlow', type: 'SEQUENTIAL' } }],
      },
    ]);
  });

  test('the captured flow replays to its end: s3 exhausted, s2 and s1 undone at the second attempt', () => {
    const end = replay();
    expect(end.flow.status).toBe('UNDONE');
    expect(
      end.flow.steps.map(({ definition, status, attempt, undoAttempt }) => [
        definition.name,
        status,
        attempt,
        undoAttempt,
      ]),
    ).toEqual([
      ['s1', 'UNDO_SUCCESS', 1, 2],
      ['s2', 'UNDO_SUCCESS', 1, 2],
      ['s3', 'RETRY_EXHAUSTED', 4, 0],
    ]);
    // What the captured replies echo is what was sent here.
    const echoed = of(TOPICS.replies).map(
      (one) => one.kind === 'input' && one.input.type === 'REPLY' && one.input.attemptId,
    );
    expect(end.sent).toEqual(echoed);
  });
});

function registrationsIn(all: readonly Decoded[]) {
  return all.flatMap((one) => (one.kind === 'registration' ? [one.registration] : []));
}

/** The flow that was captured had a third step, whose registration was not. */
function threeSteps(): Orchestration {
  const [, registration] = registrationsIn(of(TOPICS.registrations));
  const [declaration] = registration?.declarations ?? [];
  if (declaration?.as !== 'initiator') throw new Error('no initiator was captured');
  const { steps } = declaration.orchestration;
  const last = steps.at(-1);
  if (last === undefined) throw new Error('it has no steps');
  return {
    ...declaration.orchestration,
    version: 1,
    steps: [...steps, { ...last, seq: 3, name: 's3' }],
  };
}

function replay(): { readonly flow: Flow; readonly sent: readonly (string | null)[] } {
  const wire = createWire({ commandTypeId: null, source: '/test' });
  const [begun] = of(TOPICS.starts);
  if (begun?.kind !== 'start' || begun.start.flowId === null) throw new Error('no start');
  const { flowId, payload, headers, initiator, idempotencyKey } = begun.start;
  let now = 1_000_000;
  const input = {
    flowId,
    orchestration: threeSteps(),
    payload,
    headers,
    initiator,
    idempotencyKey,
  };
  let step = start({ type: 'START', ...input }, now, false);
  const sent: (string | null)[] = [];
  for (const one of [...of(TOPICS.replies), null]) {
    // Backoffs pass.
    now += 60_000;
    const due = advance({ ...step.flow, now }, { type: 'TICK', flowId });
    for (const { flow, events } of [step, due])
      sent.push(
        ...wire
          .outgoing(flow, events)
          .filter(({ attemptId }) => attemptId !== null)
          .map(({ attemptId }) => attemptId),
      );
    if (one?.kind !== 'input') return { flow: due.flow, sent };
    step = advance({ ...due.flow, now }, one.input);
    expect(step.refusal).toBeNull();
  }
  throw new Error('unreachable');
}
