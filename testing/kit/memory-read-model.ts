/** The read side of the store in memory. */
import {
  type AuditEntry,
  type AuditPageRequest,
  BadCursor,
  type FlowFilter,
  type FlowSummary,
  type FlowSurroundings,
  type NumberedPage,
  type Page,
  type PageRequest,
  type QuarantinedRecord,
  type QuarantineFilter,
  type ReadModel,
  type RegistrationRow,
  type SloQuery,
  type StuckQuery,
} from '../../src/engine/ports.js';
import { fitsAny, isWithin } from '../../src/names/patterns.js';
import type { BacklogFigures } from '../../src/observability/metrics.js';
import type { FlowEvent } from '../../src/saga/event.js';
import type { Flow } from '../../src/saga/flow.js';
import { auditPage } from './memory-audit.js';
import { backlogIn } from './memory-backlog.js';
import { recordsIn } from './memory-quarantine.js';
import { sloCounts, stuckSteps } from './memory-slo.js';
import { surroundingsOf } from './memory-surroundings.js';
import type { MemoryDatabase } from './memory-tables.js';

export class MemoryReadModel implements ReadModel {
  constructor(private readonly database: MemoryDatabase) {}

  async orchestrations(
    nameContains: string | null,
    first: number,
    after: string | null,
    { within }: Parameters<ReadModel['orchestrations']>[3] = {},
  ): Promise<Page<RegistrationRow>> {
    const [from] = after === null ? [''] : keyOf(after, ['string']);
    const rows = [...this.database.tables.names.entries()]
      .filter(
        ([name]) =>
          name > String(from) &&
          isWithin(name, within) &&
          name.toLowerCase().includes((nameContains ?? '').toLowerCase()),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { versions, waking: _, ...facts }]) =>
        versions.slice(-1).map((one) => ({ ...one, ...facts })),
      );
    return pageOf(rows, first, ({ orchestration }) => [orchestration.name]);
  }

  async workersOf(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = [...this.database.tables.workers.values()].filter((row) =>
      names.includes(row.orchestrationName),
    );
    const steps = Map.groupBy(rows, (row) => `${row.orchestrationName}/${row.stepName}`);
    return new Map(
      [...steps].map(([step, workers]) => [step, workers.map((row) => row.serviceName).sort()]),
    );
  }

  async history(filter: FlowFilter, first: number, after: string | null): Promise<Page<Flow>> {
    const place = after === null ? null : keyOf(after, ['number', 'string']);
    const rows = this.newest(filter).filter(
      (flow) => place === null || isBefore([flow.startedAt, flow.flowId], place),
    );
    return pageOf(rows, first, ({ startedAt, flowId }) => [startedAt, flowId]);
  }

  async count(filter: FlowFilter, cap: number): Promise<number> {
    return Math.min(this.newest(filter).length, cap + 1);
  }

  async histories(
    names: readonly string[],
    filter: FlowFilter,
    { first, after }: PageRequest,
  ): ReturnType<ReadModel['histories']> {
    const pages = names.map(async (orchestrationName) => {
      const page = await this.history({ ...filter, orchestrationName }, first, after);
      return [orchestrationName, page] as const;
    });
    return new Map(await Promise.all(pages));
  }

  async counts(
    names: readonly string[],
    filter: FlowFilter,
    cap: number,
  ): ReturnType<ReadModel['counts']> {
    const counted = names.map(
      async (orchestrationName) =>
        [orchestrationName, await this.count({ ...filter, orchestrationName }, cap)] as const,
    );
    return new Map(await Promise.all(counted));
  }

  async historyPage(
    filter: FlowFilter,
    { page, size, cap }: NumberedPage,
  ): ReturnType<ReadModel['historyPage']> {
    const rows = this.newest(filter);
    return {
      items: rows.slice(page * size, (page + 1) * size).map(summaryOf),
      total: Math.min(rows.length, cap),
      capped: rows.length > cap,
    };
  }

  async flows(flowIds: readonly string[]): Promise<ReadonlyMap<string, Flow>> {
    const { flows } = this.database.tables;
    return new Map(
      flowIds.flatMap((flowId) => {
        const entry = flows.get(flowId);
        return entry === undefined ? [] : [[flowId, entry.flow]];
      }),
    );
  }

  async orchestrationsOf(flowIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const flows = await this.flows(flowIds);
    return new Map([...flows].map(([flowId, { orchestration }]) => [flowId, orchestration.name]));
  }

  async surroundings(flowId: string): Promise<FlowSurroundings | null> {
    const { tables, now } = this.database;
    return surroundingsOf(tables, now, flowId);
  }

  async timeline(
    flowId: string,
    after: number,
    first: number,
  ): Promise<readonly FlowEvent[] | null> {
    const events = this.database.tables.flows.get(flowId)?.events;
    return events === undefined
      ? null
      : events.filter(({ number }) => number > after).slice(0, first);
  }

  timelines(
    places: readonly { readonly flowId: string; readonly after: number; readonly first: number }[],
  ): ReturnType<ReadModel['timelines']> {
    return Promise.all(
      places.map(
        async ({ flowId, after, first }) => (await this.timeline(flowId, after, first)) ?? [],
      ),
    );
  }

  async quarantine(
    { state, flowId, within }: QuarantineFilter,
    first: number,
    after: string | null,
  ): Promise<Page<QuarantinedRecord>> {
    const [before] = after === null ? [Number.POSITIVE_INFINITY] : keyOf(after, ['string']);
    const rows = recordsIn(this.database.tables)
      .filter(
        (record) =>
          (state === null || record.state === state) &&
          (flowId === null || record.flowId === flowId) &&
          (within === undefined || this.runsWithin(record.flowId, within)),
      )
      .filter(({ id }) => Number(id) < Number(before));
    return pageOf(rows.toReversed(), first, ({ id }) => [id]);
  }

  audit(page: AuditPageRequest): Promise<Page<AuditEntry>> {
    return this.database.transaction((tables) => auditPage(tables, page));
  }

  sloCounts(query: SloQuery): Promise<readonly (readonly number[])[]> {
    return this.database.transaction((tables) => sloCounts(tables, this.database.now, query));
  }

  stuckSteps(query: StuckQuery): Promise<number> {
    return this.database.transaction((tables) => stuckSteps(tables, this.database.now, query));
  }

  async openFlows(startedBy: string, cap: number): Promise<number> {
    const flows = [...this.database.tables.flows.values()];
    const open = flows.filter((one) => one.startedBy === startedBy && one.flow.endedAt === null);
    return Math.min(open.length, cap + 1);
  }

  async backlog(): Promise<BacklogFigures> {
    return backlogIn(this.database);
  }

  async quarantined(id: string): Promise<QuarantinedRecord | null> {
    return recordsIn(this.database.tables).find((record) => record.id === id) ?? null;
  }

  private runsWithin(flowId: string | null, within: readonly string[]): boolean {
    const entry = this.database.tables.flows.get(flowId ?? '');
    return entry !== undefined && fitsAny(entry.flow.orchestration.name, within);
  }

  private newest(filter: FlowFilter): Flow[] {
    return [...this.database.tables.flows.values()]
      .map(({ flow }) => flow)
      .filter((flow) => matches(flow, filter))
      .sort((a, b) => (isBefore([a.startedAt, a.flowId], [b.startedAt, b.flowId]) ? 1 : -1));
  }
}

