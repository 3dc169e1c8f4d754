import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Delivery, Wire } from '../../src/engine/ports.js';
import { createDecoder, type Decoded } from '../../src/wire/decode.js';
import { createWire } from '../../src/wire/outgoing.js';
import { INTAKE_TOPICS } from '../../src/wire/topics.js';

const decode = createDecoder({ payloadLimit: 1000 });

/** The rooms do not know each other; what they exchange is the same all the same. */
const asDelivery = (
  decoded: Decoded,
): Pick<Delivery, 'input' | 'start' | 'registration' | 'poison'> => decoded;
const asDecoded = (delivery: Decoded): Decoded => delivery;
const asWire: Wire = createWire({ commandTypeId: null, source: '/' });

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
      const { input, start, registration, poison } = asDelivery(
        asDecoded(decode(topic, { key: null, value, headers: {} })),
      );
      expect(
        [input, start, registration, poison].filter((one) => one !== null).length,
      ).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
  expect(asWire.stepTopics('a', 'b')).toHaveLength(2);
});
