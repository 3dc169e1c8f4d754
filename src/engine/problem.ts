/**
 * A problem with what a caller requested, which is no document: it has no line (docs/protocol.md,
 * "Problems").
 */
import type { Within } from '../names/patterns.js';
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

interface UnknownOptions {
  readonly instead?: string;
  readonly within?: Within;
}

export function unknownFlow(flowId: string): Problem {
  return problem('UNKNOWN_FLOW', `there is no flow ${flowId}`, 'flowId');
}

/**
 * `path`: the input's field that has the name. `instead`: what else than registering would help,
 * with its comma.
 */
export async function unknownOrchestration(
  store: Pick<Store, 'similarNames'>,
  name: string,
  path: string,
  { instead = '', within }: UnknownOptions = {},
): Promise<Problem> {
  return problem(
    'UNKNOWN_ORCHESTRATION',
    `no orchestration is called ${name}; register it first${instead}`,
    path,
    await store.similarNames(name, MOST_SUGGESTIONS, within),
  );
}
