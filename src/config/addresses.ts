/** Parsers of the addresses of PostgreSQL and Kafka. */
import { isIPv6 } from 'node:net';
import { wrong } from './parsers.js';

const LIKE_A_DATABASE = 'postgresql://user:password@host:5432/database';
const SSL_MODES = [
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
  'no-verify',
];

/**
 * The URI of a database. An unencoded special character in the password (`#`, `/`, `?`, `%`) gives
 * a different URI. It is refused here, before a part of the password is read as a port, a database
 * or a parameter and shown in an error.
 */
export function databaseUrl(value: string | null): string | null {
  if (value === null) return null;
  const address = /^postgres(ql)?:\/\//.test(value) && URL.canParse(value) ? new URL(value) : null;
  if (address === null || !isDatabase(address))
    return wrong(
      `an address like ${LIKE_A_DATABASE}; in a password, write # as %23, / as %2F, ? as %3F, @ as %40 and % as %25`,
    );
  const mode = address.searchParams.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode))
    return wrong(`an address whose sslmode is one of ${SSL_MODES.join(', ')}`);
  if (mode === 'verify-ca' && !address.searchParams.has('sslrootcert'))
    return wrong('an address with sslrootcert: sslmode=verify-ca needs the file of an authority');
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

export function brokers(value: string | null): readonly string[] | null {
  if (value === null) return null;
  const list = value.split(',').map((one) => one.trim());
  const bad = list.find((one) => !isBroker(one));
  return bad === undefined
    ? list
    : wrong(
        `host:port like kafka-1:9092 or [::1]:9092, several separated by commas; ${JSON.stringify(bad)} is not host:port`,
      );
}

/** Compose services may contain `_`, full domain names end with a dot; IPv6 is in brackets. */
function isBroker(text: string): boolean {
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:[\]]*):(\d{1,5})$/.exec(text) ?? [];
  if (Number(port) < 1 || Number(port) > 65_535) return false;
  if (host.startsWith('[')) return isIPv6(host.slice(1, -1));
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name.length <= 253 && name.split('.').every((part) => BROKER_NAME.test(part));
}

const BROKER_NAME = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/;
