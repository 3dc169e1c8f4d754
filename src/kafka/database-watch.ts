/**
 * Whether the gateway reaches its database. One that is cut off from it would keep its partitions,
 * and nobody would read their replies: it leaves the group, so that gateways that do reach the
 * database take them over.
 */
import { within } from './failures.js';

const LOOK_EVERY_MS = 2_500;
const ANSWER_WITHIN_MS = 5_000;
/** Waiting is cheaper than leaving and joining again when all gateways wait for the same server. */
const AWAY_FOR_MS = 15_000;

/** Joining again waits until the database answers. */
export class DatabaseAway extends Error {}

export interface DatabaseWatchOptions {
  /** A query of the database. Absent: it is not watched. */
  readonly databaseId?: (() => Promise<string>) | undefined;
  /** How long the database must have been away, ms. */
  readonly databaseAwayForMs?: number | undefined;
}

export class DatabaseWatch {
  private answeredAt = performance.now();
  private looking = false;
  private timer: NodeJS.Timeout | null = null;

  /** `away` is called at each look as long as the database is away. */
  constructor(
    private readonly options: DatabaseWatchOptions,
    private readonly away: (error: DatabaseAway) => void,
  ) {}

  start(): void {
    const { databaseId } = this.options;
    if (databaseId === undefined) return;
    this.answeredAt = performance.now();
    this.timer = setInterval(() => void this.look(databaseId), LOOK_EVERY_MS);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** What is recorded shows that the database answers, even when a query of our own does not. */
  async answers(recorded: Promise<void>): Promise<void> {
    await recorded;
    this.answeredAt = performance.now();
  }

  private async look(databaseId: () => Promise<string>): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      await within(ANSWER_WITHIN_MS, 'the database', databaseId());
      this.answeredAt = performance.now();
    } catch (error) {
      this.note(error);
    } finally {
      this.looking = false;
    }
  }

  private note(cause: unknown): void {
    const passed = performance.now() - this.answeredAt;
    if (this.timer === null || passed < (this.options.databaseAwayForMs ?? AWAY_FOR_MS)) return;
    const seconds = Math.round(passed / 1000);
    const message = `the database has not answered for ${seconds} s: other gateways may read the replies`;
    this.away(new DatabaseAway(message, { cause }));
  }
}
