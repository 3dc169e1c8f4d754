import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { printable, printableJson } from '../../src/observability/printable.js';

/** By number: a source file had better not contain them. */
const of = (...codes: number[]): string => String.fromCharCode(...codes);
const [ESC, BEL, CR, CSI, RLO, PDI, LINE] = [27, 7, 13, 0x9b, 0x202e, 0x2069, 0x2028];

test.each([ESC, BEL, CR, CSI, RLO, PDI, LINE, 0, 0x7f])('%d is spelled out', (code) => {
  const spelled = `\\u${code.toString(16).padStart(4, '0')}`;
  expect(printable(`a${of(code)}b`)).toBe(`a${spelled}b`);
  expect(JSON.parse(printableJson(JSON.stringify({ text: of(code) })))).toEqual({ text: spelled });
});

test('what is harmless stays, letters of all scripts and line feeds included', () => {
  const text = 'Zürich\n\tשלום 漢字 😀 \\u001b "quoted" \\';
  expect(printable(text)).toBe(text);
  expect(JSON.parse(printableJson(JSON.stringify({ text })))).toEqual({ text });
});

test('a line of JSON stays one, and nothing harmful is left in it or its values', () => {
  const harmful = (text: string) => printable(text) !== text;
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const line = printableJson(JSON.stringify({ text }));
      expect(harmful(line)).toBe(false);
      expect(harmful((JSON.parse(line) as { text: string }).text)).toBe(false);
    }),
  );
});
