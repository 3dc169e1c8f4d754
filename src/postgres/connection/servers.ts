/**
 * The servers of DATABASE_URL, and which of them is used. All connections of the process use the
 * same one. After a failover it is the server that was promoted last: connections to the others are
 * closed, and an old primary that comes back is not used again.
 */
import { Fault } from '../../engine/ports.js';
import type { Log } from '../../observability/log.js';
import { pause } from '../../timing/pause.js';
import type { ClientClass } from './connection.js';
import { faultOf } from './faults.js';
import type { Server } from './server.js';
import { problemOf, type Role, type SessionAttributes } from './server-role.js';
import { Silence } from './silence.js';

/** A connection of this process. */
export interface Session {
  readonly server: Server;
  /** Id of the server process; NaN = not connected. */
  readonly processId: number;
  /** Closes it at once; what is under way on it fails with this error. */
  cut(reason: Error): void;
}

interface Answer {
  readonly server: Server;
  readonly role: Role | null;
  readonly problem: string | null;
  readonly error: unknown;
}

/** How long others may take when one that can be used has answered. */
const GRACE_MS = 250;
/** Between two looks at the servers that are not used. */
const WATCH_EVERY_MS = 1_000;

export class Servers {
  private current: Server;
  private latest = 0;
  private isSure = false;
  private choosing: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;
  private readonly sessions = new Set<Session>();

  constructor(
    private readonly list: readonly [Server, ...Server[]],
    private readonly wanted: SessionAttributes,
    private readonly log: Log,
  ) {
    this.current = list[0];
  }

  /** The driver's client class. */
  connectWith(clients: ClientClass): void {
    for (const server of this.list) server.connectWith(clients);
  }

  /** The one that new connections use. */
  get chosen(): Server {
    return this.current;
  }

  /** Whether a new session must be checked. */
  get checks(): boolean {
    return this.wanted !== 'any';
  }

  /**
   * Finds the server to use, when it is not known. Throws a Fault that has a reason for each
   * server.
   */
  choose(): Promise<void> {
    if (this.isSure) return Promise.resolve();
    this.choosing ??= this.find().finally(() => {
      this.choosing = null;
    });
    return this.choosing;
  }

  opened(session: Session): void {
    this.sessions.add(session);
  }

  ended(session: Session): void {
    this.sessions.delete(session);
  }

  /** Connections on which nothing comes back are ended. */
  readonly silence = new Silence();

  /** What the open transactions of this process are waiting for; null = not known. */
  async waits(): Promise<string | null> {
    const used = [...this.sessions].filter(({ server }) => server === this.current);
    const ids = used.map(({ processId }) => processId).filter((id) => id > 0);
    return await this.current.waitsOf(ids);
  }

  /** Something is wrong with a session: the next `choose` looks again. */
  doubt({ server }: Pick<Session, 'server'>): void {
    if (server === this.current && (this.checks || this.list.length > 1)) this.isSure = false;
  }

  /** Throws when a new session is on a server that must not be used. */
  check(session: Session, role: Role): void {
    const problem = problemOf(role, this.wanted, this.latest);
    this.latest = Math.max(this.latest, problem === null ? (role.timeline ?? 0) : 0);
    if (problem !== null) throw unusable([{ server: session.server, role, problem, error: null }]);
  }

  close(): void {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.silence.close();
    for (const server of this.list) server.leave();
  }

  private async find(): Promise<void> {
    if (!this.checks && this.list.length === 1) {
      await this.current.prepare();
    } else {
      const answers = await this.lookAtAll(this.list);
      const [best] = answers.filter(({ problem }) => problem === null).toSorted(latestFirst);
      if (best === undefined) throw unusable(answers);
      this.use(best);
    }
    this.isSure = true;
  }

  /** The answers of all, or those that came soon after the first that can be used. */
  private async lookAtAll(servers: readonly Server[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    const usable = Promise.withResolvers<void>();
    const all = servers.map(async (server) => {
      const answer = await this.lookAt(server);
      answers.push(answer);
      if (answer.problem === null) usable.resolve();
    });
    await Promise.race([Promise.all(all), usable.promise.then(() => pause(GRACE_MS))]);
    const place = ({ server }: Answer): number => servers.indexOf(server);
    return answers.toSorted((a, b) => place(a) - place(b));
  }

  private async lookAt(server: Server): Promise<Answer> {
    try {
      const role = await server.look();
      const problem = problemOf(role, this.wanted, this.latest);
      return { server, role, problem, error: null };
    } catch (error) {
      const { message } = faultOf(error) ?? (error as Error);
      return { server, role: null, problem: message, error };
    }
  }

  private use({ server, role }: Answer): void {
    const before = this.current;
    this.latest = Math.max(this.latest, role?.timeline ?? 0);
    this.current = server;
    this.isSure = true;
    server.leave();
    if (before !== server) {
      this.log.warn({ server: server.name, before: before.name }, 'PostgreSQL has another primary');
      this.cutOthers();
    }
    if (this.list.length > 1) this.watchLater();
  }

  private cutOthers(): void {
    const message = `PostgreSQL has failed over to ${this.current.name}`;
    const fault = new Fault('DATABASE_AWAY', message, { reason: 'the database has failed over' });
    for (const session of this.sessions) if (session.server !== this.current) session.cut(fault);
  }

  private watchLater(): void {
    if (this.closed) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.watch().finally(() => this.watchLater());
    }, WATCH_EVERY_MS).unref();
  }

  /**
   * A primary that is frozen or cut off ends no connection: the promotion of another server is
   * noticed here.
   */
  private async watch(): Promise<void> {
    const others = this.list.filter((server) => server !== this.current);
    const answers = await this.lookAtAll(others);
    const [best] = answers.filter(({ problem }) => problem === null).toSorted(latestFirst);
    if (best === undefined || this.closed) return;
    if ((best.role?.timeline ?? 0) > this.latest) return this.use(best);
    const used = await this.lookAt(this.current);
    this.current.leave();
    if (used.problem !== null) this.use(best);
  }
}

function latestFirst(a: Answer, b: Answer): number {
  return (b.role?.timeline ?? 0) - (a.role?.timeline ?? 0);
}

/** With the code of the fault that all servers have in common. */
function unusable(answers: readonly Answer[]): Fault {
  const codes = new Set(answers.map(({ error }) => faultOf(error)?.code ?? 'DATABASE_AWAY'));
  const [code = 'DATABASE_AWAY'] = codes.size === 1 ? codes : [];
  const each = answers.map(({ server, problem }) => `${server.name}: ${problem}`).join('; ');
  const [first] = answers;
  return new Fault(code, `no server of DATABASE_URL can be used: ${each}`, {
    cause: first?.error,
    reason: 'no server of the database accepts writes',
  });
}
