/** Registered orchestrations and workers, through the EntityManager: speed does not matter here. */
import type { EntityManager } from '@mikro-orm/postgresql';
import type {
  AuditRow,
  Policy,
  RegistrationRow,
  RegistryTransaction,
  Standing,
  StepTopics,
  WorkerRow,
} from '../../engine/ports.js';
import { topicKey } from '../../names/topic-key.js';
import type { Instant } from '../../saga/flow.js';
import type { Orchestration } from '../../saga/orchestration.js';
import { arrayOf, millisOf, type Sql } from '../connection/sql.js';
import { insertAudit } from '../rows/audit-rows.js';
import { keyOf, readDefinitions, type VersionRef } from '../rows/definition-cache.js';
import { registrations as readRegistrations, SELECT_CURRENT } from '../rows/registration-rows.js';
import {
  OrchestrationNameRow,
  OrchestrationRow,
  OrchestrationStepRow,
  OrchestrationWorkerRow,
} from '../schema/entities/definitions.js';

/** Number of the advisory lock of transactions that change definitions. */
const REGISTRY_LOCK = 0x72656769;

export class Registry implements RegistryTransaction {
  constructor(
    private readonly em: EntityManager,
    private readonly sql: Sql,
    private readonly stepTopics: StepTopics,
  ) {}

  async lockRegistry(): Promise<void> {
    await this.sql.rows<unknown>('SELECT pg_advisory_xact_lock($1)', [REGISTRY_LOCK]);
  }

  async current(names: readonly string[]): Promise<ReadonlyMap<string, RegistrationRow>> {
    // Read without the cache: the transaction may have written versions itself, and may still be
    // rolled back.
    const rows = await readRegistrations(this.sql, CURRENT, [arrayOf(names)], (refs) =>
      definitionsIn(this.em, refs),
    );
    return new Map(rows.map((row) => [row.orchestration.name, row]));
  }

  async topicOwners(topics: readonly string[]): ReturnType<RegistryTransaction['topicOwners']> {
    const keys = [...new Set(topics.map(topicKey))];
    const rows = await this.sql.rows<{ name: string; step_name: string }>(TOPIC_OWNERS, [
      arrayOf(keys),
    ]);
    return rows.flatMap(({ name, step_name }) =>
      this.stepTopics(name, step_name)
        .filter((topic) => keys.includes(topicKey(topic)))
        .map((topic) => ({ name, stepName: step_name, topic })),
    );
  }

  async workers(names: readonly string[]): Promise<readonly WorkerRow[]> {
    const em = this.em.fork({ keepTransactionContext: true });
    const rows = await em.find(OrchestrationWorkerRow, { orchestrationName: { $in: [...names] } });
    return rows.map((row) => ({
      orchestrationName: row.orchestrationName,
      stepName: row.stepName,
      serviceName: row.serviceName,
      objectType: row.objectType ?? null,
      handlerClass: row.handlerClass ?? null,
      doMethod: row.doMethod ?? null,
      undoMethod: row.undoMethod ?? null,
    }));
  }

  async flowsInFlight(name: string): Promise<number> {
    const [row] = await this.sql.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM orchestration_run r WHERE r.status IN ('IN_PROGRESS', 'UNDOING') AND r.orchestration_name = $1`,
      [name],
    );
    return row?.count ?? 0;
  }

  async saveVersion(orchestration: Orchestration, initiator: string | null): Promise<void> {
    const {
      name,
      version,
      steps,
      payloadSchema = null,
      sensitive = null,
      objectives = null,
      ...content
    } = orchestration;
    const parts = { payloadSchema, sensitive, objectives };
    const row = { name, version, ...content, ...parts, initiator };
    await this.em.insert(OrchestrationRow, row);
    await this.em.insertMany(
      OrchestrationStepRow,
      steps.map((step) => ({
        orchestrationName: name,
        version,
        ...step,
        ...this.keysOf(name, step.name),
      })),
    );
    await this.em.upsert(
      OrchestrationNameRow,
      { name, currentVersion: version },
      { onConflictFields: ['name'], onConflictMergeFields: ['currentVersion'] },
    );
  }

  async saveWorkers(rows: readonly WorkerRow[]): Promise<void> {
    await this.em.upsertMany(
      OrchestrationWorkerRow,
      rows.map((row) => ({
        ...row,
        ...this.keysOf(row.orchestrationName, row.stepName),
        registeredAt: new Date(),
      })),
    );
  }

  async savePolicies(name: string, policies: readonly Policy[]): Promise<void> {
    const stored = policies.length === 0 ? null : policies;
    await this.em.nativeUpdate(OrchestrationNameRow, { name }, { policies: stored });
  }

  async saveStanding(name: string, standing: Standing, wakes: boolean): Promise<void> {
    const { paused, archived, pausedBy, archivedBy } = standing;
    const by = pausedBy === null && archivedBy === null ? null : { pausedBy, archivedBy };
    await this.em.nativeUpdate(OrchestrationNameRow, { name }, { paused, archived, standing: by });
    if (wakes) await this.sql.rows<unknown>(WAKE_FROM_THE_FIRST, [name]);
  }

  audit(rows: readonly AuditRow[]): Promise<void> {
    return insertAudit(this.sql, rows);
  }

  async now(): Promise<Instant> {
    const [row] = await this.sql.rows<{ now: number }>(
      `SELECT floor(${millisOf('clock_timestamp()')}) AS now`,
      [],
    );
    return Number(row?.now);
  }

  private keysOf(
    name: string,
    stepName: string,
  ): { readonly doTopicKey: string; readonly undoTopicKey: string } {
    const [doTopic, undoTopic] = this.stepTopics(name, stepName);
    return { doTopicKey: topicKey(doTopic), undoTopicKey: topicKey(undoTopic) };
  }
}

const TOPIC_OWNERS = ['do_topic_key', 'undo_topic_key']
  .flatMap((key) => [
    `SELECT s.orchestration_name AS name, s.name AS step_name FROM orchestration_step s WHERE s.${key} = ANY ($1::text[])`,
    `SELECT w.orchestration_name AS name, w.step_name FROM orchestration_worker w WHERE w.${key} = ANY ($1::text[])`,
  ])
  .join('\nUNION\n');

/**
 * `waking`: flows up to (`startedAt`, `flowId`) have been woken; flows that started after `until`
 * need not be.
 */
const WAKE_FROM_THE_FIRST = `UPDATE orchestration_name SET waking = json_build_object('startedAt', '-infinity', 'flowId', '', 'until', clock_timestamp()) WHERE name = $1`;

const CURRENT = `${SELECT_CURRENT} WHERE n.name = ANY ($1::text[])`;

async function definitionsIn(
  em: EntityManager,
  refs: readonly VersionRef[],
): Promise<(ref: VersionRef) => Orchestration> {
  const found = await readDefinitions(em.fork({ keepTransactionContext: true }), refs);
  return (ref) => {
    const orchestration = found.get(keyOf(ref));
    if (orchestration === undefined)
      throw new Error(`version ${ref.version} of orchestration ${ref.name} is not registered`);
    return orchestration;
  };
}
