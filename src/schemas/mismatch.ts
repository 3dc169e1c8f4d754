/** Where a payload does not match its schema, and why: with names of fields, never with values. */
import type { ErrorObject } from 'ajv';
import type { SchemaMismatch } from '../engine/ports.js';

const LONGEST_PATH = 200;

export function mismatchOf(errors: readonly ErrorObject[]): SchemaMismatch {
  // With anyOf and oneOf the last error is about all alternatives together.
  const error = errors.at(-1);
  if (error === undefined) return { path: 'payload', message: 'payload does not match' };
  const at = pathOf(error.instancePath);
  const named = fieldOf(error);
  const path = (named === null ? at : `${at}.${named}`).slice(0, LONGEST_PATH);
  return { path, message: `${path} ${reasonOf(error)}` };
}

/** A JSON pointer as a path: `payload.items[0].sku`. */
function pathOf(pointer: string): string {
  const parts = pointer.split('/').slice(1);
  const names = parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return `payload${names.map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`)).join('')}`;
}

/** The field that is missing, or not allowed. */
function fieldOf({ params }: ErrorObject): string | null {
  const { missingProperty, additionalProperty, unevaluatedProperty } = params as Readonly<
    Record<string, unknown>
  >;
  const named = missingProperty ?? additionalProperty ?? unevaluatedProperty;
  return typeof named === 'string' ? named : null;
}

function reasonOf({ keyword, params, message }: ErrorObject): string {
  if (keyword === 'required' || keyword === 'dependentRequired') return 'is missing';
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties')
    return 'is not allowed by the schema';
  const { allowedValues } = params as { readonly allowedValues?: readonly unknown[] };
  if (allowedValues !== undefined)
    return `must be one of ${JSON.stringify(allowedValues).slice(0, LONGEST_PATH)}`;
  return (message ?? 'does not match').slice(0, LONGEST_PATH);
}
