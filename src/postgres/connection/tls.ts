/**
 * `sslmode` with psql's meaning: the driver treats `prefer`, `require` and `verify-ca` like
 * `verify-full`, and has no fallback.
 */
import { readFileSync } from 'node:fs';
import { connect, isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { Fault } from '../../engine/ports.js';
import { isLoopback } from '../../names/loopback.js';
import type { Log } from '../../observability/log.js';

/** The connection URI in the driver's terms. */
export function driverUrl(url: URL): URL {
  const driver = new URL(url);
  const { searchParams } = driver;
  if (searchParams.get('sslmode') === 'allow') searchParams.set('sslmode', 'prefer');
  // `no-verify` is the driver's own mode; psql does not have it.
  if (searchParams.has('sslmode') && searchParams.get('sslmode') !== 'no-verify')
    searchParams.set('uselibpqcompat', 'true');
  // The driver uses the certificate authorities of the system by default.
  if (searchParams.get('sslrootcert') === 'system') searchParams.delete('sslrootcert');
  return driver;
}

/**
 * The address that the driver connects to from now on; null = the one of the settings is enough.
 */
export async function chosenUrl(
  url: URL,
  { withinMs, log }: { readonly withinMs: number; readonly log: Log },
): Promise<URL | null> {
  const mode = url.searchParams.get('sslmode');
  const prefers = mode === 'prefer' || mode === 'allow';
  if (!prefers && (mode !== null || isLocal(url))) return null;
  const has = await hasTls(url, withinMs);
  if (!has && !prefers) log.warn({ host: url.hostname }, IN_CLEAR);
  const encrypted = prefers ? 'require' : 'verify-full';
  const chosen = new URL(url);
  chosen.searchParams.set('sslmode', has ? encrypted : 'disable');
  chosen.searchParams.delete('options');
  return driverUrl(chosen);
}

const IN_CLEAR =
  'the connection to PostgreSQL is not encrypted, because the server has no TLS: set sslmode=verify-full in DATABASE_URL to require it, or sslmode=disable on a network of its own';

function isLocal(url: URL): boolean {
  return url.searchParams.has('host') || url.hostname === '' || isLoopback(url.hostname);
}

/**
 * The driver gives TLS the name of the server, but no address: the certificate of an address would
 * be compared with `localhost`. `client`: one of the driver's, not connected yet.
 */
export function verifyAddress(client: object): void {
  const { host = '', ssl } = client as { readonly host?: string; readonly ssl?: unknown };
  if (isIP(host) === 0 || typeof ssl !== 'object' || ssl === null) return;
  if ('checkServerIdentity' in ssl) return;
  Object.assign(ssl, {
    checkServerIdentity: (_name: string, certificate: PeerCertificate) =>
      checkServerIdentity(host, certificate),
  });
}

const FILES = ['sslrootcert', 'sslcert', 'sslkey'] as const;

/**
 * Throws with the name of a file that cannot be read: the driver's error looks like a socket that
 * is away.
 */
export function checkFiles(url: URL): void {
  for (const name of FILES) {
    const path = url.searchParams.get(name);
    if (path === null || (name === 'sslrootcert' && path === 'system')) continue;
    try {
      readFileSync(path);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`DATABASE_URL: the file of ${name} cannot be read: ${reason}`, { cause });
    }
  }
}

/** SSLRequest of the PostgreSQL protocol: its length, and the code that requests TLS. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const YES = 'S';

/** Whether the server speaks TLS on this port; rejects when it does not answer. */
function hasTls(url: URL, withinMs: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const socket = connect(Number(url.port || 5432), hostOf(url));
  socket.setTimeout(withinMs, () => socket.destroy(away('no answer in time')));
  socket.on('error', reject);
  socket.on('close', () => reject(away('it closed the connection')));
  socket.on('connect', () => socket.write(SSL_REQUEST));
  socket.once('data', (answer) => {
    resolve(answer.toString('latin1', 0, 1) === YES);
    socket.destroy();
  });
  return promise;
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.+)\]$/, '$1') || 'localhost';
}

function away(what: string): Fault {
  return new Fault('DATABASE_AWAY', `the database does not answer: ${what}`, {
    reason: 'the database does not answer',
  });
}
