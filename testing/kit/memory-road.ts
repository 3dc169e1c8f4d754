/** The operations of a road transaction, in memory. */
import type {
  AuditRow,
  ExistingStart,
  FlowCommit,
  FlowRecord,
  OutboxRow,
  ParkedFlow,
  QuarantineEntry,
  RecordPosition,
  Replay,
  RoadTransaction,
  StartKey,
} from '../../src/engine/ports.js';
import type { Flow } from '../../src/saga/flow.js';
import { addAudit } from './memory-audit.js';
import { recordsIn, settle } from './memory-quarantine.js';
import {
  type MemoryTables,
  type OutboxEntry,
  placeKey,
  registrationOf,
  rowKey,
} from './memory-tables.js';

export class MemoryRoad implements RoadTransaction {
  private given = true;

  constructor(
    private readonly tables: MemoryTables,
    private readonly now: number,
    private readonly owner: { readonly instanceId: string; readonly leaseMs: number },
    private readonly commits: FlowCommit[],
  ) {}

  async admit(
    positions: readonly RecordPosition[],
    starts: readonly StartKey[],
    replays: readonly string[],
  ): ReturnType<RoadTransaction['admit']> {
    const before = new Map(this.tables.inbox);
    const seen = new Set<string>();
    const fresh = positions.map((position) => {
      const key = placeKey(position);
      const record = `${key}/${position.offset}`;
      const isFresh = position.offset >= (before.get(key)?.nextOffset ?? 0n) && !seen.has(record);
      seen.add(record);
      const known = this.tables.inbox.get(key);
      if (known === undefined || position.offset >= known.nextOffset) {
        const { topic, partition, offset, timestamp } = position;
        this.tables.inbox.set(key, {
          topic,
          partition,
          nextOffset: offset + 1n,
          lastTimestamp: timestamp,
        });
      }
      return isFresh;
    });
    const open = recordsIn(this.tables).filter(
      ({ id, state }) => state === 'OPEN' && replays.includes(id),
    );
    return { fresh, existing: this.existing(starts), open: new Set(open.map(({ id }) => id)) };
  }

  private existing(starts: readonly StartKey[]): Map<number, ExistingStart> {
    const known = new Map<string, ExistingStart>();
    for (const { flow } of this.tables.flows.values()) {
      const { flowId, orchestration, idempotencyKey, input: payload } = flow;
      const start = { flowId, orchestrationName: orchestration.name, idempotencyKey, payload };
      known.set(`flow ${flowId}`, start);
      if (idempotencyKey !== null) known.set(`key ${orchestration.name} ${idempotencyKey}`, start);
    }
    const existing = new Map<number, ExistingStart>();
    starts.forEach(({ flowId, orchestration, idempotencyKey }, index) => {
      const found =
        known.get(`key ${orchestration.name} ${idempotencyKey}`) ?? known.get(`flow ${flowId}`);
      if (found !== undefined) existing.set(index, found);
    });
    return existing;
  }

  async registrations(names: readonly string[]): ReturnType<RoadTransaction['registrations']> {
    const rows = names.map((name) => registrationOf(this.tables.names.get(name), null));
    return new Map(rows.flatMap((row) => (row === null ? [] : [[row.orchestration.name, row]])));
  }

  async lock(
    flowIds: readonly string[],
    ticking: readonly string[],
  ): ReturnType<RoadTransaction['lock']> {
    const flows = new Map<string, Flow>();
    const parked = new Map<string, string>();
    for (const flowId of flowIds) {
      const entry = this.tables.flows.get(flowId);
      if (entry === undefined) continue;
      if (entry.parked !== null) parked.set(flowId, entry.parked);
      else flows.set(flowId, this.withContext(entry.flow, ticking.includes(flowId)));
    }
    return { now: this.now, flows, parked };
  }

  private withContext(flow: Flow, ticking: boolean): Flow {
    const rows = [...this.tables.outbox.values()].filter(({ row }) => row.flowId === flow.flowId);
    const idsOf = (entries: readonly OutboxEntry[]): string[] =>
      entries.flatMap(({ row }) => (row.attemptId === null ? [] : [row.attemptId]));
    const withdrawable = idsOf(rows.filter(({ leasedTo }) => leasedTo === null));
    const orchestrationPaused = this.tables.names.get(flow.orchestration.name)?.paused ?? false;
    return {
      ...flow,
      now: this.now,
      withdrawable,
      unsent: ticking ? idsOf(rows) : [],
      orchestrationPaused,
    };
  }

  async record(
    records: readonly FlowRecord[],
    given: boolean,
    audit: readonly AuditRow[] = [],
  ): Promise<void> {
    addAudit(this.tables, this.now, audit);
    this.given = given;
    for (const { after, startedBy, events, outbox, withdrawn, wakeAt } of records) {
      const known = this.tables.flows.get(after.flowId);
      const flow: Flow = {
        ...after,
        now: 0,
        withdrawable: [],
        unsent: [],
        orchestrationPaused: false,
      };
      this.tables.flows.set(after.flowId, {
        flow,
        events: [...(known?.events ?? []), ...events],
        wakeAt,
        parked: null,
        startedBy: known === undefined ? startedBy : known.startedBy,
      });
      for (const [key, { row }] of this.tables.outbox) {
        if (
          row.flowId === after.flowId &&
          row.attemptId !== null &&
          withdrawn.includes(row.attemptId)
        )
          this.tables.outbox.delete(key);
      }
      this.put(outbox);
      const [first, last] = [events[0], events.at(-1)];
      if (first && last)
        this.commits.push({
          flowId: after.flowId,
          firstEventNumber: first.number,
          lastEventNumber: last.number,
        });
    }
  }

  private put(rows: readonly OutboxRow[]): void {
    const lease = this.given
      ? { leasedTo: this.owner.instanceId, leasedUntil: this.now + this.owner.leaseMs }
      : { leasedTo: null, leasedUntil: Number.NEGATIVE_INFINITY };
    for (const row of rows) this.tables.outbox.set(rowKey(row), { row, ...lease });
  }

  async refuse(
    quarantine: readonly QuarantineEntry[],
    parked: readonly ParkedFlow[],
    replayed: readonly Replay[],
  ): Promise<void> {
    for (const replay of replayed) settle(this.tables, this.now, replay, 'REPLAYED');
    this.tables.quarantine.push(...quarantine);
    this.put(quarantine.flatMap(({ copy, notice }) => (notice === null ? [copy] : [copy, notice])));
    for (const { flowId, reason } of parked) {
      const entry = this.tables.flows.get(flowId);
      if (entry !== undefined)
        this.tables.flows.set(flowId, { ...entry, parked: reason, wakeAt: null });
    }
  }
}
