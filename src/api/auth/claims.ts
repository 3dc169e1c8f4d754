/** What a JWT's claims mean here. Pure: claims and settings in, a principal out. */
import { ANY_NAME, isPattern } from '../../names/patterns.js';
import { isRole, type Role } from '../../names/roles.js';
import type { Principal } from './principal.js';

export interface ClaimRules {
  /** Path of the claim with roles or groups, like `realm_access.roles`. */
  readonly rolesClaim: string;
  /** Value of that claim → role; absent: values are roles by their names. */
  readonly roles: ReadonlyMap<string, Role> | null;
  /** Path of the claim with name patterns; null: every orchestration. */
  readonly scopesClaim: string | null;
  /** How long a token is valid after its time, ms. */
  readonly clockSkewMs: number;
}

export type Claims = Readonly<Record<string, unknown>>;

export function principalOfClaims(claims: Claims, rules: ClaimRules): Principal {
  const subject = String(claims.sub);
  const [name = subject] = [claims.name, claims.preferred_username, claims.email].filter(
    (one): one is string => typeof one === 'string' && one !== '',
  );
  return {
    subject,
    name,
    kind: 'jwt',
    roles: rolesOf(claims, rules),
    scopes: scopesOf(claims, rules),
    expiresAt: Number(claims.exp) * 1000 + rules.clockSkewMs,
  };
}

function rolesOf(claims: Claims, { rolesClaim, roles }: ClaimRules): Role[] {
  const values = textsAt(claims, rolesClaim);
  const found = values.flatMap((value) => {
    if (roles !== null) return roles.get(value) ?? [];
    return isRole(value) ? value : [];
  });
  return [...new Set(found)];
}

/** A claim that is not there gives no scope at all. */
function scopesOf(claims: Claims, { scopesClaim }: ClaimRules): string[] {
  return scopesClaim === null ? [ANY_NAME] : textsAt(claims, scopesClaim).filter(isPattern);
}

/** A list of texts, or one text with several separated by spaces, as `scope` is. */
function textsAt(claims: Claims, path: string): string[] {
  // A name with dots in it, like a URL, is a claim of its own.
  const found = Object.hasOwn(claims, path) ? claims[path] : valueAt(claims, path.split('.'));
  if (typeof found === 'string') return found.split(' ').filter((one) => one !== '');
  return Array.isArray(found) ? found.filter((one): one is string => typeof one === 'string') : [];
}

function valueAt(claims: Claims, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, part) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, part)
        ? (at as Claims)[part]
        : undefined,
    claims,
  );
}
