/** The write side: one transaction of the road, the outbox, timers, the registry. */
import type { EntityManager } from '@mikro-orm/postgresql';
import { IsolationLevel } from '@mikro-orm/postgresql';
import type {
  AuditRow,
  InboxPosition,
  OutboxRow,
  Reencrypted,
  RegistrationRow,
  RegistryTransaction,
  Removal,
  Replay,
  RoadTransaction,
  SloCounts,
  StepTopics,
  Store,
} from '../../engine/ports.js';
import type { Within } from '../../names/patterns.js';
import type { Log } from '../../observability/log.js';
import type { PoolFigures } from '../../observability/metrics.js';
import type { CommitListener, CommitNotifications } from '../connection/commit-notifications.js';
import type { NamedStatements } from '../connection/connection.js';
import { throwingFaults } from '../connection/faults.js';
import { freshOf, type Sql, sqlOf } from '../connection/sql.js';
import { pipelined } from '../connection/transaction.js';
import { similarNames } from '../read/similar-names.js';
import { insertAudit } from '../rows/audit-rows.js';
import type { Definitions } from '../rows/definition-cache.js';
import type { Lease } from '../rows/outbox-rows.js';
import { registrationOf } from '../rows/registration-rows.js';
import type { KnownToAll } from '../schema/running-gateways.js';
import { reencrypt } from '../sealing/reencrypt.js';
import { type Sealing, writingSealer } from '../sealing/writing.js';
import { due, untilNextDue } from './due-flows.js';
import { inboxOf, resetInbox } from './inbox.js';
import { deleteSent, takeLeftovers } from './outbox.js';
import { Sent, type SentRow } from './published-rows.js';
import { settleAlone } from './refuse.js';
import { Registry } from './registry.js';
import { PostgresRoad } from './road-transaction.js';
import { addSlo } from './slo.js';

export interface StoreOptions {
  readonly instanceId: string;
  readonly leaseMs: number;
  readonly stepTopics: StepTopics;
  /** Acknowledged rows are deleted with the next commit, or after this long, ms. */
  readonly sentWaitsMs?: number | undefined;
  readonly log: Log;
}

/** The connections of the store, opened by database.ts. */
export interface StoreConnection extends Sealing {
  readonly em: EntityManager;
  readonly definitions: Definitions;
  readonly notifications: CommitNotifications;
  readonly statements: Pick<NamedStatements, 'pooled'>;
  /** Runs removals on one instance at a time; null = another instance is removing. */
  readonly removeAlone: <T>(work: (removal: Removal) => Promise<T>) => Promise<T | null>;
  readonly connections: () => readonly PoolFigures[];
  /** Whether steps and messages may refer to the start payload of their flow. */
  readonly referencesKnown: KnownToAll;
}

const SENT_WAITS_MS = 1_000;
const SENT_AT_ONCE = 5_000;
/** Not a valid name of a topic. */
const PROBE = '!probe';

