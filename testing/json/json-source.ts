/**
 * JSON text as other languages write it: numbers in every form, names in any order, strings as
 * JSON.stringify prints them.
 */
import fc from 'fast-check';

const digits = fc.stringMatching(/^(?:0|[1-9]\d{0,24})$/);
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits,
    fc.stringMatching(/^(?:\.\d{1,20})?$/),
    fc.stringMatching(/^(?:[eE][+-]?\d{1,2})?$/),
  )
  .map((parts) => parts.join(''));
/** What PostgreSQL keeps: no NUL, no half of a pair. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((one) => JSON.stringify(one.replaceAll('\u0000', '').toWellFormed()));
const name = fc.oneof(
  text,
  fc.nat(2000).map((index) => `"${index}"`),
);

export const jsonSource: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    text,
    fc.constantFrom('true', 'false', 'null'),
    fc.array(tie('value'), { maxLength: 6 }).map((parts) => `[${parts.join(',')}]`),
    fc
      .uniqueArray(fc.tuple(name, tie('value')), { maxLength: 6, selector: ([key]) => key })
      .map((fields) => `{${fields.map((field) => field.join(':')).join(',')}}`),
  ),
})).value;

/** White space wherever it may stand. */
export function spaced(source: string): string {
  let inString = false;
  let out = '';
  for (let index = 0; index < source.length; index++) {
    const one = source[index] ?? '';
    if (inString && one === '\\') out += one + (source[++index] ?? '');
    else {
      if (one === '"') inString = !inString;
      out += !inString && '{}[],:'.includes(one) ? `\n ${one}\t` : one;
    }
  }
  return out;
}
