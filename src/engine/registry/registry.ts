/** Registered orchestrations and workers: what a document changes, and which version a start gets. */
import type { Log } from '../../observability/log.js';
import {
  type Broker,
  type Declaration,
  Fault,
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

export interface RegistryOptions {
  readonly store: Pick<Store, 'registry'>;
  readonly broker: Pick<Broker, 'ensureTopics' | 'publisher'>;
  readonly wire: Wire;
  readonly log: Log;
}

type Initiator = Declaration & { readonly as: 'initiator' };
type Worker = Declaration & { readonly as: 'worker' };

export class Registry {
  private stopping = false;
  private wake: () => void = () => undefined;

  constructor(private readonly options: RegistryOptions) {}

  /** All or nothing. Topics have leaders before anything is stored; a fault (database or broker away) is thrown. */
  async register(registration: Registration, dryRun: boolean): Promise<RegisterResult> {
    const result =
      registration.problems.length > 0
        ? { registrations: [], problems: registration.problems }
        : await this.store(registration, dryRun);
    if (!dryRun) await announce(this.options, registration, result);
    return result;
  }

  /** From a topic: a fault is waited out, the record is not lost. What can not be stored for another reason is said and let go. */
  async registerPatiently(registration: Registration): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        await this.register(registration, false);
        return;
      } catch (error) {
        if (this.stopping) throw error;
        if (!(error instanceof Fault)) {
          this.options.log.error(
            { err: error },
            'a registration from the topic could not be stored',
          );
          return;
        }
        this.options.log.warn({ err: error }, 'a registration from the topic waits');
        await this.pause(Math.min(2000, 50 * 2 ** failures));
      }
    }
  }

  stop(): void {
    this.stopping = true;
    this.wake();
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Topics are made between two transactions, never in one: a slow broker must not hold the registry's lock, or outlive it. */
  private async store(registration: Registration, dryRun: boolean): Promise<RegisterResult> {
    const { declarations } = registration;
    const problems = await this.locked((tx) => collisions(tx, this.options.wire, declarations));
    if (problems.length > 0) return { registrations: [], problems };
    if (!dryRun) await this.options.broker.ensureTopics(this.topicsOf(declarations));
    // Looked at again under the lock: somebody may have registered meanwhile.
    return this.locked(async (tx) => {
      const met = await collisions(tx, this.options.wire, declarations);
      if (met.length > 0) return { registrations: [], problems: met };
      return { registrations: await this.stored(tx, registration, dryRun), problems: [] };
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
    { declarations, serviceName }: Registration,
    dryRun: boolean,
  ): Promise<Registered[]> {
    const order = (one: Declaration): number => (one.as === 'worker' ? 0 : 1);
    const registrations: Registered[] = [];
    for (const one of [...declarations].sort((a, b) => order(a) - order(b))) {
      registrations.push(
        one.as === 'worker'
          ? await this.worker(tx, one, serviceName, dryRun)
          : await this.initiator(tx, one, declarations, serviceName, dryRun),
      );
    }
    return registrations;
  }

  private async initiator(
    tx: RegistryTransaction,
    { orchestration }: Initiator,
    all: readonly Declaration[],
    serviceName: string | null,
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
    const served = new Set((await tx.workers([name])).map((row) => row.stepName));
    for (const one of all)
      if (one.as === 'worker' && one.orchestrationName === name)
        for (const step of one.steps) served.add(step.stepName);
    const status = orchestration.steps.every((step) => served.has(step.name))
      ? 'REGISTERED'
      : 'PARTIALLY_REGISTERED';
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
    const served = new Set([...before, ...rows].map((row) => row.stepName));
    const status =
      current?.steps.every((step) => served.has(step.name)) === true
        ? 'REGISTERED'
        : 'PARTIALLY_REGISTERED';
    return {
      orchestrationName: name,
      as: 'worker',
      version: current?.version ?? null,
      changed: fresh.length > 0,
      status,
      changes: [],
    };
  }
}

function sameWorker(one: WorkerRow, other: WorkerRow): boolean {
  return (Object.keys(other) as (keyof WorkerRow)[]).every((field) => one[field] === other[field]);
}
