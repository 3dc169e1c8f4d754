/** One transaction of the road, in SQL: admit, lock, record, refuse. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type { AuditRow, FlowRecord, RoadTransaction } from '../../engine/ports.js';
import { type CommitNotifications, notificationsOf } from '../connection/commit-notifications.js';
import type { TransactionSql } from '../connection/transaction.js';
import type { Definitions } from '../rows/definition-cache.js';
import type { Lease } from '../rows/outbox-rows.js';
import { currentRegistrations } from '../rows/registration-rows.js';
import type { Sealer } from '../sealing/sealer.js';
import { admit } from './admit.js';
import { type Locked, lock } from './lock.js';
import type { Sent, SentRow } from './published-rows.js';
import { record } from './record.js';
import { refuse } from './refuse.js';

/** What a transaction needs besides its connection. */
interface Around {
  /**
   * Reads versions that are not in the cache; they never change, so they need not be read in the
   * transaction.
   */
  readonly em: EntityManager;
  readonly definitions: Definitions;
  /** Opens payloads that are read. */
  readonly opener: Sealer;
  /** Seals payloads that are written; plain while a gateway serves that could not open them. */
  readonly sealer: Sealer;
  readonly sent: Sent;
  /** Acknowledged rows to delete with this commit. */
  readonly takeSent: () => readonly SentRow[];
  readonly notifications: CommitNotifications;
  /** Whether steps and messages may refer to the start payload of their flow. */
  readonly refer: boolean;
  readonly instanceId: string;
  readonly leaseMs: number;
}

export class PostgresRoad implements RoadTransaction {
  private locked: Pick<Locked, 'wakeAt'> = { wakeAt: new Map() };
  private ticking: ReadonlySet<string> = new Set();
  private lease: Lease | null;

  constructor(
    private readonly sql: TransactionSql,
    private readonly around: Around,
  ) {
    this.lease = { owner: around.instanceId, ms: around.leaseMs };
  }

  admit(
    ...[positions, starts, replays]: Parameters<RoadTransaction['admit']>
  ): ReturnType<RoadTransaction['admit']> {
    return admit(this.sql, positions, starts, { replays, sealer: this.around.opener });
  }

  registrations(names: readonly string[]): ReturnType<RoadTransaction['registrations']> {
    return currentRegistrations({ sql: this.sql, ...this.around }, this.around.definitions, names);
  }

  async lock(flowIds: readonly string[], ticking: readonly string[]): Promise<Locked> {
    const { em, definitions, sent, opener: sealer } = this.around;
    const isSent = (flowId: string, number: number): boolean => sent.has(flowId, number);
    const locked = await lock({ sql: this.sql, em, definitions, isSent, sealer }, flowIds, ticking);
    this.locked = locked;
    this.ticking = new Set(ticking);
    return locked;
  }

  async record(
    records: readonly FlowRecord[],
    given: boolean,
    audit: readonly AuditRow[] = [],
  ): Promise<void> {
    if (!given) this.lease = null;
    const { lease, ticking } = this;
    const { takeSent, notifications, refer, sealer } = this.around;
    record(this.sql, {
      records,
      audit,
      lease,
      sealer,
      refer,
      sent: takeSent(),
      notifications: notificationsOf(notifications.instanceId, records),
      wakeAt: this.locked.wakeAt,
      ticking,
    });
  }

  /** Copies for the dead-letter topic are leased like the rows of `record`. */
  async refuse(
    ...[quarantine, parked, replayed]: Parameters<RoadTransaction['refuse']>
  ): Promise<void> {
    const { lease } = this;
    refuse(this.sql, { quarantine, parked, replayed, lease, sealer: this.around.sealer });
  }
}
