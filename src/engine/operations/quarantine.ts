/** What operators may do with quarantined records: process them again, or discard them. */

import type { DeliveryQueue } from '../intake/queue.js';
import type {
  Decode,
  Decoded,
  Delivery,
  Problem,
  QuarantinedRecord,
  RawRecord,
  ReadModel,
  Registration,
  Replay,
  Store,
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

export class Quarantine {
  constructor(private readonly options: QuarantineOptions) {}

  async replay(replay: Replay): Promise<QuarantineResult> {
    const record = await this.options.read.quarantined(replay.id);
    if (record === null) return unknown(replay.id);
    if (record.state !== 'OPEN') return settledAlready(record);
    const { topic } = record;
    const raw = { key: record.key, value: record.value, headers: record.headers ?? {} };
    const decoded = this.options.decode(topic, raw);
    // Also beside an input: what could not be read then cannot be read now.
    if ('poison' in decoded && decoded.poison) return still(record, decoded.poison.message);
    return this.answer(replay.id, await this.process(decoded, raw, replay));
  }

  async discard(replay: Replay): Promise<QuarantineResult> {
    const done = await this.options.store.settleQuarantined(replay, 'DISCARDED');
    const record = await this.options.read.quarantined(replay.id);
    if (record === null) return unknown(replay.id);
    return done ? { record, problems: [] } : settledAlready(record);
  }

  private async process(
    decoded: Decoded,
    raw: RawRecord,
    replay: Replay,
  ): Promise<readonly Problem[]> {
    if (decoded.kind === 'registration') return this.register(decoded.registration, replay);
    if (decoded.kind === 'poison') return [problem('STILL_POISON', decoded.poison.message)];
    return this.submit({ ...decoded, from: 'replay', raw, replay });
  }

  /** What it leads to and that it was replayed are one transaction. */
  private async submit(delivery: Delivery): Promise<Problem[]> {
    const [outcome] = await this.options.queue.submit([delivery]);
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

  /** Registering twice is harmless: it is done first, then recorded. */
  private async register(registration: Registration, replay: Replay): Promise<readonly Problem[]> {
    const { problems } = await this.options.registry.register(registration, false);
    if (problems.length === 0) await this.options.store.settleQuarantined(replay, 'REPLAYED');
    return problems;
  }

  private async answer(id: string, problems: readonly Problem[]): Promise<QuarantineResult> {
    return { record: await this.options.read.quarantined(id), problems };
  }
}

function unknown(id: string): QuarantineResult {
  const message = `nothing in quarantine has the id ${id}; the query quarantine lists what there is`;
  return { record: null, problems: [problem('UNKNOWN_QUARANTINED', message, 'id')] };
}

function settledAlready(record: QuarantinedRecord): QuarantineResult {
  const by = record.settled === null ? '' : ` by ${record.settled.actor}: ${record.settled.reason}`;
  return { record, problems: [problem('ALREADY_SETTLED', `it is ${record.state} already${by}`)] };
}

function still(record: QuarantinedRecord, why: string): QuarantineResult {
  return { record, problems: [problem('STILL_POISON', `${why}; it stays in quarantine`)] };
}
