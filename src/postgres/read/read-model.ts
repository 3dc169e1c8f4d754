/** The read side: what lists, pages and timelines show. Every list is newest first and paged by key, every way leads over an index. */
import type { EntityManager } from '@mikro-orm/postgresql';
import {
  BadCursor,
  type FlowFilter,
  type FlowSummary,
  type Page,
  type QuarantinedRecord,
  type QuarantineFilter,
  type ReadModel,
  type RegistrationRow,
} from '../../engine/ports.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Flow, FlowStatus } from '../../saga/flow.js';
import { throwingFaults } from '../connection/faults.js';
import { arrayOf, freshOf, millis, millisOf, type Sql, sqlOf } from '../connection/sql.js';
import type { Definitions } from '../rows/definition-cache.js';
import {
  flowOf,
  READ_ONLY,
  RUN_COLUMNS,
  type RunRead,
  STEP_COLUMNS,
  type StepRead,
} from '../rows/flow-rows.js';
import { registrations, SELECT_CURRENT } from '../rows/registration-rows.js';
import { cursorOf, readCursor } from './cursor.js';
import { Bindings, containing } from './flow-filter.js';
import { newestOf } from './history-query.js';
import { isRowId, readQuarantine, readQuarantined } from './quarantine-query.js';
import { readTimeline } from './timeline-query.js';

/** A flow and its steps in one snapshot: a reader never sees half of a commit. */
const WHOLE_FLOW = `${RUN_COLUMNS}, (SELECT json_agg(step) FROM (
  SELECT ${STEP_COLUMNS} FROM orchestration_step_run s WHERE s.flow_id = r.flow_id
) AS step)::text AS steps`;

type WholeFlow = RunRead & { readonly steps: string };

const SUMMARY = `r.flow_id, r.orchestration_name, r.orchestration_version, r.status, ${millisOf('r.started_at')} AS started_at,
  ${millisOf('r.ended_at')} AS ended_at, r.failure_reason`;

type Summary = Pick<
  RunRead,
  | 'flow_id'
  | 'orchestration_name'
  | 'orchestration_version'
  | 'status'
  | 'started_at'
  | 'ended_at'
  | 'failure_reason'
>;

export class PostgresReadModel implements ReadModel {
  constructor(
    private readonly em: EntityManager,
    private readonly definitions: Definitions,
  ) {}

  orchestrations(
    nameContains: string | null,
    first: number,
    after: string | null,
  ): Promise<Page<RegistrationRow>> {
    return this.read(async (sql, em) => {
      const [from] = after === null ? [''] : readCursor<readonly [string]>(after, ['string']);
      const pattern = nameContains === null ? null : containing(nameContains);
      const rows = await registrations(sql, LIST, [from, pattern, first + 1], (refs) =>
        this.definitions.of(em, refs),
      );
      return pageOf(rows, first, ({ orchestration }) => [orchestration.name]);
    });
  }

  workersOf(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.read(async (sql) => {
      const rows = await sql.rows<{ step: string; services: string[] }>(WORKERS, [arrayOf(names)]);
      return new Map(rows.map(({ step, services }) => [step, services]));
    });
  }

  history(filter: FlowFilter, first: number, after: string | null): Promise<Page<Flow>> {
    return this.read(async (sql, em) => {
      const rows = await this.newest<WholeFlow>(sql, WHOLE_FLOW, filter, first + 1, 0, after);
      return pageOf(await this.whole(em, rows), first, ({ startedAt, flowId }) => [
        startedAt,
        flowId,
      ]);
    });
  }

  count(filter: FlowFilter, cap: number): Promise<number> {
    return this.read((sql) => countOf(sql, filter, cap));
  }

  historyPage(
    filter: FlowFilter,
    page: number,
    size: number,
    cap: number,
  ): ReturnType<ReadModel['historyPage']> {
    return this.read(async (sql) => {
      const rows = await this.newest<Summary>(sql, SUMMARY, filter, size, page * size, null);
      const total = await countOf(sql, filter, cap);
      return { items: rows.map(summaryOf), total: Math.min(total, cap), capped: total > cap };
    });
  }

