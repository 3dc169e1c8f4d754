/**
 * The connection URI of a PostgreSQL with one or several servers, as libpq reads it:
 * `postgresql://user@one:5432,two:5433/database`, or with `?host=one,two&port=5432,5433`.
 */

/**
 * A URI for each server, in the order given. Null when the text is no such URI; whether each is
 * valid is for the caller to check. A URI with one server is returned letter for letter.
 */
export function serversOf(uri: string): readonly string[] | null {
  const parts = /^(postgres(?:ql)?:\/\/)([^/?#]*)(.*)$/s.exec(uri);
  if (parts === null) return null;
  const [, scheme = '', authority = '', rest = ''] = parts;
  const at = authority.lastIndexOf('@') + 1;
  const servers = authority.slice(at).split(',');
  if (servers.length === 1) return serversInParameters(uri);
  return servers.map((server) => `${scheme}${authority.slice(0, at)}${server}${rest}`);
}

/** One port may stand for all hosts. */
function serversInParameters(uri: string): readonly string[] | null {
  const hosts = valuesOf(uri, 'host');
  const ports = valuesOf(uri, 'port');
  if (hosts.length < 2) return ports.length < 2 ? [uri] : null;
  if (ports.length > 1 && ports.length !== hosts.length) return null;
  return hosts.map((host, index) => {
    const port = ports[index] ?? ports[0];
    const one = withValue(uri, 'host', host);
    return port === undefined ? one : withValue(one, 'port', port);
  });
}

const parameter = (name: string): RegExp => new RegExp(`([?&]${name}=)([^&#]*)`);

/** As they are written, percent signs included. */
function valuesOf(uri: string, name: string): string[] {
  const [, , value = ''] = parameter(name).exec(uri) ?? [];
  return value === '' ? [] : value.split(/,|%2C/i);
}

function withValue(uri: string, name: string, value: string): string {
  return uri.replace(parameter(name), (_all, start: string) => `${start}${value}`);
}

/** The part of a URL that is used here. */
interface Address {
  readonly hostname: string;
  readonly port: string;
  readonly searchParams: { get(name: string): string | null };
}

/** `host:port` of a URI with one server, for people. */
export function nameOfServer({ hostname, port, searchParams }: Address): string {
  const host = searchParams.get('host') ?? (hostname === '' ? 'localhost' : hostname);
  return host.startsWith('/') ? host : `${host}:${searchParams.get('port') ?? (port || '5432')}`;
}
