/**
 * The only reader of credentials. Knows: the headers of a request, the payload of connection_init. Refuses to know: routes, resolvers.
 * In: what a caller sent. Out: a principal, or Unauthenticated.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../../names/loopback.js';
import { anonymous, type Principal } from './principal.js';

/** There is no valid credential; `message` is for the caller and never has the credential in it. */
export class Unauthenticated extends Error {
  readonly code = 'UNAUTHENTICATED';
}

export interface Authentication {
  readonly mode: 'none' | 'tokens' | 'jwt';
  /** Of an HTTP request. Rejects with Unauthenticated. */
  authenticate(headers: IncomingHttpHeaders): Promise<Principal>;
  /** Of a WebSocket: its upgrade request, and the payload of its connection_init, which counts first. */
  authenticateConnection(headers: IncomingHttpHeaders, parameters: unknown): Promise<Principal>;
}

/** What a connection_init may hold; the rest of its payload is not kept. */
export const CONNECTION_PARAMETERS = ['authorization', 'x-actor'] as const;

/** AUTH=none: everybody may do everything, under any name. */
export const NO_AUTHENTICATION: Authentication = {
  mode: 'none',
  authenticate: async (headers) => anonymous(headers['x-actor']),
  authenticateConnection: async (headers, parameters) =>
    anonymous(parameterOf(parameters, 'x-actor') ?? headers['x-actor']),
};

/** Names of parameters are compared like names of headers, without regard to case. */
export function parameterOf(
  parameters: unknown,
  wanted: (typeof CONNECTION_PARAMETERS)[number],
): string | undefined {
  if (typeof parameters !== 'object' || parameters === null) return undefined;
  const found = Object.entries(parameters).find(([name]) => name.toLowerCase() === wanted);
  return typeof found?.[1] === 'string' ? found[1] : undefined;
}

const OPEN =
  'AUTH=none: whoever reaches this address may do everything; set AUTH=tokens or AUTH=jwt, or keep it on a network of its own';

/** What is dangerous about this address, at each start and in /readyz; null = nothing. */
export function openToAll(host: string, mode: Authentication['mode']): string | null {
  return mode === 'none' && !isLoopback(host) ? OPEN : null;
}
