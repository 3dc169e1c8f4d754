/** Registrations in memory. */
import type {
  AuditRow,
  Policy,
  RegistrationRow,
  RegistryTransaction,
  Standing,
  StepTopics,
  WorkerRow,
} from '../../src/engine/ports.js';
import { topicKey } from '../../src/names/topic-key.js';
import type { Orchestration } from '../../src/saga/orchestration.js';
import { addAudit } from './memory-audit.js';
import { type MemoryTables, registrationOf } from './memory-tables.js';

export class MemoryRegistry implements RegistryTransaction {
  constructor(
    private readonly tables: MemoryTables,
    private readonly time: number,
    private readonly stepTopics: StepTopics,
  ) {}

  async lockRegistry(): Promise<void> {}

  async current(names: readonly string[]): Promise<ReadonlyMap<string, RegistrationRow>> {
    return new Map(
      names.flatMap((name) => {
        const row = registrationOf(this.tables.names.get(name), null);
        return row === null ? [] : [[name, row]];
      }),
    );
  }

  async topicOwners(topics: readonly string[]): ReturnType<RegistryTransaction['topicOwners']> {
    const keys = new Set(topics.map(topicKey));
    const steps = [...this.tables.names].flatMap(([name, { versions }]) =>
      versions.flatMap(({ orchestration }) =>
        orchestration.steps.map((step) => `${name}/${step.name}`),
      ),
    );
    const served = [...this.tables.workers.values()].map(
      (row) => `${row.orchestrationName}/${row.stepName}`,
    );
    return [...new Set([...steps, ...served])].flatMap((step) => {
      const [name = '', stepName = ''] = step.split('/');
      return this.stepTopics(name, stepName)
        .filter((topic) => keys.has(topicKey(topic)))
        .map((topic) => ({ name, stepName, topic }));
    });
  }

  async workers(names: readonly string[]): Promise<readonly WorkerRow[]> {
    return [...this.tables.workers.values()].filter((row) => names.includes(row.orchestrationName));
  }

  async flowsInFlight(name: string): Promise<number> {
    return [...this.tables.flows.values()].filter(
      ({ flow }) =>
        flow.orchestration.name === name &&
        (flow.status === 'IN_PROGRESS' || flow.status === 'UNDOING'),
    ).length;
  }

  async saveVersion(orchestration: Orchestration, initiator: string | null): Promise<void> {
    const entry = this.tables.names.get(orchestration.name) ?? {
      versions: [],
      paused: false,
      archived: false,
      pausedBy: null,
      archivedBy: null,
      policies: [],
      waking: false,
    };
    const versions = [...entry.versions, { orchestration, initiator, createdAt: this.time }];
    this.tables.names.set(orchestration.name, { ...entry, versions });
  }

  async saveWorkers(rows: readonly WorkerRow[]): Promise<void> {
    for (const row of rows)
      this.tables.workers.set(`${row.orchestrationName}/${row.stepName}/${row.serviceName}`, row);
  }

  async savePolicies(name: string, policies: readonly Policy[]): Promise<void> {
    const entry = this.tables.names.get(name);
    if (entry !== undefined) this.tables.names.set(name, { ...entry, policies });
  }

  async saveStanding(name: string, standing: Standing, wakes: boolean): Promise<void> {
    const entry = this.tables.names.get(name);
    if (entry === undefined) return;
    const waking = wakes || (entry.waking && !standing.paused);
    this.tables.names.set(name, { ...entry, ...standing, waking });
  }

  async audit(rows: readonly AuditRow[]): Promise<void> {
    addAudit(this.tables, this.time, rows);
  }

  async now(): Promise<number> {
    return this.time;
  }
}