function isBefore(one: readonly (string | number)[], other: readonly (string | number)[]): boolean {
  const [a = 0, b = 0] = [one[0], other[0]];
  return a === b ? String(one[1]) < String(other[1]) : a < b;
}

function matches(flow: Flow, filter: FlowFilter): boolean {
  const {
    orchestrationName,
    statuses,
    startedAfter,
    startedBefore,
    idempotencyKey,
    initiator,
    correlationId,
    labels,
  } = filter;
  const wanted: readonly (readonly [unknown, unknown])[] = [
    [orchestrationName, flow.orchestration.name],
    [idempotencyKey, flow.idempotencyKey],
    [initiator, flow.initiator],
    [correlationId, flow.headers.correlationId],
    ...Object.entries(labels ?? {}).map(
      ([label, value]) => [value, flow.orchestration.labels[label] ?? null] as const,
    ),
  ];
  return (
    wanted.every(([want, is]) => want === undefined || want === is) &&
    isWithin(flow.orchestration.name, filter.within) &&
    (statuses === undefined || statuses.includes(flow.status)) &&
    (startedAfter === undefined || flow.startedAt > startedAfter) &&
    (startedBefore === undefined || flow.startedAt < startedBefore) &&
    matchesSteps(flow, filter)
  );
}

function matchesSteps(
  { steps }: Flow,
  { stepName, stepStatuses, errorContains }: FlowFilter,
): boolean {
  const named = (step: Flow['steps'][number]): boolean =>
    stepName === undefined || step.definition.name === stepName;
  const stands = (step: Flow['steps'][number]): boolean =>
    stepStatuses === undefined || stepStatuses.includes(step.status);
  const failed = (step: Flow['steps'][number]): boolean =>
    errorContains === undefined ||
    (step.errorMessage ?? '').toLowerCase().includes(errorContains.toLowerCase());
  return steps.some((step) => named(step) && stands(step)) && steps.some((step) => failed(step));
}

function pageOf<T>(
  rows: readonly T[],
  first: number,
  key: (row: T) => readonly (string | number)[],
): Page<T> {
  const items = rows.slice(0, first).map((item) => ({
    item,
    cursor: Buffer.from(JSON.stringify(key(item))).toString('base64url'),
  }));
  return { items, hasNextPage: rows.length > first };
}

function keyOf(cursor: string, shape: readonly string[]): readonly (string | number)[] {
  let key: unknown = null;
  try {
    key = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {}
  if (
    !Array.isArray(key) ||
    key.length !== shape.length ||
    key.some((part, index) => typeof part !== shape[index])
  ) {
    throw new BadCursor('the cursor is not one of this list');
  }
  return key;
}

function summaryOf(flow: Flow): FlowSummary {
  const { flowId, orchestration, status, startedAt, endedAt, failureReason } = flow;
  const { name: orchestrationName, version: orchestrationVersion } = orchestration;
  return {
    flowId,
    orchestrationName,
    orchestrationVersion,
    status,
    startedAt,
    endedAt,
    failureReason,
  };
}
