/**
 * JSON that is passed on letter for letter, for every module (rules.md#json-text). Knows: JSON text
 * and values. Refuses to know: everything else. In: text. Out: values that print as they were read,
 * and their text. This file: a number that would print differently keeps its text.
 */
interface RawJson {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
}
const raw = JSON as unknown as RawJson;

/** A JavaScript number if it prints as `source`, else a raw JSON value that keeps the text. */
export function exactNumber(source: string): unknown {
  const value = Number(source);
  return JSON.stringify(value) === source ? value : raw.rawJSON(source);
}

/** A reviver for JSON.parse that keeps the text of numbers. */
export function exactNumbers(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  return typeof value === 'number' && context?.source !== undefined
    ? exactNumber(context.source)
    : value;
}

/** The text of a number that keeps it; null = another value. */
export function numberText(value: unknown): string | null {
  return raw.isRawJSON(value) ? (value as { readonly rawJSON: string }).rawJSON : null;
}

/** A number that keeps its text, as a JavaScript number; other values unchanged. */
export function plainNumber(value: unknown): unknown {
  const text = numberText(value);
  return text === null ? value : Number(text);
}
