/** The gateway this page came from, through the typed client. */
import {
  type BackstepClient,
  BackstepError,
  createClient,
  ProblemError,
} from '../../client/index.js';
import { accessToken } from './session.js';
import { renewedToken } from './sign-in.js';

export const gateway: BackstepClient = createClient({
  url: new URL('/graphql', location.href).href,
  headers: async (refused) => {
    const token = refused === undefined ? accessToken() : await renewedToken();
    return token === null ? {} : { authorization: `Bearer ${token}` };
  },
});

/** What went wrong, for people: what the gateway answered, or why there was no answer. */
export function messageOf(error: unknown): string {
  if (error instanceof ProblemError)
    return error.problems.map(({ message }) => message).join(' · ') || 'The gateway refused it.';
  if (error instanceof BackstepError && error.code === 'CONNECTION')
    return 'The gateway cannot be reached.';
  return error instanceof Error ? error.message : String(error);
}

/** The same may succeed later. */
export function mayPass(error: unknown): boolean {
  return error instanceof BackstepError && error.retryable;
}

export function codeOf(error: unknown): string | null {
  if (error instanceof ProblemError) return error.problems[0]?.code ?? null;
  return error instanceof BackstepError ? error.code : null;
}
