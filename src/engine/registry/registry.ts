/** Registers orchestrations and workers: a new version when the document changes something. */
import type { Within } from '../../names/patterns.js';
import type { Log } from '../../observability/log.js';
import { backoff, pause } from '../../timing/pause.js';
import { doneRow, GATEWAY, refusedRow } from '../audit/audit-rows.js';
import {
  type AuditRow,
  type Broker,
  type Caller,
  type Declaration,
  Fault,
  NO_OBJECT,
  type Problem,
  type Registration,
  type RegistryTransaction,
  type Store,
  type Wire,
  type WorkerRow,
} from '../ports.js';
import type { Registered, RegisterResult } from '../service.js';
import { announce } from './announcement.js';
import { collisions } from './collisions.js';
import { nameOf, stepNamesOf } from './declared.js';
import { changesBetween, sameContent } from './definition-changes.js';
import { registrationStatus } from './registration-status.js';

export interface RegistryOptions {
  readonly store: Pick<Store, 'registry'>;
  /** Stores the row of a registration by topic that was refused; never rejects. */
  readonly audit: (row: AuditRow) => Promise<void>;
  readonly broker: Pick<Broker, 'ensureTopics' | 'publisher'>;
  readonly wire: Wire;
  readonly log: Log;
}

const PAUSES = { firstMs: 50, longestMs: 2000 };

type Initiator = Declaration & { readonly as: 'initiator' };
type Worker = Declaration & { readonly as: 'worker' };

interface RegisterOptions {
  readonly by?: Caller | undefined;
  readonly within?: Within;
}

export class Registry {
  private readonly stopping = new AbortController();

  constructor(private readonly options: RegistryOptions) {}

  /**
   * All or nothing. The topics have leaders before anything is stored. Throws a Fault when the
   * database or the broker is away.
   */
  async register(
    registration: Registration,
    dryRun: boolean,
    { by, within }: RegisterOptions = {},
  ): Promise<RegisterResult> {
    const result =
      registration.problems.length > 0
        ? { registrations: [], problems: registration.problems }
        : await this.store(registration, dryRun, { by, within });
    if (!dryRun) await announce(this.options, registration, result);
    return result;
  }

