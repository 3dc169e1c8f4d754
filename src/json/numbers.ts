/**
 * JSON as it came, for every module (rules.md#json-text). Knows: JSON text and values. Refuses to know: everything else. In: text. Out: values that print as they
 * were read, and their text. This file: numbers. One that would print differently is kept as its text.
 */
interface RawJson {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
}
const raw = JSON as unknown as RawJson;

/** A number as its value when that prints the same, else as its text. */
export function exactNumber(source: string): unknown {
  const value = Number(source);
  return JSON.stringify(value) === source ? value : raw.rawJSON(source);
}

/** For JSON.parse: keeps the text of numbers. */
export function exactNumbers(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  return typeof value === 'number' && context?.source !== undefined
    ? exactNumber(context.source)
    : value;
}

/** The text of a number that is kept as such; null = it is something else. */
export function numberText(value: unknown): string | null {
  return raw.isRawJSON(value) ? (value as { readonly rawJSON: string }).rawJSON : null;
}

/** What is computed with: a number that is kept as text as its value. */
export function plainNumber(value: unknown): unknown {
  const text = numberText(value);
  return text === null ? value : Number(text);
}
