import { expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits/limits.js';
import { createDecoder } from '../../src/wire/decode.js';
import { isWide } from '../../src/wire/wide-registration.js';

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  ['{"a":1,"b":2}', false],
  ['{"a":1,"b":2,"c":3}', true],
  ['[1,2]', false],
  ['[1,2,3]', true],
  ['[[1,2],[1,2]]', false],
  ['{"a":[1,2],"b":{"c":1,"d":2}}', false],
  ['["a,b,c,\\",d,e","f"]', false],
  ['["\\\\",1,2]', true],
  // No JSON: whatever it is, it is looked at once.
  ['}}},,', true],
  ['"never ends,,,,', false],
  ['', false],
])('%s has more than two fields or entries side by side: %s', (text, wide) => {
  expect(isWide(bytes(text), 2)).toBe(wide);
});

test('a registration with too many fields side by side is a problem, before it is parsed', () => {
  const decode = createDecoder({ payloadLimit: 1000 });
  const most = LIMITS.documentWidth.value;
  const payload = Object.fromEntries(Array.from({ length: most + 1 }, (_, n) => [`k${n}`, n]));
  const value = bytes(JSON.stringify({ payload, headers: {} }));
  expect(decode('orchestrator.registration', { key: null, value, headers: {} })).toMatchObject({
    kind: 'registration',
    registration: { declarations: [], problems: [{ code: 'DOCUMENT_TOO_COMPLEX' }] },
  });
  expect(decode('orchestrator.registration', { key: null, value: null, headers: {} }).kind).toBe(
    'poison',
  );
});
