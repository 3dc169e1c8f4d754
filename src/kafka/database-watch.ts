/**
 * Whether the gateway reaches its database. One that is cut off from it would keep its partitions,
 * and nobody would read their replies: it leaves the group, so that gateways that do reach the
 * database take them over.
 */

const LOOK_EVERY_MS = 2_500;
/** Waiting is cheaper than leaving and joining again when all gateways wait for the same server. */
const AWAY_FOR_MS = 15_000;

export interface DatabaseWatchOptions {
  /** A query of the database. Absent: it is not watched. */
  readonly databaseId?: (() => Promise<string>) | undefined;
  /** How long the database must have been away, ms. */
  readonly databaseAwayForMs?: number | undefined;
}

export class DatabaseWatch {
  /** The query for others: an answer to them counts, too. */
  readonly databaseId: (() => Promise<string>) | undefined;
  private answeredAt = performance.now();
  private looking = false;
  private timer: NodeJS.Timeout | null = null;

  /** `away` is called at each look as long as the database is away. */
  constructor(
    private readonly options: DatabaseWatchOptions,
    private readonly away: (error: Error) => void,
  ) {
    const { databaseId } = options;
    this.databaseId = databaseId && (() => this.answers(databaseId()));
  }

  start(): void {
    const { databaseId } = this;
    if (databaseId === undefined) return;
    this.answeredAt = performance.now();
    this.timer = setInterval(() => this.look(databaseId), LOOK_EVERY_MS);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /**
   * Whatever the database answers shows that it is there, also late. What is recorded does even
   * when a query of our own lacks a connection.
   */
  async answers<T>(answer: Promise<T>): Promise<T> {
    const found = await answer;
    this.answeredAt = performance.now();
    return found;
  }

  /** One query at a time: those that wait would use up the connections. */
  private look(databaseId: () => Promise<string>): void {
    if (this.looking) {
      this.note(new Error('no answer yet'));
      return;
    }
    this.looking = true;
    databaseId()
      .catch((error: unknown) => this.note(error))
      .finally(() => {
        this.looking = false;
      });
  }

  private note(cause: unknown): void {
    const passed = performance.now() - this.answeredAt;
    if (this.timer === null || passed < (this.options.databaseAwayForMs ?? AWAY_FOR_MS)) return;
    const seconds = Math.round(passed / 1000);
    const message = `the database has not answered for ${seconds} s: other gateways may read the replies`;
    this.away(new Error(message, { cause }));
  }
}
