/**
 * A Store and ReadModel in memory, for tests of the engine: once-only, locks, leases and rollback
 * as the real one has them, time as the test sets it. `testing/contracts/store.ts` holds both to
 * the same.
 */
import type {
  AuditRow,
  FlowCommit,
  InboxPosition,
  OutboxRow,
  ReadModel,
  Reencrypted,
  RegistrationRow,
  RegistryTransaction,
  Removal,
  Replay,
  RoadTransaction,
  SloCounts,
  StepTopics,
  Store,
} from '../../src/engine/ports.js';
import { nearest } from '../../src/names/nearest.js';
import { isWithin, type Within } from '../../src/names/patterns.js';
import { addAudit } from './memory-audit.js';
import { settle } from './memory-quarantine.js';
import { MemoryReadModel } from './memory-read-model.js';
import { MemoryRegistry } from './memory-registry.js';
import { memoryRemoval } from './memory-removal.js';
import { MemoryRoad } from './memory-road.js';
import { addSlo } from './memory-slo.js';
import {
  type Listener,
  MemoryDatabase,
  type MemoryTables,
  placeKey,
  registrationOf,
  rowKey,
} from './memory-tables.js';

export { MemoryDatabase };

export interface MemoryOptions {
  readonly instanceId?: string;
  readonly leaseMs?: number;
  readonly stepTopics?: StepTopics;
}

/** A gateway's store and read model on this database. */
export function memoryStore(
  database: MemoryDatabase,
  options: MemoryOptions = {},
): { readonly store: MemoryStore; readonly readModel: ReadModel } {
  return { store: new MemoryStore(database, options), readModel: new MemoryReadModel(database) };
}

const byFlowAndNumber = (a: OutboxRow, b: OutboxRow): number => {
  if (a.flowId === b.flowId) return a.number - b.number;
  return a.flowId < b.flowId ? -1 : 1;
};

/** Flows in progress of a resumed orchestration become due. */
function wakeResumed(tables: MemoryTables, now: number): void {
  for (const [name, entry] of tables.names) {
    if (!entry.waking || entry.paused) continue;
    tables.names.set(name, { ...entry, waking: false });
    for (const [flowId, one] of tables.flows)
      if (one.flow.orchestration.name === name && one.flow.status === 'IN_PROGRESS' && !one.parked)
        tables.flows.set(flowId, { ...one, wakeAt: now });
  }
}

export class MemoryStore implements Store {
  private readonly instanceId: string;
  private readonly leaseMs: number;
  private readonly stepTopics: StepTopics;
  private readonly sent = new Map<string, { readonly flowId: string; readonly number: number }>();

  constructor(
    private readonly database: MemoryDatabase,
    options: MemoryOptions,
  ) {
    this.instanceId = options.instanceId ?? 'one';
    this.leaseMs = options.leaseMs ?? 10_000;
    this.stepTopics =
      options.stepTopics ?? ((name, step) => [`${name}.${step}.do`, `${name}.${step}.undo`]);
  }

  async road<T>(work: (tx: RoadTransaction) => Promise<T>): Promise<T> {
    const commits: FlowCommit[] = [];
    const sent = [...this.sent.keys()];
    const result = await this.database.transaction((tables) => {
      for (const key of sent) tables.outbox.delete(key);
      return work(
        new MemoryRoad(
          tables,
          this.database.now,
          { instanceId: this.instanceId, leaseMs: this.leaseMs },
          commits,
        ),
      );
    });
    for (const key of sent) this.sent.delete(key);
    for (const { instanceId, listener } of commits.length === 0 ? [] : this.database.listeners) {
      if (instanceId !== this.instanceId) queueMicrotask(() => listener(commits));
    }
    return result;
  }

  registry<T>(work: (tx: RegistryTransaction) => Promise<T>): Promise<T> {
    return this.database.transaction((tables) =>
      work(new MemoryRegistry(tables, this.database.now, this.stepTopics)),
    );
  }

  orchestration(name: string, version: number | null): Promise<RegistrationRow | null> {
    return this.database.transaction((tables) => registrationOf(tables.names.get(name), version));
  }

  similarNames(name: string, most: number, within?: Within): Promise<readonly string[]> {
    return this.database.transaction((tables) => {
      const known = [...tables.names.keys()].filter((one) => isWithin(one, within));
      return nearest(name, known, most);
    });
  }

