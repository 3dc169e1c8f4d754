/** Operator actions on records that could not be used. */
import { expect, test } from '@jest/globals';
import { Quarantine, type QuarantineOptions } from '../../src/engine/operations/quarantine.js';
import type {
  Decoded,
  Delivery,
  DeliveryOutcome,
  QuarantinedRecord,
} from '../../src/engine/ports.js';
import { sequential, started } from './builders.js';

const RECORD: QuarantinedRecord = {
  id: '5',
  topic: 'replies',
  partition: 0,
  offset: 9n,
  receivedAt: 1,
  code: 'UNKNOWN_FLOW',
  message: 'there is no flow f',
  flowId: 'f',
  stepName: null,
  key: null,
  value: Buffer.from('{}'),
  headers: { action: 'DO' },
  state: 'OPEN',
  settled: null,
};
const BY = { id: '5', actor: 'ann', reason: 'it exists now' };
const reply = { type: 'QUARANTINED' as const, flowId: 'f', stepName: null, code: 'X', message: '' };

function quarantineOver(
  outcome: DeliveryOutcome,
  changes: Partial<QuarantinedRecord> | null = {},
  decoded: Decoded = { kind: 'input', input: reply },
) {
  const submitted: Delivery[] = [];
  const settled: string[] = [];
  const received: unknown[] = [];
  const options: QuarantineOptions = {
    queue: {
      submit: async (deliveries) => {
        submitted.push(...deliveries);
        return [outcome];
      },
    },
    read: { quarantined: async () => (changes === null ? null : { ...RECORD, ...changes }) },
    store: {
      settleQuarantined: async (_, as) => {
        settled.push(as);
        return changes?.state === undefined;
      },
    },
    registry: { register: async ({ problems }) => ({ registrations: [], problems }) },
    decode: (_topic, record) => {
      received.push(record.headers);
      return decoded;
    },
  };
  return { quarantine: new Quarantine(options), submitted, settled, received };
}

const codes = ({
  problems,
}: {
  readonly problems: readonly { readonly code: string }[];
}): string[] => problems.map(({ code }) => code);
const recorded: DeliveryOutcome = {
  kind: 'recorded',
  flow: started('f', sequential('o', 'a')).flow,
  events: [],
  refusal: null,
};

test('a replay is delivered with its own headers, and returns the answer of its flow', async () => {
  const { quarantine, submitted, received } = quarantineOver(recorded);
  expect(codes(await quarantine.replay(BY))).toEqual([]);
  expect(submitted).toMatchObject([{ from: 'replay', kind: 'input', input: reply, replay: BY }]);
  expect(received).toEqual([{ action: 'DO' }]);
  const refused = quarantineOver({
    ...recorded,
    refusal: { code: 'FLOW_ENDED', message: 'the flow is UNDONE' },
  });
  expect(codes(await refused.quarantine.replay(BY))).toEqual(['FLOW_ENDED']);
});

test.each<[DeliveryOutcome, string[]]>([
  [{ kind: 'echo', flowId: 'f', samePayload: true, sameOrchestration: true }, []],
  [{ kind: 'unknown-flow' }, ['STILL_POISON']],
  [
    { kind: 'quarantined', code: 'UNKNOWN_ORCHESTRATION', message: 'no orchestration is called o' },
    ['STILL_POISON'],
  ],
  [{ kind: 'parked', reason: 'a law broke' }, ['FLOW_PARKED']],
  [{ kind: 'duplicate' }, ['ALREADY_SETTLED']],
])('%j', async (outcome, expected) => {
  expect(codes(await quarantineOver(outcome).quarantine.replay(BY))).toEqual(expected);
});

test('what is still no use stays where it is', async () => {
  const poison = { code: 'NOT_JSON', message: 'no JSON', flowId: null, stepName: null };
  const { quarantine, submitted } = quarantineOver(recorded, {}, { kind: 'poison', poison });
  const result = await quarantine.replay(BY);
  expect(codes(result)).toEqual(['STILL_POISON']);
  expect(result.record?.state).toBe('OPEN');
  expect(submitted).toEqual([]);
});

test('what is settled, or was never there, is not touched', async () => {
  const settled = quarantineOver(recorded, {
    state: 'DISCARDED',
    settled: { at: 1, actor: 'bob', reason: 'noise' },
  });
  const { problems } = await settled.quarantine.replay(BY);
  expect(problems[0]).toMatchObject({
    code: 'ALREADY_SETTLED',
    message: 'it is DISCARDED already by bob: noise',
  });
  expect(codes(await settled.quarantine.discard(BY))).toEqual(['ALREADY_SETTLED']);
  const none = quarantineOver(recorded, null);
  expect(codes(await none.quarantine.replay(BY))).toEqual(['UNKNOWN_QUARANTINED']);
  expect(codes(await none.quarantine.discard(BY))).toEqual(['UNKNOWN_QUARANTINED']);
});

test('a registration is registered, then settled; with problems it is not', async () => {
  const registration = { declarations: [], problems: [], serviceName: null };
  const good = quarantineOver(recorded, {}, { kind: 'registration', registration });
  expect(codes(await good.quarantine.replay(BY))).toEqual([]);
  expect([good.submitted, good.settled]).toEqual([[], ['REPLAYED']]);
  const bad = { code: 'UNKNOWN_FIELD', message: 'x', path: null, line: null, suggestions: [] };
  const wrong = quarantineOver(
    recorded,
    {},
    { kind: 'registration', registration: { ...registration, problems: [bad] } },
  );
  expect(codes(await wrong.quarantine.replay(BY))).toEqual(['UNKNOWN_FIELD']);
  expect(wrong.settled).toEqual([]);
});

test('what is discarded is settled', async () => {
  const { quarantine, settled } = quarantineOver(recorded);
  expect(codes(await quarantine.discard(BY))).toEqual([]);
  expect(settled).toEqual(['DISCARDED']);
});
