/** Registered orchestrations and workers: what a document changes, and which version a start gets. */
import type { Log } from '../../observability/log.js';
import {
  type Broker,
  type Declaration,
  Fault,
  type Problem,
  type Registration,
  type RegistryTransaction,
  type Store,
  type Wire,
  type WorkerRow,
} from '../ports.js';
import type { Registered, RegisterResult } from '../service.js';
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
    if (!dryRun) await this.announce(registration, result);
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

  private async store(registration: Registration, dryRun: boolean): Promise<RegisterResult> {
    const { declarations, serviceName } = registration;
    return this.options.store.registry(async (tx) => {
      await tx.lockRegistry();
      const problems = await this.collisions(tx, declarations);
      if (problems.length > 0) return { registrations: [], problems };
      const topics = declarations.flatMap((one) =>
        stepNamesOf(one).flatMap((step) => this.options.wire.stepTopics(nameOf(one), step)),
      );
      if (!dryRun) await this.options.broker.ensureTopics([...new Set(topics)]);
      const registrations: Registered[] = [];
      for (const one of [...declarations].sort((a, b) =>
        a.as === b.as ? 0 : a.as === 'worker' ? -1 : 1,
      )) {
        registrations.push(
          one.as === 'worker'
            ? await this.worker(tx, one, serviceName, dryRun)
            : await this.initiator(tx, one, declarations, serviceName, dryRun),
        );
      }
      return { registrations, problems: [] };
    });
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

  /** Kafka refuses names that are equal after `.` → `_`: somebody else's step may be in the way (2-wire.md, "Topics"). */
  private async collisions(
    tx: RegistryTransaction,
    declarations: readonly Declaration[],
  ): Promise<Problem[]> {
    const wanted = declarations.flatMap((one) => {
      return stepNamesOf(one).flatMap((step) =>
        this.options.wire.stepTopics(nameOf(one), step).map((topic) => ({ one, step, topic })),
      );
    });
    const neighbours = await tx.topicNeighbours(wanted.map(({ topic }) => topic));
    const problems: Problem[] = [];
    for (const { one, step, topic } of wanted) {
      const other = neighbours.find(
        (known) =>
          same(known.topic, topic) && (known.name !== nameOf(one) || known.stepName !== step),
      );
      if (other === undefined || problems.some(({ path }) => path === `${nameOf(one)}/${step}`))
        continue;
      const message = `the topics of ${nameOf(one)}/${step} would collide with those of ${other.name}/${other.stepName}: Kafka takes "." and "_" for equal; rename one`;
      problems.push({
        code: 'TOPIC_COLLISION',
        message,
        path: `${nameOf(one)}/${step}`,
        line: one.line,
        suggestions: [],
      });
    }
    return problems;
  }

  /** One message per declaration, failures included; not worth failing a stored registration for. */
  private async announce(
    { declarations, problems, serviceName, named: spoken }: Registration,
    result: RegisterResult,
  ): Promise<void> {
    const wrong = [...problems, ...result.problems];
    const failureReason = wrong.length === 0 ? null : [...new Set(wrong.map(reasonOf))].join('; ');
    const declared = declarations.map((one) => ({ orchestrationName: nameOf(one), as: one.as }));
    const named = declared.length > 0 ? declared : (spoken ?? []);
    const about = named.length > 0 ? named : [{ orchestrationName: null, as: null }];
    const rows = about.map(({ orchestrationName, as }, number) => {
      const stored = result.registrations.find(
        (one) => one.orchestrationName === orchestrationName && one.as === as,
      );
      const status =
        failureReason !== null
          ? ('FAILED' as const)
          : stored?.status === 'REGISTERED'
            ? ('SUCCESS' as const)
            : ('PENDING' as const);
      const notice = {
        orchestrationName,
        as,
        serviceName,
        status,
        failureReason,
        timestamp: Date.now(),
      };
      return {
        ...this.options.wire.registrationStatus(notice),
        flowId: orchestrationName ?? '',
        number,
        attemptId: null,
      };
    });
    for (const { row, result: sent, errorMessage } of await this.options.broker.publisher.publish(
      rows,
    )) {
      if (sent !== 'ok')
        this.options.log.warn(
          { topic: row.topic, why: errorMessage },
          'a registration status could not be published',
        );
    }
  }
}

function reasonOf({ code, path, message }: Problem): string {
  return path === null ? `${code}: ${message}` : `${code} at ${path}: ${message}`;
}

function nameOf(declaration: Declaration): string {
  return declaration.as === 'worker'
    ? declaration.orchestrationName
    : declaration.orchestration.name;
}

function stepNamesOf(declaration: Declaration): string[] {
  return declaration.as === 'worker'
    ? declaration.steps.map(({ stepName }) => stepName)
    : declaration.orchestration.steps.map(({ name }) => name);
}

function same(one: string, other: string): boolean {
  return one.replaceAll('.', '_') === other.replaceAll('.', '_');
}

function sameWorker(one: WorkerRow, other: WorkerRow): boolean {
  return (Object.keys(other) as (keyof WorkerRow)[]).every((field) => one[field] === other[field]);
}
