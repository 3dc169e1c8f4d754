import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createDecoder } from '../../src/wire/decode.js';
import { createWire } from '../../src/wire/outgoing.js';
import { INTAKE_TOPICS } from '../../src/wire/topics.js';

const decode = createDecoder({ payloadLimit: 1000 });

const wire = createWire({ commandTypeId: null, source: '/' });

test('no bytes make the decoder throw, and something always comes of them', () => {
  const message = fc.record({
    headers: fc.dictionary(
      fc.constantFrom('flowId', 'stepName', 'action', 'status', 'attempt'),
      fc.jsonValue(),
    ),
    payload: fc.jsonValue(),
  });
  const values = fc.oneof(
    fc.uint8Array(),
    message.map((one) => new TextEncoder().encode(JSON.stringify(one))),
  );
  fc.assert(
    fc.property(fc.constantFrom(...INTAKE_TOPICS), values, (topic, value) => {
      const { kind } = decode(topic, { key: null, value, headers: {} });
      expect(['input', 'start', 'registration', 'poison']).toContain(kind);
    }),
    { numRuns: 500 },
  );
  expect(wire.stepTopics('a', 'b')).toHaveLength(2);
});
