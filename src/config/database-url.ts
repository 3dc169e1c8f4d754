/** The address of PostgreSQL, with what libpq's environment variables add to it. */
import { serversOf } from '../names/database-servers.js';
import { wrong } from './parsers.js';

const LIKE_A_DATABASE = 'postgresql://user:password@host:5432/database';
export const SSL_MODES = [
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
  'no-verify',
] as const;
/** The gateway writes: it cannot use the sessions of the other values. */
export const SESSION_ATTRIBUTES = ['any', 'read-write', 'primary'] as const;

/** Values of parameters that are checked here: what would be right. */
const PARAMETERS: Readonly<Record<string, (value: string) => string | null>> = {
  sslmode: oneOf(SSL_MODES),
  target_session_attrs: oneOf(SESSION_ATTRIBUTES),
  connect_timeout: (value) =>
    /^\d{1,4}$/.test(value) ? null : 'a whole number of seconds, at most 9999',
};

function oneOf(options: readonly string[]) {
  return (value: string): string | null =>
    options.includes(value) ? null : `one of ${options.join(', ')}`;
}

/**
 * The URI of a database. An unencoded special character in the password (`#`, `/`, `?`, `%`) gives
 * a different URI. It is refused here, before a part of the password is read as a port, a database
 * or a parameter and shown in an error.
 */
export function databaseUrl(value: string | null): string | null {
  if (value === null) return null;
  const addresses = (serversOf(value) ?? []).map((one) =>
    URL.canParse(one) ? new URL(one) : null,
  );
  const [address = null] = addresses;
  if (address === null || !addresses.every((one) => one !== null && isDatabase(one)))
    return wrong(
      `an address like ${LIKE_A_DATABASE}, several servers as @one:5432,two:5432/; in a password, write # as %23, / as %2F, ? as %3F, @ as %40 and % as %25`,
    );
  for (const [name, problem] of Object.entries(PARAMETERS)) {
    const given = address.searchParams.get(name);
    const expected = given === null ? null : problem(given);
    if (expected !== null) return wrong(`an address whose ${name} is ${expected}`);
  }
  return value;
}

function isDatabase({ username, password, pathname, hash, searchParams }: URL): boolean {
  return (
    hash === '' &&
    [username, password, pathname].every(isEncoded) &&
    /^\/?[^/@:]*$/.test(pathname) &&
    [...searchParams.keys()].every((name) => /^[A-Za-z_]+$/.test(name))
  );
}

function isEncoded(text: string): boolean {
  return !/%(?![0-9A-Fa-f]{2})/.test(text);
}

/** Values of libpq's environment variables; null = not set. */
export interface LibpqSettings {
  readonly pgSslMode: string | null;
  readonly pgSslRootCert: string | null;
  readonly pgSslCert: string | null;
  readonly pgSslKey: string | null;
  readonly pgTargetSessionAttrs: string | null;
  readonly pgConnectTimeout: number | null;
}

/** As in libpq, a parameter of the URI goes before the environment variable. */
export function withLibpqSettings(url: string, settings: LibpqSettings): string {
  const parameters = {
    sslmode: settings.pgSslMode,
    sslrootcert: settings.pgSslRootCert,
    sslcert: settings.pgSslCert,
    sslkey: settings.pgSslKey,
    target_session_attrs: settings.pgTargetSessionAttrs,
    connect_timeout: settings.pgConnectTimeout,
  };
  const given = new URLSearchParams(url.split('?')[1] ?? '');
  const more = Object.entries(parameters)
    .filter(([name, value]) => value !== null && !given.has(name))
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join('&');
  if (more === '') return url;
  return `${url}${url.includes('?') ? '&' : '?'}${more}`;
}

/** `url` with what the environment adds. */
export function databaseProblems(url: string | null): string[] {
  const given = new URLSearchParams(url?.split('?')[1] ?? '');
  return given.get('sslmode') === 'verify-ca' && !given.has('sslrootcert')
    ? [
        'DATABASE_URL is wrong; it must be an address with sslrootcert: sslmode=verify-ca needs the file of an authority (or set PGSSLROOTCERT)',
      ]
    : [];
}
