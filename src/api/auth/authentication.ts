/**
 * The only reader of credentials. Knows: the headers of a request, the payload of connection_init.
 * Refuses to know: routes, resolvers. In: what a caller sent. Out: a principal, or Unauthenticated.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../../names/loopback.js';
import { anonymous, type Principal } from './principal.js';

/** There is no valid credential; `message` is for the caller and never has the credential in it. */
export class Unauthenticated extends Error {
  readonly code = 'UNAUTHENTICATED';
}

export function expired(): Unauthenticated {
  return new Unauthenticated('the token has expired; connect again with a new one');
}

export interface Authentication {
  readonly mode: 'none' | 'tokens' | 'jwt';
  /** Of an HTTP request. Rejects with Unauthenticated. */
  authenticate(headers: IncomingHttpHeaders): Promise<Principal>;
  /**
   * Of a WebSocket: its upgrade request, and the payload of its connection_init, which counts
   * first.
   */
  authenticateConnection(headers: IncomingHttpHeaders, parameters: unknown): Promise<Principal>;
  /**
   * `ended` is called once when the principal is no longer valid: it expired, or its token was
   * revoked. Call the result to stop watching.
   */
  watch(principal: Principal, ended: (reason: Unauthenticated) => void): () => void;
  close(): void;
}

/** What a connection_init may hold; the rest of its payload is not kept. */
export const CONNECTION_PARAMETERS = ['authorization', 'x-actor'] as const;

const nothing = (): void => undefined;

/** AUTH=none: everybody may do everything, under any name. */
export const NO_AUTHENTICATION: Authentication = {
  mode: 'none',
  authenticate: async (headers) => anonymous(headers['x-actor']),
  authenticateConnection: async (headers, parameters) =>
    anonymous(parameterOf(parameters, 'x-actor') ?? headers['x-actor']),
  watch: () => nothing,
  close: nothing,
};

/** Authentication by `Authorization: Bearer …`; `verify` rejects with Unauthenticated. */
export function byBearer(
  verify: (token: string) => Principal | Promise<Principal>,
): Pick<Authentication, 'authenticate' | 'authenticateConnection'> {
  return {
    authenticate: async ({ authorization }) => verify(bearerOf(authorization)),
    authenticateConnection: async ({ authorization }, parameters) =>
      verify(bearerOf(parameterOf(parameters, 'authorization') ?? authorization)),
  };
}

/** Names of parameters are compared like names of headers, without regard to case. */
export function parameterOf(
  parameters: unknown,
  wanted: (typeof CONNECTION_PARAMETERS)[number],
): string | undefined {
  if (typeof parameters !== 'object' || parameters === null) return undefined;
  const found = Object.entries(parameters).find(([name]) => name.toLowerCase() === wanted);
  return typeof found?.[1] === 'string' ? found[1] : undefined;
}

/** A WebSocket is closed with at most 123 bytes of reason: so much has each of these messages. */
const MISSING =
  'there is no credential; send Authorization: Bearer <token>, over WebSocket in the payload of connection_init';

function bearerOf(header: string | undefined): string {
  if (header === undefined || header === '') throw new Unauthenticated(MISSING);
  const [, token] = /^Bearer +(\S+) *$/i.exec(header) ?? [];
  if (token === undefined) throw new Unauthenticated('Authorization must be: Bearer <token>');
  return token;
}

const OPEN =
  'AUTH=none: whoever reaches this address may do everything; set AUTH=tokens or AUTH=jwt, or keep it on a network of its own';

/** The warning about this address, for the log of each start and for /readyz; null = none. */
export function openToAll(host: string, mode: Authentication['mode']): string | null {
  return mode === 'none' && !isLoopback(host) ? OPEN : null;
}
