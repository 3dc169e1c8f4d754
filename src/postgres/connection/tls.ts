/**
 * `sslmode` with psql's meaning: the driver treats `prefer`, `require` and `verify-ca` like
 * `verify-full`, and has no fallback.
 */
import { connect } from 'node:net';
import { Fault } from '../../engine/ports.js';

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

/** Whether the mode means: TLS if the server supports it, else without. */
export function prefersTls(url: URL): boolean {
  return /^(prefer|allow)$/.test(url.searchParams.get('sslmode') ?? '');
}

/** SSLRequest of the PostgreSQL protocol: its length, and the code that requests TLS. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const YES = 'S';

/** Whether the server speaks TLS on this port; rejects when it does not answer. */
export function hasTls(url: URL, withinMs: number): Promise<boolean> {
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
