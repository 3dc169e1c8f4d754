/** Operator actions on quarantined records: replay them, or discard them. */
import { doneRow, GATEWAY } from '../audit/audit-rows.js';
import type { DeliveryQueue } from '../intake/queue.js';
import {
  type AuditRow,
  type Caller,
  type Decode,
  type Decoded,
  type Delivery,
  type DeliveryOutcome,
  NO_OBJECT,
  type Problem,
  type QuarantinedRecord,
  type RawRecord,
  type ReadModel,
  type Registration,
  type Replay,
  type Store,
} from '../ports.js';
import { problem } from '../problem.js';
import type { Registry } from '../registry/registry.js';
import type { QuarantineResult } from '../service.js';

export interface QuarantineOptions {
  readonly queue: Pick<DeliveryQueue, 'submit'>;
  readonly read: Pick<ReadModel, 'quarantined'>;
  readonly store: Pick<Store, 'settleQuarantined'>;
  readonly registry: Pick<Registry, 'register'>;
  readonly decode: Decode;
}

interface Request {
  readonly record: QuarantinedRecord;
  readonly raw: RawRecord;
  readonly replay: Replay;
  readonly by: Caller | undefined;
}

interface Processed {
  readonly problems: readonly Problem[];
  readonly isSettled: boolean;
}

export class Quarantine {
  constructor(private readonly options: QuarantineOptions) {}

  async replay(replay: Replay, by?: Caller): Promise<QuarantineResult> {
    const record = await this.options.read.quarantined(replay.id);
    if (record === null) return unknownQuarantined(replay.id);
    if (record.state !== 'OPEN') return settledAlready(record);
    const { topic } = record;
    const raw = { key: record.key, value: record.value, headers: record.headers ?? {} };
    const decoded = this.options.decode(topic, raw);
    // Also when it comes with an input: that reply still cannot be read.
    if ('poison' in decoded && decoded.poison) return still(record, decoded.poison.message);
    return this.answer(replay.id, await this.process(decoded, { record, raw, replay, by }));
  }

  async discard(replay: Replay, by?: Caller): Promise<QuarantineResult> {
    const before = await this.options.read.quarantined(replay.id);
    if (before === null) return unknownQuarantined(replay.id);
    const audit = auditOf(before, replay, by, 'DISCARDED');
    const done = await this.options.store.settleQuarantined(replay, 'DISCARDED', audit);
    const record = await this.options.read.quarantined(replay.id);
    if (record === null) return unknownQuarantined(replay.id);
    return done ? { record, problems: [] } : settledAlready(record);
  }

  private async process(decoded: Decoded, request: Request): Promise<Processed> {
    if (decoded.kind === 'registration') return this.register(decoded.registration, request);
    if (decoded.kind === 'poison')
      return { problems: [problem('STILL_POISON', decoded.poison.message)], isSettled: false };
    const { raw, replay, by } = request;
    return this.submit({ ...decoded, from: 'replay', raw, replay, by });
  }

  /** Its result and the fact that it was replayed are stored in one transaction. */
  private async submit(delivery: Delivery): Promise<Processed> {
    const [outcome] = await this.options.queue.submit([delivery]);
    const isSettled = outcome?.kind === 'recorded' || outcome?.kind === 'echo';
    return { problems: problemsOf(outcome), isSettled };
  }

  /**
   * Registering twice changes nothing, so it is done first, and the record is settled afterwards.
   */
  private async register(
    registration: Registration,
    { record, replay, by }: Request,
  ): Promise<Processed> {
    const { problems } = await this.options.registry.register(registration, false, { by });
    if (problems.length > 0) return { problems, isSettled: false };
    const audit = auditOf(record, replay, by, 'REPLAYED');
    return {
      problems,
      isSettled: await this.options.store.settleQuarantined(replay, 'REPLAYED', audit),
    };
  }

  private async answer(id: string, { problems, isSettled }: Processed): Promise<QuarantineResult> {
    return { record: await this.options.read.quarantined(id), problems, isSettled };
  }
}

function problemsOf(outcome: DeliveryOutcome | undefined): Problem[] {
  switch (outcome?.kind) {
    case 'recorded':
      return outcome.refusal === null
        ? []
        : [problem(outcome.refusal.code, outcome.refusal.message)];
    case 'echo':
      return [];
    case 'unknown-flow':
      return [problem('STILL_POISON', 'there is still no such flow; it stays in quarantine')];
    case 'parked':
      return [
        problem('FLOW_PARKED', `its flow is parked: ${outcome.reason}; it stays in quarantine`),
      ];
    case 'quarantined':
      return [problem('STILL_POISON', `${outcome.message}; it stays in quarantine`)];
    default:
      return [problem('ALREADY_SETTLED', 'another request has just settled it')];
  }
}

function auditOf(
  { state, flowId, stepName }: QuarantinedRecord,
  { id, actor, reason }: Replay,
  by: Caller | undefined,
  as: 'REPLAYED' | 'DISCARDED',
): AuditRow {
  const action = as === 'REPLAYED' ? 'replayQuarantined' : 'discardQuarantined';
  const caller = by ?? { ...GATEWAY, actor, proven: false };
  return doneRow(
    { ...caller, ...NO_OBJECT, flowId, stepName, action, reason },
    { before: JSON.stringify({ id, state }), after: JSON.stringify({ id, state: as }) },
  );
}

export function unknownQuarantined(id: string): QuarantineResult {
  const message = `no quarantined record has the id ${id}; the query quarantine lists them`;
  return { record: null, problems: [problem('UNKNOWN_QUARANTINED', message, 'id')] };
}

function settledAlready(record: QuarantinedRecord): QuarantineResult {
  const by = record.settled === null ? '' : ` by ${record.settled.actor}: ${record.settled.reason}`;
  return { record, problems: [problem('ALREADY_SETTLED', `it is ${record.state} already${by}`)] };
}

function still(record: QuarantinedRecord, why: string): QuarantineResult {
  return { record, problems: [problem('STILL_POISON', `${why}; it stays in quarantine`)] };
}
