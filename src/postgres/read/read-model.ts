/**
 * The read side: lists, pages and timelines. Lists are newest first and paged by keyset, and every
 * query is served by an index.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import {
  ALL_PAYLOADS,
  type AuditEntry,
  type AuditPageRequest,
  BadCursor,
  type FlowFilter,
  type FlowSurroundings,
  NO_PAYLOADS,
  type NumberedPage,
  type Page,
  type PageRequest,
  type QuarantinedRecord,
  type QuarantineFilter,
  type ReadModel,
  type ReadOptions,
  type RegistrationRow,
  type SloQuery,
  type StuckQuery,
  type TimelineOptions,
  type TimelinePlace,
} from '../../engine/ports.js';
import type { BacklogFigures } from '../../observability/metrics.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Flow } from '../../saga/flow.js';
import { throwingFaults } from '../connection/faults.js';
import { arrayOf, freshOf } from '../connection/sql.js';
import type { Definitions } from '../rows/definition-cache.js';
import { flowOf, READ_ONLY, type RunRead, refOf, type StepRead } from '../rows/flow-rows.js';
import { registrations } from '../rows/registration-rows.js';
import type { Sealer } from '../sealing/sealer.js';
import { readAudit } from './audit-query.js';
import { readBacklog } from './backlog-query.js';
import { readCursor } from './cursor.js';
import { Bindings } from './flow-filter.js';
import { countOf, readCounts, readHistories } from './histories.js';
import { historyQuery } from './history-query.js';
import { countOpenFlows } from './open-flows-query.js';
import { orchestrationsQuery, readOrchestrationsOf } from './orchestrations-query.js';
import { pageOf, placeOf } from './pages.js';
import { sizeOf, wholeFlow } from './payload-choice.js';
import { isRowId, readQuarantine, readQuarantined } from './quarantine-query.js';
import type { ReadPool } from './read-pool.js';
import { countStuck, readSloCounts } from './slo-query.js';
import { SUMMARY, type Summary, summaryOf } from './summaries.js';
import { readSurroundings } from './surroundings-query.js';
import { readTimeline } from './timeline-query.js';
import { readTimelines } from './timelines-query.js';
import { readWorkersOf } from './workers-query.js';

type WholeFlow = RunRead & { readonly steps: string };

export class PostgresReadModel implements ReadModel {
  constructor(
    private readonly em: EntityManager,
    private readonly definitions: Definitions,
    private readonly pool: ReadPool,
    private readonly sealer: Sealer,
  ) {}

  async orchestrations(
    nameContains: string | null,
    first: number,
    after: string | null,
    { signal, within }: Parameters<ReadModel['orchestrations']>[3] = {},
  ): Promise<Page<RegistrationRow>> {
    const [from] = after === null ? [''] : readCursor<readonly [string]>(after, ['string']);
    const { text, parameters } = orchestrationsQuery({ from, nameContains, within, first });
    const rows = await throwingFaults(() =>
      registrations(this.pool.sql(signal), text, parameters, (refs) =>
        this.definitions.of(freshOf(this.em), refs),
      ),
    );
    return pageOf(rows, first, ({ orchestration }) => [orchestration.name]);
  }

  workersOf(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    return readWorkersOf(this.pool.sql(), names);
  }

  async history(
    filter: FlowFilter,
    first: number,
    after: string | null,
    options: ReadOptions = {},
  ): Promise<Page<Flow>> {
    const { payloads = ALL_PAYLOADS, signal } = options;
    const none = !Object.values(payloads).includes(true);
    const page = { filter, most: first + 1, skip: 0, after };
    if (none) {
      const rows = await this.newest<WholeFlow>(wholeFlow(NO_PAYLOADS), page, signal);
      return pageOf(await this.whole(rows), first, placeOf);
    }
    // First the ids, so that the size of the payloads is known before these are read.
    const found = await this.newest<Pick<RunRead, 'flow_id'>>('r.flow_id', page, signal);
    const ids = found.slice(0, first).map(({ flow_id }) => flow_id);
    const flows = await this.flows(ids, options);
    const items = ids.flatMap((id) => flows.get(id) ?? []);
    const { items: shown } = pageOf(items, first, placeOf);
    return { items: shown, hasNextPage: found.length > first };
  }

  histories(
    names: readonly string[],
    filter: FlowFilter,
    { first, after }: PageRequest,
    options: ReadOptions = {},
  ): ReturnType<ReadModel['histories']> {
    const sql = this.pool.sql(options.signal);
    return readHistories(sql, { names, filter, first, after }, (ids) => this.flows(ids, options));
  }

  counts(
    names: readonly string[],
    filter: FlowFilter,
    cap: number,
    { signal }: ReadOptions = {},
  ): ReturnType<ReadModel['counts']> {
    return readCounts(this.pool.sql(signal), names, filter, cap);
  }

  count(filter: FlowFilter, cap: number, { signal }: ReadOptions = {}): Promise<number> {
    return countOf(this.pool.sql(signal), filter, cap);
  }

  async historyPage(
    filter: FlowFilter,
    { page, size, cap }: NumberedPage,
    { signal }: ReadOptions = {},
  ): ReturnType<ReadModel['historyPage']> {
    const place = { filter, most: size, skip: page * size, after: null };
    const rows = await this.newest<Summary>(SUMMARY, place, signal);
    const total = await this.count(filter, cap, { signal });
    return { items: rows.map(summaryOf), total: Math.min(total, cap), capped: total > cap };
  }

  async flows(
    flowIds: readonly string[],
    { payloads = ALL_PAYLOADS, take, signal }: ReadOptions = {},
  ): Promise<ReadonlyMap<string, Flow>> {
    const sql = this.pool.sql(signal);
    const ids = arrayOf(flowIds);
    if (take !== undefined && Object.values(payloads).includes(true)) {
      const [size] = await sql.rows<{ bytes: number }>(sizeOf(payloads), [ids]);
      await take(Number(size?.bytes ?? 0));
    }
    const text = `SELECT ${wholeFlow(payloads)} FROM orchestration_run r WHERE r.flow_id = ANY ($1::text[])`;
    const flows = await this.whole(await sql.rows<WholeFlow>(text, [ids]));
    return new Map(flows.map((flow) => [flow.flowId, flow]));
  }

  orchestrationsOf(flowIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return readOrchestrationsOf(this.pool.sql(), flowIds);
  }

  surroundings(flowId: string): Promise<FlowSurroundings | null> {
    return readSurroundings(this.pool.sql(), flowId);
  }

  timeline(
    flowId: string,
    after: number,
    first: number,
    { signal, bodies = true }: TimelineOptions = {},
  ): Promise<readonly FlowEvent[] | null> {
    return readTimeline(this.pool.sql(signal), { flowId, after, first, bodies }, this.sealer);
  }

  timelines(
    places: readonly TimelinePlace[],
    { signal, bodies = true }: TimelineOptions = {},
  ): Promise<readonly FlowEvent[][]> {
    return readTimelines(this.pool.sql(signal), places, { wanted: bodies, sealer: this.sealer });
  }

  async quarantine(
    filter: QuarantineFilter,
    first: number,
    after: string | null,
  ): Promise<Page<QuarantinedRecord>> {
    const [before] = after === null ? [null] : readCursor<readonly [string]>(after, ['string']);
    if (before !== null && !isRowId(before))
      throw new BadCursor('the cursor is not one of this list');
    const rows = await readQuarantine(this.pool.sql(), filter, before, {
      most: first + 1,
      sealer: this.sealer,
    });
    return pageOf(rows, first, ({ id }) => [id]);
  }

  audit(page: AuditPageRequest): Promise<Page<AuditEntry>> {
    return readAudit(this.pool.sql(page.signal), page);
  }

  sloCounts(query: SloQuery): Promise<readonly (readonly number[])[]> {
    return readSloCounts(this.pool.sql(query.signal), query);
  }

  stuckSteps(query: StuckQuery): Promise<number> {
    return countStuck(this.pool.sql(query.signal), query);
  }

  quarantined(id: string): Promise<QuarantinedRecord | null> {
    return isRowId(id) ? readQuarantined(this.pool.sql(), id, this.sealer) : Promise.resolve(null);
  }

  openFlows(startedBy: string, cap: number): Promise<number> {
    return countOpenFlows(this.pool.sql(), startedBy, cap);
  }

  backlog(): Promise<BacklogFigures> {
    return readBacklog(this.pool.sql());
  }

  /** Rows of `r`, newest first. */
  private async newest<R>(
    columns: string,
    { filter, most, skip, after }: Place,
    signal: AbortSignal | undefined,
  ): Promise<R[]> {
    const sql = this.pool.sql(signal);
    const bindings = new Bindings();
    const found = await historyQuery(sql, { filter, bindings, most: most + skip, after });
    const text = `SELECT ${columns} FROM (SELECT * FROM (${found}) AS found ORDER BY started_at DESC, flow_id DESC OFFSET ${bindings.bind(skip)}::int) AS page
      JOIN orchestration_run r ON r.flow_id = page.flow_id ORDER BY page.started_at DESC, page.flow_id DESC`;
    return sql.rows<R>(text, bindings.parameters);
  }

  private async whole(rows: readonly WholeFlow[]): Promise<Flow[]> {
    const definitionOf = await throwingFaults(() =>
      this.definitions.of(freshOf(this.em), rows.map(refOf)),
    );
    const around = { context: READ_ONLY, sealer: this.sealer };
    return rows.map((row) =>
      flowOf(row, definitionOf(refOf(row)), JSON.parse(row.steps) as StepRead[], around),
    );
  }
}

interface Place {
  readonly filter: FlowFilter;
  readonly most: number;
  readonly skip: number;
  readonly after: string | null;
}
