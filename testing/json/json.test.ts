/** JSON is carried as it came, white space apart (rules.md#json-text). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exactNumber, exactNumbers, numberText, plainNumber } from '../../src/json/numbers.js';
import { jsonText, jsonTextOf } from '../../src/json/order.js';
import { readJson, readPrinted } from '../../src/json/read.js';
import { unsupported } from '../../src/json/unsupported.js';
import { jsonSource, spaced } from './json-source.js';

const through = (text: string): string => {
  const read = readJson(text);
  if (!read.ok) throw new Error(`${text} ${read.why}`);
  return jsonText(read.value);
};
const why = (text: string): string | null => {
  const read = readJson(text);
  return read.ok ? null : read.why;
};

describe('a text that is read and written', () => {
  test('is the same, white space apart', () => {
    fc.assert(
      fc.property(jsonSource, (text) => {
        expect(through(text)).toBe(text);
        expect(through(spaced(text))).toBe(text);
        expect(jsonText(readPrinted(text))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    '1.0',
    '1000.0',
    '-0',
    '-0.0',
    '0.12345678901234567890',
    '9007199254740993',
    '1E3',
    '1e+3',
    '12345678901234.123456789',
    '1.10',
    '[1.0,{"a":-0}]',
    '{"b":1,"10":2,"2":{"1":3,"0":4}}',
    '{"__proto__":1}',
    '""',
    '"a\\"b\\\\"',
    '{}',
    '[]',
    '[[],{},[{}]]',
    'null',
    'true',
    'false',
  ])('%s', (text) => expect(through(text)).toBe(text));

  test('the value is the one that JSON.parse gives, but for the text of numbers', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = spaced(JSON.stringify(value));
        const read = readJson(text);
        expect(read.ok && jsonText(read.value)).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  test('fields that are put together of what was read keep it, too', () => {
    const { a, b } = readPrinted('{"a": {"1":1,"0":2}, "b": 1.0}') as Record<string, unknown>;
    expect(jsonTextOf({ b, a, gone: undefined })).toBe('{"b":1.0,"a":{"1":1,"0":2}}');
  });
});

describe('what is no JSON is refused', () => {
  test('nothing else is taken than JSON.parse takes', () => {
    const parses = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const damaged = fc
      .tuple(
        jsonSource,
        fc.nat(),
        fc.constantFrom('', '"', ',', '{', ']', '\\', '0', '\u0001', ':'),
      )
      .map(([text, at, put]) => {
        const index = at % (text.length + 1);
        return ` ${text.slice(0, index)}${put}${text.slice(index + (put === '' ? 1 : 0))}`;
      });
    fc.assert(
      fc.property(damaged, (text) => {
        const reason = why(text);
        if (reason === null || reason === 'is not JSON') expect(reason === null).toBe(parses(text));
        else expect(reason).toMatch(/twice$|too large$/);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    '',
    ' ',
    '{',
    '[',
    '[1',
    '[1,',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '[,]',
    '{a:1}',
    '01',
    '1.',
    '.5',
    '+1',
    '"a',
    '"\\',
    '"\\x"',
    '"\n"',
    'nul',
    '1 2',
    '{} {}',
    '[1 2]',
    '{"a" 1}',
    '\ufeff{}',
    '[1]]',
  ])('%j', (text) => expect(why(text)).toBe('is not JSON'));

  test('a field that is there twice', () => {
    expect(why('{"a":1,"b":2,"a":3}')).toBe('has the field "a" twice');
    expect(why('[{"x":{"__proto__":1,"__proto__":1}}]')).toBe('has the field "__proto__" twice');
    expect(why('{"\\u0061":1,"a":1}')).toBe('has the field "a" twice');
    expect(why('{"a":{"a":1},"b":[{"a":1},{"a":1}]}')).toBeNull();
  });

  test('a number that no reader could hold', () => {
    expect(why('[1e400]')).toBe('has the number 1e400, which is too large');
    const kept = readJson('[1e400]', 200, true);
    expect(kept.ok && jsonText(kept.value)).toBe('[1e400]');
  });

  test('more levels than are allowed, without recursion on the way', () => {
    expect(why('['.repeat(201) + ']'.repeat(201))).toContain('deeper than 200 levels');
    expect(why('['.repeat(200) + ']'.repeat(200))).toBeNull();
    expect(why('{"a":'.repeat(100_000))).toContain('deeper than 200 levels');
    expect(readJson('[[1]]', 1)).toEqual({ ok: false, why: 'is nested deeper than 1 levels' });
    expect(() => readPrinted('{')).toThrow('is not JSON');
  });

  test('in a time that grows with the text only', () => {
    const ms = (size: number): number => {
      const text = `[${'{"a":1.0,"b":"\\\\\\""},'.repeat(size)}0]`;
      const from = performance.now();
      expect(why(text)).toBeNull();
      return performance.now() - from;
    };
    // A busy machine makes one measurement slow, not all; work that grows too fast is slow each
    // time.
    const least = (size: number): number => Math.min(...Array.from({ length: 5 }, () => ms(size)));
    ms(2000);
    expect(least(80_000)).toBeLessThan(40 * Math.max(least(8000), 1));
  });
});

describe('numbers', () => {
  test('that print as they came are values, others keep their text', () => {
    expect([exactNumber('1'), exactNumber('-1.5'), exactNumber('1e+21')]).toEqual([1, -1.5, 1e21]);
    expect(['1.0', '1E3', '-0'].map((text) => numberText(exactNumber(text)))).toEqual([
      '1.0',
      '1E3',
      '-0',
    ]);
    expect([numberText(1), numberText('1'), numberText(null), numberText({})]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect([plainNumber(exactNumber('1E3')), plainNumber('x'), plainNumber(2)]).toEqual([
      1000,
      'x',
      2,
    ]);
  });

  test('as a reviver of JSON.parse', () => {
    const parsed = JSON.parse('[1.0,"1.0",2]', exactNumbers as never);
    expect(JSON.stringify(parsed)).toBe('[1.0,"1.0",2]');
    expect(exactNumbers('', 1)).toBe(1);
  });
});

describe('what no message can carry', () => {
  const wrong = (text: string, endless = true): string | null => {
    const read = readJson(text, 1000, endless);
    if (!read.ok) throw new Error(read.why);
    return unsupported(read.value);
  };

  test.each(['null', '7', '"text"', '[]', '{"a":[1,{"b":1.0}]}', '1e300'])('%s can be', (text) => {
    expect(wrong(text)).toBeNull();
  });

  test('is nested too deep, a number that is no double, or a __proto__ field', () => {
    expect(wrong(`${'['.repeat(200)}${']'.repeat(200)}`)).toBeNull();
    expect(wrong(`${'['.repeat(201)}${']'.repeat(201)}`)).toBe('is nested deeper than 200 levels');
    expect(wrong('{"a":[1e400]}')).toBe('has a number that is too large for JSON');
    expect(wrong('[{"__proto__":1}]')).toContain('__proto__');
  });
});
