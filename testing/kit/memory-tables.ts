/** What the stores in memory share: tables of values, and one transaction at a time. */
import type {
  AuditEntry,
  FlowCommit,
  InboxPosition,
  OutboxRow,
  Policy,
  QuarantineEntry,
  RegistrationRow,
  SloCounts,
  Standing,
  WorkerRow,
} from '../../src/engine/ports.js';
import type { FlowEvent } from '../../src/saga/event.js';
import type { Flow } from '../../src/saga/flow.js';
import type { Orchestration } from '../../src/saga/orchestration.js';

export interface OutboxEntry {
  readonly row: OutboxRow;
  readonly leasedTo: string | null;
  readonly leasedUntil: number;
}
export interface FlowEntry {
  readonly flow: Flow;
  readonly events: readonly FlowEvent[];
  readonly wakeAt: number | null;
  readonly parked: string | null;
  readonly startedBy?: string | undefined;
}
export interface NameEntry extends Standing {
  readonly versions: readonly {
    readonly orchestration: Orchestration;
    readonly initiator: string | null;
    readonly createdAt: number;
  }[];
  readonly policies: readonly Policy[];
  /** Its flows in progress are to become due. */
  readonly waking: boolean;
}

export interface Settled {
  readonly state: 'REPLAYED' | 'DISCARDED';
  readonly at: number;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Everything a commit changes. Values are never changed in place: a rolled-back transaction is one
 * whose tables nobody took over.
 */
export class MemoryTables {
  readonly names = new Map<string, NameEntry>();
  readonly workers = new Map<string, WorkerRow>();
  readonly flows = new Map<string, FlowEntry>();
  readonly inbox = new Map<string, InboxPosition>();
  readonly outbox = new Map<string, OutboxEntry>();
  readonly quarantine: QuarantineEntry[] = [];
  readonly audit: AuditEntry[] = [];
  /** `name minute` → counts of the monitoring checklist. */
  readonly slo = new Map<string, SloCounts>();
  /** How those were settled that are not open any more, by id. */
  readonly settled = new Map<string, Settled>();

  copy(): MemoryTables {
    const copy = new MemoryTables();
    for (const [key, value] of this.names) copy.names.set(key, value);
    for (const [key, value] of this.workers) copy.workers.set(key, value);
    for (const [key, value] of this.flows) copy.flows.set(key, value);
    for (const [key, value] of this.inbox) copy.inbox.set(key, value);
    for (const [key, value] of this.outbox) copy.outbox.set(key, value);
    for (const [key, value] of this.settled) copy.settled.set(key, value);
    copy.quarantine.push(...this.quarantine);
    copy.audit.push(...this.audit);
    for (const [key, value] of this.slo) copy.slo.set(key, value);
    return copy;
  }
}

export type Listener = (commits: readonly FlowCommit[] | null) => void;

/** What several gateways share. `now` is the clock of its database. */
export class MemoryDatabase {
  tables = new MemoryTables();
  readonly listeners = new Set<{ readonly instanceId: string; readonly listener: Listener }>();
  /** Quarantined records a person has settled, and since when they lie there. */
  readonly settled = new Map<QuarantineEntry, { readonly receivedAt: number }>();
  /** Somebody removes what is old. */
  removing = false;
  private turn: Promise<unknown> = Promise.resolve();
  /** Set: every transaction from now on fails with it. */
  failure: Error | null = null;

  constructor(public now = 1_750_000_000_000) {}

  /** One at a time: what waits for a row lock in PostgreSQL waits for its turn here. */
  async transaction<T>(work: (tables: MemoryTables) => Promise<T> | T): Promise<T> {
    const mine = this.turn.then(async () => {
      if (this.failure !== null) throw this.failure;
      const tables = this.tables.copy();
      const result = await work(tables);
      if (this.failure !== null) throw this.failure;
      this.tables = tables;
      return result;
    });
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  /** Sets what an operator or another instance would: paused, archived. */
  setName(name: string, facts: Partial<Pick<NameEntry, 'paused' | 'archived'>>): void {
    const entry = this.tables.names.get(name);
    if (entry !== undefined) this.tables.names.set(name, { ...entry, ...facts });
  }
}

export function rowKey(row: { readonly flowId: string; readonly number: number }): string {
  return `${row.flowId} ${row.number}`;
}

export function placeKey({
  topic,
  partition,
}: {
  readonly topic: string;
  readonly partition: number;
}): string {
  return `${topic}/${partition}`;
}

export function registrationOf(
  entry: NameEntry | undefined,
  version: number | null,
): RegistrationRow | null {
  const found =
    version === null
      ? entry?.versions.at(-1)
      : entry?.versions.find((one) => one.orchestration.version === version);
  if (entry === undefined || found === undefined) return null;
  const { versions: _, waking: __, ...ofName } = entry;
  return { ...found, ...ofName };
}