export class PostgresStore implements Store {
  private readonly sent = new Sent();
  private readonly sentWaitsMs: number;
  private sentTimer: NodeJS.Timeout | null = null;
  private flushing: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly connection: StoreConnection,
    private readonly options: StoreOptions,
  ) {
    this.sentWaitsMs = options.sentWaitsMs ?? SENT_WAITS_MS;
  }

  async road<T>(work: (tx: RoadTransaction) => Promise<T>): Promise<T> {
    let going: readonly SentRow[] = [];
    const take = (): readonly SentRow[] => {
      going = this.sent.snapshot(SENT_AT_ONCE);
      return going;
    };
    const { sent, options } = this;
    const { definitions, notifications, statements, referencesKnown } = this.connection;
    const opener = this.connection.sealer;
    const result = await throwingFaults(async () => {
      const em = freshOf(this.connection.em);
      const refer = await referencesKnown.look(sqlOf(em));
      const sealer = await writingSealer(this.connection, sqlOf(em));
      const sources = { em, definitions, opener, sealer };
      const around = { ...sources, sent, takeSent: take, notifications, refer, ...options };
      return pipelined(statements, (sql) => work(new PostgresRoad(sql, around)));
    });
    // Only now: a rolled-back transaction has deleted nothing.
    this.sent.forget(going);
    return result;
  }

  registry<T>(work: (tx: RegistryTransaction) => Promise<T>): Promise<T> {
    return this.transaction((em) => work(new Registry(em, sqlOf(em), this.options.stepTopics)));
  }

  orchestration(name: string, version: number | null): Promise<RegistrationRow | null> {
    const { em, definitions } = this.connection;
    return throwingFaults(() => registrationOf(freshOf(em), definitions, name, version));
  }

  similarNames(name: string, most: number, within?: Within): Promise<readonly string[]> {
    return this.sql((sql) => similarNames(sql, { name, most, within }));
  }

  inbox(topic: string): Promise<readonly InboxPosition[]> {
    return this.sql((sql) => inboxOf(sql, topic));
  }

  resetInbox(topic: string, partition: number, nextOffset: bigint): Promise<void> {
    return this.sql((sql) => resetInbox(sql, topic, partition, nextOffset));
  }

  async outboxSent(rows: readonly SentRow[]): Promise<void> {
    this.sent.add(rows);
    if (this.closed) await this.flushSent();
    else if (this.sent.size > 0)
      this.sentTimer ??= setTimeout(() => this.flushLater(), this.sentWaitsMs);
  }

  settleQuarantined(
    replay: Replay,
    as: 'REPLAYED' | 'DISCARDED',
    audit: AuditRow,
  ): Promise<boolean> {
    return this.transaction(async (em) => {
      const settled = await settleAlone(sqlOf(em), replay, as);
      if (settled) await insertAudit(sqlOf(em), [audit]);
      return settled;
    });
  }

  async reencrypt(after: string | null, most: number): Promise<Reencrypted> {
    const sealer = await this.sql((sql) => writingSealer(this.connection, sql));
    return this.transaction((em) => reencrypt(sqlOf(em), sealer, after, most));
  }

  audit(rows: readonly AuditRow[]): Promise<void> {
    return this.sql((sql) => insertAudit(sql, rows));
  }

  addSlo(rows: readonly SloCounts[]): Promise<void> {
    return this.sql((sql) => addSlo(sql, rows));
  }

  async outboxTake(flows: number): Promise<readonly OutboxRow[]> {
    // Acknowledged rows must not be taken again.
    await this.flushSent();
    return this.transaction((em) =>
      takeLeftovers(sqlOf(em), flows, this.lease, this.connection.sealer),
    );
  }

  due(most: number): Promise<readonly string[]> {
    return this.sql((sql) => due(sql, most));
  }

  untilNextDue(most: number): Promise<number> {
    return this.sql((sql) => untilNextDue(sql, most));
  }

  removing<T>(work: (removal: Removal) => Promise<T>): Promise<T | null> {
    return throwingFaults(() => this.connection.removeAlone(work));
  }

  onRemoteCommit(listener: CommitListener): Promise<() => Promise<void>> {
    return throwingFaults(() => this.connection.notifications.listen(listener));
  }

  async ping(): Promise<void> {
    await this.sql((sql) => sql.rows<unknown>('SELECT 1', []));
  }

  connections(): readonly PoolFigures[] {
    return this.connection.connections();
  }

  probe(): Promise<void> {
    return this.resetInbox(PROBE, 0, 0n);
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.sentTimer !== null) clearTimeout(this.sentTimer);
    await this.flushSent().catch((err: unknown) => {
      this.options.log.warn(
        { err, rows: this.sent.size },
        'could not mark all messages as sent; they will be sent again',
      );
    });
    await this.connection.notifications.close();
  }

  private get lease(): Lease {
    return { owner: this.options.instanceId, ms: this.options.leaseMs };
  }

  private flushLater(): void {
    this.sentTimer = null;
    this.flushSent().catch((err: unknown) => {
      this.options.log.debug(
        { err, rows: this.sent.size },
        'acknowledged messages could not be removed; trying again',
      );
      if (!this.closed) this.sentTimer ??= setTimeout(() => this.flushLater(), this.sentWaitsMs);
    });
  }

  /** One flush at a time, because two would delete the same rows. */
  private flushSent(): Promise<void> {
    const flush = async (): Promise<void> => {
      for (
        let rows = this.sent.snapshot(SENT_AT_ONCE);
        rows.length > 0;
        rows = this.sent.snapshot(SENT_AT_ONCE)
      ) {
        await this.sql((sql) => deleteSent(sql, rows));
        this.sent.forget(rows);
      }
    };
    const turn = this.flushing.then(flush, flush);
    this.flushing = turn.catch(() => undefined);
    return turn;
  }

  private transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return throwingFaults(() =>
      freshOf(this.connection.em).transactional(work, {
        isolationLevel: IsolationLevel.READ_COMMITTED,
      }),
    );
  }

  private sql<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return throwingFaults(() => work(sqlOf(freshOf(this.connection.em))));
  }
}
