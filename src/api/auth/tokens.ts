/** AUTH=tokens: a file of hashed tokens, read again when it changes. */
import { stampOf } from '../../files/stamp.js';
import type { Log } from '../../observability/log.js';
import { idOf, isOf, type TokenEntry } from '../../tokens/token.js';
import { readTokens } from '../../tokens/token-file.js';
import { type Authentication, byBearer, expired, Unauthenticated } from './authentication.js';
import { Endings } from './endings.js';
import { isExpired, type Principal } from './principal.js';

interface Known {
  readonly entry: TokenEntry;
  readonly principal: Principal;
}

/** How often the file is looked at. */
const LOOK_MS = 1000;
/** Compared with when there is no such id: the answer takes as long. */
const NOBODY = { hash: '0'.repeat(64) };
const INVALID = 'the token is not valid; it was revoked, or it belongs to another gateway';
const REVOKED = 'the token was revoked or changed';

export interface TokensOptions {
  readonly path: string;
  readonly log: Log;
  readonly lookMs?: number;
}

/**
 * Throws BadTokenFile when the file cannot be used at the start; later the last good list stays,
 * and the log has the reason.
 */
export function openTokens({ path, log, lookMs = LOOK_MS }: TokensOptions): Authentication {
  const endings = new Endings();
  let seen = stampOf(path);
  let known = knownOf(readTokens(path), new Map());
  const look = (): void => {
    const stamp = stampOf(path);
    if (stamp === seen) return;
    seen = stamp;
    try {
      known = knownOf(readTokens(path), known);
      const valid = new Set([...known.values()].map(({ principal }) => principal));
      endings.endUnless((principal) => valid.has(principal), REVOKED);
      log.info({ path, tokens: known.size }, 'the file of tokens has changed and was read again');
    } catch (error) {
      log.error({ err: error, path }, 'the changed file of tokens is wrong; the last one counts');
    }
  };
  const timer = setInterval(look, lookMs);
  timer.unref();
  return {
    mode: 'tokens',
    ...byBearer((token) => principalOf(token, known)),
    watch: (principal, ended) => endings.watch(principal, ended),
    close: () => clearInterval(timer),
  };
}

function principalOf(token: string, known: ReadonlyMap<string, Known>): Principal {
  const found = known.get(idOf(token) ?? '');
  const fits = isOf(token, found?.entry ?? NOBODY);
  if (found === undefined || !fits) throw new Unauthenticated(INVALID);
  if (isExpired(found.principal, Date.now())) throw expired();
  return found.principal;
}

/** A token that has not changed keeps its principal, and with it its connections. */
function knownOf(
  entries: readonly TokenEntry[],
  before: ReadonlyMap<string, Known>,
): ReadonlyMap<string, Known> {
  return new Map(
    entries.map((entry) => {
      const old = before.get(entry.id);
      const same = old !== undefined && JSON.stringify(old.entry) === JSON.stringify(entry);
      return [entry.id, same ? old : { entry, principal: madeOf(entry) }];
    }),
  );
}

function madeOf({ name, roles, scopes, expiresAt }: TokenEntry): Principal {
  const until = expiresAt === null ? null : Date.parse(expiresAt);
  return { subject: name, name, kind: 'token', roles, scopes, expiresAt: until };
}
