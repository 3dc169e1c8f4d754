/**
 * API tokens (AUTH=tokens). Knows: how one is made, hashed and kept in a file. Refuses to know:
 * HTTP, what a role may do. In: a name, roles, scopes. Out: the token once, and an entry that holds
 * its hash only.
 *
 * A token is 256 random bits: it cannot be guessed or found in a dictionary, so that one round of
 * SHA-256 is enough and costs nothing per request. Slow hashes (argon2, bcrypt) are for passwords,
 * which people choose.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Role } from '../names/roles.js';

export interface TokenEntry {
  /** Not secret: stands in the token, in lists and in the log. */
  readonly id: string;
  /** Of the program or person that has it; unique. What is stored with their actions. */
  readonly name: string;
  /** SHA-256 of the whole token, in hexadecimal digits. */
  readonly hash: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly string[];
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; null = it does not expire. */
  readonly expiresAt: string | null;
}

/** `backstep_<id>_<secret>`: scanners of leaked secrets find it by its prefix. */
const FORM = /^backstep_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
const ID_BYTES = 6;
const SECRET_BYTES = 32;

export function createToken(fields: Omit<TokenEntry, 'id' | 'hash'>): {
  readonly token: string;
  readonly entry: TokenEntry;
} {
  const id = randomBytes(ID_BYTES).toString('hex');
  const token = `backstep_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { token, entry: { id, ...fields, hash: digestOf(token).toString('hex') } };
}

/** The id in it; null: it does not look like a token. */
export function idOf(token: string): string | null {
  return FORM.exec(token)?.[1] ?? null;
}

/** Takes the same time wherever they differ. */
export function isOf(token: string, { hash }: Pick<TokenEntry, 'hash'>): boolean {
  return timingSafeEqual(digestOf(token), Buffer.from(hash, 'hex'));
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
