/**
 * The file of API tokens: hashes, names, roles. Whoever can write it can do everything, so nobody
 * else may even read it.
 */
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { problemOfSecret } from '../files/secret.js';
import { isPattern, PATTERN_FORM } from '../names/patterns.js';
import { ROLES } from '../names/roles.js';
import type { TokenEntry } from './token.js';

/** For its owner, and nobody else. */
const MODE = 0o600;

const TIME = z.iso.datetime({ error: 'must be a time like 2027-01-31T00:00:00.000Z' });
const ENTRY = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/, 'must be 12 hexadecimal digits'),
  name: z.string().regex(/^[\x21-\x7e]{1,100}$/, 'must be 1 to 100 printable characters'),
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  roles: z.array(z.enum(ROLES, `must be of ${ROLES.join(', ')}`)).min(1, 'must name a role'),
  scopes: z.array(z.string().refine(isPattern, `must be ${PATTERN_FORM}`)).min(1),
  createdAt: TIME,
  expiresAt: TIME.nullable(),
});
const FILE = z.strictObject({ tokens: z.array(ENTRY) });

/** The file cannot be used; the message has the path and what to do. */
export class BadTokenFile extends Error {}

/** Throws BadTokenFile. */
export function readTokens(path: string): readonly TokenEntry[] {
  checkMode(path);
  const { data, error } = FILE.safeParse(parsed(path));
  if (data === undefined) {
    const [issue] = error.issues;
    throw bad(path, `${issue?.path.join('.') || 'it'}: ${issue?.message}`);
  }
  const twice = data.tokens.find(
    ({ id, name }, at) => data.tokens.findIndex((one) => one.id === id || one.name === name) < at,
  );
  if (twice !== undefined) throw bad(path, `${twice.name} (${twice.id}) is there twice`);
  return data.tokens;
}

/** What is there is replaced in one step: a reader gets the old list or the new one. */
export function writeTokens(path: string, tokens: readonly TokenEntry[]): void {
  const next = `${path}.new`;
  writeFileSync(next, `${JSON.stringify({ tokens }, null, 2)}\n`, { mode: MODE });
  // A file that was there already keeps the mode it had.
  chmodSync(next, MODE);
  renameSync(next, path);
}

/** The tokens of a file that may not be there yet. */
export function tokensOrNone(path: string): readonly TokenEntry[] {
  return existsSync(path) ? readTokens(path) : [];
}

function checkMode(path: string): void {
  const problem = problemOf(path);
  if (problem !== null) throw bad(path, problem);
}

function problemOf(path: string): string | null {
  try {
    return problemOfSecret(path);
  } catch (error) {
    throw bad(path, `${reasonOf(error)}; backstep token create makes it`);
  }
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw bad(path, reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function bad(path: string, why: string): BadTokenFile {
  return new BadTokenFile(`the file of tokens ${path} cannot be used: ${why}`);
}
