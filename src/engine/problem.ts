/** A problem with what a caller requested, which is no document: it has no line (docs/protocol.md, "Problems"). */
import type { Problem, Store } from './ports.js';

export function problem(
  code: string,
  message: string,
  path: string | null = null,
  suggestions: readonly string[] = [],
): Problem {
  return { code, message, path, line: null, suggestions };
}

const MOST_SUGGESTIONS = 3;

/** `path`: the input's field that has the name. `instead`: what else than registering would help, with its comma. */
export async function unknownOrchestration(
  store: Pick<Store, 'similarNames'>,
  name: string,
  path: string,
  instead = '',
): Promise<Problem> {
  return problem(
    'UNKNOWN_ORCHESTRATION',
    `no orchestration is called ${name}; register it first${instead}`,
    path,
    await store.similarNames(name, MOST_SUGGESTIONS),
  );
}
