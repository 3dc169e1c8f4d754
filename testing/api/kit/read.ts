/** The read side of the engine in memory; a cursor is the base64url of a place in the list. */
import {
  BadCursor,
  type FlowFilter,
  type Page,
  type QuarantinedRecord,
  type QuarantineFilter,
  type ReadModel,
  type RegistrationRow,
} from '../../../src/engine/ports.js';
import type { FlowEvent } from '../../../src/saga/event.js';
import type { Flow } from '../../../src/saga/flow.js';
import type { EngineInMemory } from './engine.js';

export class MemoryRead implements ReadModel {
  /** What was asked for last. */
  filter: FlowFilter | null = null;

  constructor(private readonly engine: EngineInMemory) {}

  async orchestrations(
    nameContains: string | null,
    first: number,
    after: string | null,
  ): Promise<Page<RegistrationRow>> {
    this.engine.ask('orchestrations');
    const names = [...this.engine.versions.keys()]
      .filter((name) => name.includes(nameContains ?? ''))
      .sort();
    const rows = names.flatMap((name) => this.engine.versions.get(name)?.slice(-1) ?? []);
    return pageOf(rows, first, after);
  }

  async workersOf(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    this.engine.ask('workersOf');
    return new Map(
      [...this.engine.workers].filter(([step]) => names.includes(step.split('/')[0] ?? '')),
    );
  }

  async quarantine(
    { state, flowId }: QuarantineFilter,
    first: number,
    after: string | null,
  ): Promise<Page<QuarantinedRecord>> {
    this.engine.ask('quarantine');
    const fits = (one: QuarantinedRecord): boolean =>
      (state === null || one.state === state) && (flowId === null || one.flowId === flowId);
    return pageOf(this.engine.quarantine.filter(fits), first, after);
  }

  async quarantined(id: string): Promise<QuarantinedRecord | null> {
    return this.engine.quarantine.find((one) => one.id === id) ?? null;
  }

  async history(filter: FlowFilter, first: number, after: string | null): Promise<Page<Flow>> {
    this.engine.ask('history');
    return pageOf(this.newest(filter), first, after);
  }

  /** So many more than there are; for what comes of many. */
  more = 0;

  async count(filter: FlowFilter, cap: number): Promise<number> {
    this.engine.ask('count');
    return Math.min(this.newest(filter).length + this.more, cap + 1);
  }

  async historyPage(
    filter: FlowFilter,
    page: number,
    size: number,
    cap: number,
  ): ReturnType<ReadModel['historyPage']> {
    this.engine.ask('historyPage');
    const flows = this.newest(filter);
    const items = flows.slice(page * size, (page + 1) * size).map((flow) => ({
      flowId: flow.flowId,
      orchestrationName: flow.orchestration.name,
      orchestrationVersion: flow.orchestration.version,
      status: flow.status,
      startedAt: flow.startedAt,
      endedAt: flow.endedAt,
      failureReason: flow.failureReason,
    }));
    return { items, total: Math.min(flows.length, cap), capped: flows.length > cap };
  }

  async flows(flowIds: readonly string[]): Promise<ReadonlyMap<string, Flow>> {
    this.engine.ask('flows');
    return new Map(
      flowIds.flatMap((id) =>
        [...(this.engine.flows.has(id) ? [id] : [])].map((one) => [one, this.flow(one)] as const),
      ),
    );
  }

  async timeline(
    flowId: string,
    after: number,
    first: number,
  ): Promise<readonly FlowEvent[] | null> {
    this.engine.ask('timeline');
    return (
      this.engine.flows
        .get(flowId)
        ?.events.filter(({ number }) => number > after)
        .slice(0, first) ?? null
    );
  }

  private flow(flowId: string): Flow {
    const kept = this.engine.flows.get(flowId);
    if (kept === undefined) throw new Error(`the test has no flow ${flowId}`);
    return kept.flow;
  }

  private newest(filter: FlowFilter): Flow[] {
    this.filter = filter;
    const { orchestrationName, statuses } = filter;
    return [...this.engine.flows.values()]
      .map(({ flow }) => flow)
      .filter(
        (flow) => orchestrationName === undefined || flow.orchestration.name === orchestrationName,
      )
      .filter((flow) => statuses === undefined || statuses.includes(flow.status))
      .reverse();
  }
}

function pageOf<T>(items: readonly T[], first: number, after: string | null): Page<T> {
  const from = after === null ? 0 : placeOf(after) + 1;
  const page = items.slice(from, from + first);
  return {
    items: page.map((item, index) => ({
      item,
      cursor: Buffer.from(String(from + index)).toString('base64url'),
    })),
    hasNextPage: from + first < items.length,
  };
}

function placeOf(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d+$/.test(text)) throw new BadCursor('not a cursor of this list');
  return Number(text);
}
