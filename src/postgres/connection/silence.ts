/**
 * Ends connections on which a statement is under way and nothing comes back: the server is frozen,
 * or the network swallows everything. No statement_timeout of the server and no keep-alive of TCP
 * notices that.
 */
import { Fault } from '../../engine/ports.js';
import type { Server } from './server.js';

/** A connection as it is seen here. */
export interface Listening {
  readonly server: Server;
  /** Id of the server process. */
  readonly processId: number;
  /** What is under way; another object for another statement. Null: nothing. */
  readonly underWay: object | null;
  readonly bytesRead: number;
  /** From then on it is suspicious, ms; the server itself ends a statement sooner. */
  readonly patienceMs: number;
  cut(reason: Error): void;
}

interface Seen {
  readonly underWay: object | null;
  readonly bytesRead: number;
  readonly since: number;
}

const LOOK_EVERY_MS = 1_000;

export class Silence {
  private readonly seen = new Map<Listening, Seen>();
  private timer: NodeJS.Timeout | null = null;

  watch(connection: Listening): void {
    this.seen.set(connection, { underWay: null, bytesRead: 0, since: performance.now() });
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  leave(connection: Listening): void {
    this.seen.delete(connection);
    if (this.seen.size === 0) this.close();
  }

  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private look(): void {
    const now = performance.now();
    for (const [connection, { underWay, bytesRead, since }] of this.seen) {
      const isSilent =
        connection.underWay !== null &&
        connection.underWay === underWay &&
        connection.bytesRead === bytesRead;
      if (!isSilent) this.note(connection, now);
      else if (now - since > connection.patienceMs) {
        this.note(connection, now);
        this.suspect(connection).catch(() => undefined);
      }
    }
  }

  private note(connection: Listening, since: number): void {
    const { underWay, bytesRead } = connection;
    this.seen.set(connection, { underWay, bytesRead, since });
  }

  /** A statement without a time limit, or a commit that waits for a standby, is left alone. */
  private async suspect(connection: Listening): Promise<void> {
    const { server, processId, patienceMs, underWay } = connection;
    if (await server.worksOn(processId)) return;
    if (connection.underWay !== underWay) return;
    const what = `${server.name} has not answered a statement for ${patienceMs / 1000} s`;
    connection.cut(new Fault('DATABASE_AWAY', what, { reason: 'the database does not answer' }));
  }
}
