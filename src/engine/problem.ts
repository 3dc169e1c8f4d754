/** A problem with what a caller requested, which is no document: it has no line (docs/protocol.md, "Problems"). */
import type { Problem } from './ports.js';

export function problem(
  code: string,
  message: string,
  path: string | null = null,
  suggestions: readonly string[] = [],
): Problem {
  return { code, message, path, line: null, suggestions };
}
