/** The port: the one that is wanted, or the next that is free. */
import type { FastifyInstance } from 'fastify';
import type { Log } from '../observability/log.js';

const HIGHEST_PORT = 65_535;

export interface Address {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** How many ports to try, from `port` on, when it is taken. */
  readonly portTries: number;
}

/**
 * Resolves with the port it listens on; throws when none is free, or the host cannot be listened
 * on.
 */
export async function listen(
  app: FastifyInstance,
  { host, port, portTries, log }: Address & { readonly log: Log },
): Promise<number> {
  const last = port === 0 ? 0 : Math.min(HIGHEST_PORT, port + Math.max(1, portTries) - 1);
  for (let next = port; next <= last; next++) {
    try {
      await app.listen({ host, port: next });
      const address = app.server.address();
      return typeof address === 'object' && address !== null ? address.port : next;
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE')
        throw new Error(`cannot listen on ${host} port ${next}: ${reasonOf(error)}`, {
          cause: error,
        });
      log.info({ port: next }, 'this port is taken; trying the next');
    }
  }
  const tried =
    port === last
      ? `port ${port} on ${host} is`
      : `the ports ${port} to ${last} on ${host} are all`;
  throw new Error(`${tried} taken; choose another with PORT, or 0 for any free one`);
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'EACCES') return 'only root may use ports below 1024; choose another with PORT';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return 'this machine has no such address; choose another with HOST';
  return error instanceof Error ? error.message : String(error);
}