  settleQuarantined(
    replay: Replay,
    as: 'REPLAYED' | 'DISCARDED',
    audit: AuditRow,
  ): Promise<boolean> {
    const { now } = this.database;
    return this.database.transaction((tables) => {
      const settled = settle(tables, now, replay, as);
      if (settled) addAudit(tables, now, [audit]);
      return settled;
    });
  }

  /** Nothing is sealed in memory. */
  async reencrypt(_after: string | null, _most: number): Promise<Reencrypted> {
    return { examined: 0, rewritten: 0, next: null };
  }

  audit(rows: readonly AuditRow[]): Promise<void> {
    return this.database.transaction((tables) => addAudit(tables, this.database.now, rows));
  }

  addSlo(rows: readonly SloCounts[]): Promise<void> {
    return this.database.transaction((tables) => addSlo(tables, rows));
  }

  inbox(topic: string): Promise<readonly InboxPosition[]> {
    return this.database.transaction((tables) =>
      [...tables.inbox.values()]
        .filter((one) => one.topic === topic)
        .sort((a, b) => a.partition - b.partition),
    );
  }

  resetInbox(topic: string, partition: number, nextOffset: bigint): Promise<void> {
    return this.database.transaction((tables) => {
      tables.inbox.set(placeKey({ topic, partition }), {
        topic,
        partition,
        nextOffset,
        lastTimestamp: null,
      });
    });
  }

  async outboxSent(
    rows: readonly { readonly flowId: string; readonly number: number }[],
  ): Promise<void> {
    for (const row of rows) this.sent.set(rowKey(row), row);
  }

  async outboxTake(flows: number): Promise<readonly OutboxRow[]> {
    const { now } = this.database;
    return this.database.transaction((tables) => {
      for (const key of this.sent.keys()) tables.outbox.delete(key);
      this.sent.clear();
      const byFlow = Map.groupBy(
        [...tables.outbox.values()].sort((a, b) => byFlowAndNumber(a.row, b.row)),
        ({ row }) => row.flowId,
      );
      const free = [...byFlow.values()]
        .filter(([first]) => first !== undefined && first.leasedUntil < now)
        .slice(0, flows);
      return free.flatMap((entries) => {
        const living = entries.findIndex(({ leasedUntil }) => leasedUntil >= now);
        return entries.slice(0, living === -1 ? entries.length : living).map(({ row }) => {
          tables.outbox.set(rowKey(row), {
            row,
            leasedTo: this.instanceId,
            leasedUntil: now + this.leaseMs,
          });
          return row;
        });
      });
    });
  }

  due(most: number): Promise<readonly string[]> {
    const { now } = this.database;
    return this.database.transaction((tables) => {
      wakeResumed(tables, now);
      const due = [...tables.flows.entries()]
        .filter(([, { wakeAt }]) => wakeAt !== null && wakeAt <= now)
        .sort(([, a], [, b]) => (a.wakeAt ?? 0) - (b.wakeAt ?? 0))
        .slice(0, most);
      for (const [flowId, entry] of due)
        tables.flows.set(flowId, { ...entry, wakeAt: now + 5_000 });
      return due.map(([flowId]) => flowId);
    });
  }

  untilNextDue(most: number): Promise<number> {
    return this.database.transaction(({ flows }) => {
      const times = [...flows.values()].flatMap(({ wakeAt }) =>
        wakeAt === null ? [] : [wakeAt - this.database.now],
      );
      return Math.min(most, ...times.map((ms) => Math.max(0, ms)));
    });
  }

  async removing<T>(work: (removal: Removal) => Promise<T>): Promise<T | null> {
    if (this.database.removing) return null;
    this.database.removing = true;
    try {
      return await work(memoryRemoval(this.database));
    } finally {
      this.database.removing = false;
    }
  }

  async onRemoteCommit(listener: Listener): Promise<() => Promise<void>> {
    const entry = { instanceId: this.instanceId, listener };
    this.database.listeners.add(entry);
    return async () => void this.database.listeners.delete(entry);
  }

  async ping(): Promise<void> {
    if (this.database.failure !== null) throw this.database.failure;
  }

  probe(): Promise<void> {
    return this.ping();
  }

  async close(): Promise<void> {
    await this.outboxTake(0);
    for (const entry of this.database.listeners)
      if (entry.instanceId === this.instanceId) this.database.listeners.delete(entry);
  }
}