  /**
   * For records of a topic: after a Fault it tries again until it succeeds. A document that fails
   * for another reason is logged and dropped.
   */
  async registerPatiently(registration: Registration, by: Caller): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        const { problems } = await this.register(registration, false, { by });
        const [first] = problems;
        if (first !== undefined)
          await this.options.audit(refusedAudit(registration, by, first.code));
        return;
      } catch (error) {
        if (this.stopping.signal.aborted) throw error;
        if (!(error instanceof Fault)) {
          this.options.log.error(
            { err: error },
            'a registration from the topic could not be stored',
          );
          await this.options.audit(refusedAudit(registration, by, 'CANNOT_RECORD'));
          return;
        }
        this.options.log.warn({ err: error }, 'a registration from the topic waits');
        await pause(backoff(failures, PAUSES), this.stopping.signal);
      }
    }
  }

  stop(): void {
    this.stopping.abort();
  }

  /**
   * Topics are created between two transactions, so that a slow broker does not hold the lock of
   * the registry.
   */
  private async store(
    registration: Registration,
    dryRun: boolean,
    { by, within }: RegisterOptions,
  ): Promise<RegisterResult> {
    const { declarations } = registration;
    const met = (tx: RegistryTransaction): Promise<Problem[]> =>
      collisions(tx, this.options.wire, declarations, within);
    const problems = await this.locked(met);
    if (problems.length > 0) return { registrations: [], problems };
    if (!dryRun) await this.options.broker.ensureTopics(this.topicsOf(declarations));
    // Checked again under the lock: another registration may have been stored meanwhile.
    return this.locked(async (tx) => {
      const again = await met(tx);
      if (again.length > 0) return { registrations: [], problems: again };
      const registrations = await this.stored(tx, registration, dryRun);
      await tx.audit(registrations.map((one) => auditOf(one, registration, by, dryRun)));
      return { registrations, problems: [] };
    });
  }

  private locked<T>(work: (tx: RegistryTransaction) => Promise<T>): Promise<T> {
    return this.options.store.registry(async (tx) => {
      await tx.lockRegistry();
      return work(tx);
    });
  }

  private topicsOf(declarations: readonly Declaration[]): string[] {
    const topics = declarations.flatMap((one) =>
      stepNamesOf(one).flatMap((step) => this.options.wire.stepTopics(nameOf(one), step)),
    );
    return [...new Set(topics)];
  }

  /** Workers first: an initiator's status counts them. */
  private async stored(
    tx: RegistryTransaction,
    registration: Registration,
    dryRun: boolean,
  ): Promise<Registered[]> {
    const { declarations, serviceName } = registration;
    const order = (one: Declaration): number => (one.as === 'worker' ? 0 : 1);
    const registrations: Registered[] = [];
    for (const one of [...declarations].sort((a, b) => order(a) - order(b))) {
      registrations.push(
        one.as === 'worker'
          ? await this.worker(tx, one, serviceName, dryRun)
          : await this.initiator(tx, one, registration, dryRun),
      );
    }
    return registrations;
  }

  private async initiator(
    tx: RegistryTransaction,
    { orchestration }: Initiator,
    { declarations, serviceName }: Registration,
    dryRun: boolean,
  ): Promise<Registered> {
    const { name } = orchestration;
    const current = (await tx.current([name])).get(name)?.orchestration;
    const changed = current === undefined || !sameContent(current, orchestration);
    const version = changed ? (current?.version ?? 0) + 1 : current.version;
    if (changed && !dryRun) await tx.saveVersion({ ...orchestration, version }, serviceName);
    const changes =
      changed && current !== undefined
        ? changesBetween(current, orchestration, await tx.flowsInFlight(name))
        : [];
    const declared = declarations.flatMap((one) =>
      one.as === 'worker' && one.orchestrationName === name ? one.steps : [],
    );
    const served = stepsOf([...(await tx.workers([name])), ...declared]);
    const status = registrationStatus(orchestration, (step) => served.has(step));
    return { orchestrationName: name, as: 'initiator', version, changed, status, changes };
  }

  private async worker(
    tx: RegistryTransaction,
    one: Worker,
    serviceName: string | null,
    dryRun: boolean,
  ): Promise<Registered> {
    const name = one.orchestrationName;
    const before = await tx.workers([name]);
    const rows: WorkerRow[] = one.steps.map((step) => ({
      ...step,
      orchestrationName: name,
      serviceName: serviceName ?? 'unnamed',
    }));
    const fresh = rows.filter((row) => !before.some((known) => sameWorker(known, row)));
    if (fresh.length > 0 && !dryRun) await tx.saveWorkers(fresh);
    const current = (await tx.current([name])).get(name)?.orchestration ?? null;
    const served = stepsOf([...before, ...rows]);
    return {
      orchestrationName: name,
      as: 'worker',
      version: current?.version ?? null,
      changed: fresh.length > 0,
      status: registrationStatus(current, (step) => served.has(step)),
      changes: [],
    };
  }
}

/** One row for each orchestration of a document: its version before and after. */
function auditOf(
  { orchestrationName, as, version, changed }: Registered,
  { serviceName }: Registration,
  by: Caller | undefined,
  dryRun: boolean,
): AuditRow {
  const before = changed && as === 'initiator' ? (version ?? 0) - 1 : version;
  const facts = { as, serviceName, version };
  return doneRow(
    {
      ...(by ?? GATEWAY),
      ...NO_OBJECT,
      orchestrationName,
      action: 'registerOrchestration',
      reason: null,
    },
    {
      before:
        before === null || before === 0 ? null : JSON.stringify({ ...facts, version: before }),
      after: JSON.stringify({ ...facts, changed, ...(dryRun && { dryRun }) }),
    },
  );
}

function refusedAudit({ declarations, named }: Registration, by: Caller, code: string): AuditRow {
  const [first] = declarations;
  const orchestrationName =
    first === undefined ? (named?.[0]?.orchestrationName ?? null) : nameOf(first);
  return refusedRow(
    { ...by, ...NO_OBJECT, orchestrationName, action: 'registerOrchestration', reason: null },
    code,
  );
}

function stepsOf(workers: readonly { readonly stepName: string }[]): ReadonlySet<string> {
  return new Set(workers.map(({ stepName }) => stepName));
}

function sameWorker(one: WorkerRow, other: WorkerRow): boolean {
  return (Object.keys(other) as (keyof WorkerRow)[]).every((field) => one[field] === other[field]);
}
