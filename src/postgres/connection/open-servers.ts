/** The servers of a connection URI. */
import { serversOf } from '../../names/database-servers.js';
import type { Log } from '../../observability/log.js';
import { Server } from './server.js';
import type { SessionAttributes } from './server-role.js';
import { Servers } from './servers.js';

const CONNECT_TIMEOUT_MS = 5_000;

/** Of the URI, in seconds there, as in libpq. */
export function connectTimeoutOf({ searchParams }: URL): number {
  return Number(searchParams.get('connect_timeout') ?? 0) * 1000 || CONNECT_TIMEOUT_MS;
}

/** One URI for each server; throws for a text that is no URI. */
export function urlsOf(url: string): readonly [URL, ...URL[]] {
  const [first = url, ...others] = serversOf(url) ?? [];
  return [new URL(first), ...others.map((one) => new URL(one))];
}

/** The driver's client class is given to them when the first pool is made. */
export function openServers({ url, log }: { readonly url: string; readonly log: Log }): Servers {
  const [first, ...others] = urlsOf(url);
  const byDefault = others.length > 0 ? 'read-write' : 'any';
  const wanted = first.searchParams.get('target_session_attrs') ?? byDefault;
  const options = { connectTimeoutMs: connectTimeoutOf(first), log };
  const [server, ...more] = [first, ...others].map((one) => new Server(one, options));
  if (server === undefined) throw new Error('a connection URI has at least one server');
  return new Servers([server, ...more], wanted as SessionAttributes, log);
}
