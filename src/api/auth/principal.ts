/**
 * Who calls, as far as it is proven. Knows: identities, roles, name patterns, time as a number.
 * Refuses to know: HTTP, tokens, the engine. In: what an authentication found out. Out: questions
 * about it, answered by pure functions.
 */
import { ANY_NAME } from '../../names/patterns.js';
import { ROLES, type Role } from '../../names/roles.js';

export interface Principal {
  /** Unique and stable: what is stored as the actor. Of the kind `none` it is `anonymous`. */
  readonly subject: string;
  /**
   * For people. Of the kind `none` it is what the header X-Actor claims, and nobody has proven it.
   */
  readonly name: string;
  /** How the identity was proven; `none`: not at all (AUTH=none). `system`: the gateway itself. */
  readonly kind: 'none' | 'token' | 'jwt' | 'system';
  readonly roles: readonly Role[];
  /** Name patterns of the orchestrations it may see, like `tenant*`; `*` = all. */
  readonly scopes: readonly string[];
  /** Milliseconds since 1970; null = it does not expire. */
  readonly expiresAt: number | null;
}

/** With AUTH=none: every right, and a name that nobody has proven. */
export function anonymous(displayName: unknown): Principal {
  const name = printableName(displayName) ?? 'anonymous';
  return { ...EVERY_RIGHT, subject: 'anonymous', name, kind: 'none', expiresAt: null };
}

const EVERY_RIGHT = { roles: ROLES, scopes: [ANY_NAME] } as const;

/** Whoever calls what is open to everybody. */
export const NOBODY: Principal = {
  ...{ subject: 'nobody', name: 'nobody', kind: 'none', expiresAt: null },
  ...{ roles: [], scopes: [] },
};

/** What the gateway does by itself. */
export const SYSTEM: Principal = {
  ...EVERY_RIGHT,
  subject: 'system',
  name: 'system',
  kind: 'system',
  expiresAt: null,
};

/**
 * Who is stored with an action: the proven subject; without authentication the name that was
 * claimed.
 */
export function actorOf({ kind, subject, name }: Principal): string {
  return kind === 'none' ? name : subject;
}

export function isExpired({ expiresAt }: Principal, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

const LONGEST_NAME = 100;

/** As far as it can be stored and shown; null = nothing is left of it. */
function printableName(given: unknown): string | null {
  const text = typeof given === 'string' ? given.replace(/[^\x20-\x7e]/g, '').trim() : '';
  return text === '' ? null : text.slice(0, LONGEST_NAME);
}
