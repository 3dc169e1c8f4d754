/** JSON given on the command line, from a file or from standard input, kept digit for digit. */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';

/** Node 22 and newer have it; TypeScript's library does not know it yet. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** `1.0` and 9007199254740993 stay what they are when they are written again. */
const keepNumbers: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && String(value) !== source
    ? rawJSON(source)
    : value;

/** `@file` reads a file, `-` reads standard input, anything else is the JSON itself. */
export function readPayload(argument: string): unknown {
  const text = textOf(argument);
  try {
    return JSON.parse(text, keepNumbers as (key: string, value: unknown) => unknown);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(
      `it is not JSON: ${reason}. Text needs quotes inside: --payload '"text"'`,
    );
  }
}

function textOf(argument: string): string {
  if (argument === '-') return readFileSync(0, 'utf8');
  if (!argument.startsWith('@')) return argument;
  try {
    return readFileSync(argument.slice(1), 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(reason);
  }
}

/** A number of a version. */
export function whole(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
