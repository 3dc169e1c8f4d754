/** What is masked in a payload, and in a sentence about it. */
import { describe, expect, test } from '@jest/globals';
import {
  addSecrets,
  maskFields,
  maskText,
  readSensitivePath,
  type SensitivePath,
  withoutSecrets,
} from '../../src/json/mask.js';
import { readPrinted } from '../../src/json/read.js';

function paths(...texts: readonly string[]): SensitivePath[] {
  return texts.map((text) => {
    const path = readSensitivePath(text);
    if (path === null) throw new Error(`${text} is no path`);
    return path;
  });
}

describe('a path', () => {
  test.each([
    ['payload', '"***"'],
    ['payload.card', '{"card":"***","other":{"card":"x"},"list":[{"card":1},{"card":2}]}'],
    ['payload.other.card', '{"card":"4111","other":{"card":"***"},"list":[{"card":1},{"card":2}]}'],
    [
      'payload.list[*].card',
      '{"card":"4111","other":{"card":"x"},"list":[{"card":"***"},{"card":"***"}]}',
    ],
    [
      'payload.list.card',
      '{"card":"4111","other":{"card":"x"},"list":[{"card":"***"},{"card":"***"}]}',
    ],
    [
      'payload.list[1].card',
      '{"card":"4111","other":{"card":"x"},"list":[{"card":1},{"card":"***"}]}',
    ],
    ['payload.list[1]', '{"card":"4111","other":{"card":"x"},"list":[{"card":1},"***"]}'],
    ['payload.*', '{"card":"***","other":"***","list":"***"}'],
    [
      'payload.*.card',
      '{"card":"4111","other":{"card":"***"},"list":[{"card":"***"},{"card":"***"}]}',
    ],
    [
      'payload..card',
      '{"card":"***","other":{"card":"***"},"list":[{"card":"***"},{"card":"***"}]}',
    ],
    [`payload['card']`, '{"card":"***","other":{"card":"x"},"list":[{"card":1},{"card":2}]}'],
    [
      'payload["other"].card',
      '{"card":"4111","other":{"card":"***"},"list":[{"card":1},{"card":2}]}',
    ],
    ['payload.nothing.card', '{"card":"4111","other":{"card":"x"},"list":[{"card":1},{"card":2}]}'],
    ['payload.card.number', '{"card":"4111","other":{"card":"x"},"list":[{"card":1},{"card":2}]}'],
  ])('%s masks what it leads to', (path, masked) => {
    const text = '{"card":"4111","other":{"card":"x"},"list":[{"card":1},{"card":2}]}';
    expect(maskText(text, paths(path))).toBe(masked);
  });

  test.each([
    '',
    'card',
    'payloads',
    'payload.',
    'payload[',
    'payload[x]',
    'payload.a b',
    '$.card',
    'payload...a',
    'header.x',
  ])('%j is none', (text) => {
    expect(readSensitivePath(text)).toBeNull();
  });
});

test('the rest of a payload keeps its digits and the order of its fields', () => {
  const text = '{"10":1.0,"b":12345678901234567890,"1":-0,"card":{"n":1E3},"z":null}';
  expect(maskText(text, paths('payload.card', 'payload.z'))).toBe(
    '{"10":1.0,"b":12345678901234567890,"1":-0,"card":"***","z":null}',
  );
  expect(maskText(text, [])).toBe(text);
  expect(maskText('1.50', paths('payload.card'))).toBe('1.50');
});

test('a number that is kept as text is masked, and has no fields', () => {
  expect(maskText('{"a":1.0}', paths('payload.a'))).toBe('{"a":"***"}');
  expect(maskText('{"a":1.0}', paths('payload.a.b', 'payload..b'))).toBe('{"a":1.0}');
});

test('a field called __proto__ is one like any other', () => {
  expect(maskText('{"__proto__":{"card":1}}', paths('payload.__proto__.card'))).toBe(
    '{"__proto__":{"card":"***"}}',
  );
});

test('of fields a copy is masked', () => {
  const headers = { token: 'abc', trace: 1 };
  expect(maskFields(headers, paths('headers.token'))).toEqual({ token: '***', trace: 1 });
  expect(maskFields(headers, paths('headers'))).toEqual({ token: '***', trace: '***' });
  expect(maskFields(headers, [])).toBe(headers);
  expect(headers.token).toBe('abc');
});

describe('a sentence', () => {
  function secrets(text: string, ...of: readonly string[]): Set<string> {
    const found = new Set<string>();
    addSecrets(readPrinted(text), paths(...of), found);
    return found;
  }

  test.each([
    ['{"card":"4111"}', 'card 4111 was declined', 'card *** was declined'],
    ['{"card":4111}', 'card 4111 was declined', 'card *** was declined'],
    ['{"card":12345678901234567890}', 'n=12345678901234567890', 'n=***'],
    ['{"card":{"n":"4111","cvv":"12"}}', '4111/12 of 120', '***/*** of 120'],
    ['{"card":["4111","5222"]}', '4111, 5222', '***, ***'],
    ['{"card":"4111 5222"}', '"4111 5222" and 4111', '"***" and 4111'],
    ['{"card":"a\\"b{c}"}', 'got {"card":"a\\"b{c}"} or a"b{c}', 'got {"card":"***"} or ***'],
    ['{"card":" 4111 "}', 'no 4111', 'no ***'],
    ['{"card":""}', 'empty', 'empty'],
    ['{"card":true}', 'true', 'true'],
    ['{"card":null}', 'null', 'null'],
    ['{"other":"4111"}', '4111', '4111'],
  ])('about %s: %s', (payload, sentence, masked) => {
    expect(withoutSecrets(sentence, secrets(payload, 'payload.card'))).toBe(masked);
  });

  test('longer values are masked first, so that no rest of them is left', () => {
    expect(withoutSecrets('41111', new Set(['4111', '41111']))).toBe('***');
  });

  test('one that would take too long to look through is masked as a whole', () => {
    const many = new Set(Array.from({ length: 5_000 }, (_, index) => `secret-${index}`));
    expect(withoutSecrets('x'.repeat(5_000), many)).toBe('***');
  });
});
