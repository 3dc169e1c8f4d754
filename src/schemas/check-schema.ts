/**
 * Checks that a payloadSchema can be enforced, when its document is read, in the worker thread that
 * reads documents.
 */
import { compile } from './compile.js';
import { type SchemaFault, structureOf } from './structure.js';

/**
 * What is wrong, and where in the schema; or how many schemas it contains, counted through its
 * references.
 */
export function checkSchema(
  schema: unknown,
): { readonly nodes: number } | { readonly wrong: SchemaFault } {
  const structure = structureOf(schema);
  if ('wrong' in structure) return structure;
  const compiled = compile(schema as object);
  return 'wrong' in compiled ? { wrong: { at: [], message: compiled.wrong } } : structure;
}