  flows(flowIds: readonly string[]): Promise<ReadonlyMap<string, Flow>> {
    return this.read(async (sql, em) => {
      const text = `SELECT ${WHOLE_FLOW} FROM orchestration_run r WHERE r.flow_id = ANY ($1::text[])`;
      const flows = await this.whole(em, await sql.rows<WholeFlow>(text, [arrayOf(flowIds)]));
      return new Map(flows.map((flow) => [flow.flowId, flow]));
    });
  }

  timeline(flowId: string, after: number, first: number): Promise<readonly FlowEvent[] | null> {
    return this.read((sql) => readTimeline(sql, flowId, after, first));
  }

  quarantine(
    filter: QuarantineFilter,
    first: number,
    after: string | null,
  ): Promise<Page<QuarantinedRecord>> {
    return this.read(async (sql) => {
      const [before] = after === null ? [null] : readCursor<readonly [string]>(after, ['string']);
      if (before !== null && !isRowId(before))
        throw new BadCursor('the cursor is none of this list');
      return pageOf(await readQuarantine(sql, filter, before, first + 1), first, ({ id }) => [id]);
    });
  }

  quarantined(id: string): Promise<QuarantinedRecord | null> {
    return isRowId(id) ? this.read((sql) => readQuarantined(sql, id)) : Promise.resolve(null);
  }

  /** Rows of `r`, newest first. */
  private async newest<R>(
    sql: Sql,
    columns: string,
    filter: FlowFilter,
    most: number,
    skip: number,
    after: string | null,
  ): Promise<R[]> {
    const bindings = new Bindings();
    const found = await newestOf(sql, { filter, bindings, most: most + skip, after });
    const text = `SELECT ${columns} FROM (SELECT * FROM (${found}) AS found ORDER BY started_at DESC, flow_id DESC OFFSET ${bindings.bind(skip)}::int) AS page
      JOIN orchestration_run r ON r.flow_id = page.flow_id ORDER BY page.started_at DESC, page.flow_id DESC`;
    return sql.rows<R>(text, bindings.parameters);
  }

  private async whole(em: EntityManager, rows: readonly WholeFlow[]): Promise<Flow[]> {
    const refOf = (row: WholeFlow): { name: string; version: number } => ({
      name: row.orchestration_name,
      version: row.orchestration_version,
    });
    const definitionOf = await this.definitions.of(em, rows.map(refOf));
    return rows.map((row) =>
      flowOf(row, definitionOf(refOf(row)), JSON.parse(row.steps) as StepRead[], READ_ONLY),
    );
  }

  private read<T>(work: (sql: Sql, em: EntityManager) => Promise<T>): Promise<T> {
    const em = freshOf(this.em);
    return throwingFaults(() => work(sqlOf(em), em));
  }
}

const LIST = `${SELECT_CURRENT} WHERE n.name > $1 AND ($2::text IS NULL OR n.name ILIKE $2) ORDER BY n.name LIMIT $3::int`;

const WORKERS = `
SELECT w.orchestration_name || '/' || w.step_name AS step, array_agg(w.service_name ORDER BY w.service_name) AS services
FROM orchestration_worker w WHERE w.orchestration_name = ANY ($1::text[]) GROUP BY w.orchestration_name, w.step_name`;

/** Reads no further than one more than `cap`, by the index that finds the newest. */
async function countOf(sql: Sql, filter: FlowFilter, cap: number): Promise<number> {
  const bindings = new Bindings();
  const found = await newestOf(sql, { filter, bindings, most: cap + 1, after: null });
  const text = `SELECT count(*)::int AS total FROM (${found}) AS counted`;
  const [{ total } = { total: 0 }] = await sql.rows<{ total: number }>(text, bindings.parameters);
  return total;
}

/** `rows` holds one more than a page when there is a next one. */
function pageOf<T>(
  rows: readonly T[],
  first: number,
  key: (row: T) => readonly (string | number)[],
): Page<T> {
  const items = rows.slice(0, first).map((item) => ({ cursor: cursorOf(key(item)), item }));
  return { items, hasNextPage: rows.length > first };
}

function summaryOf(row: Summary): FlowSummary {
  return {
    flowId: row.flow_id,
    orchestrationName: row.orchestration_name,
    orchestrationVersion: row.orchestration_version,
    status: row.status as FlowStatus,
    startedAt: millis(row.started_at),
    endedAt: millis(row.ended_at),
    failureReason: row.failure_reason,
  };
}
