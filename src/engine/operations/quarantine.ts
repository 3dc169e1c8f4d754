/** What operators may do with records nobody could use: send them down the road once more, or put them away. */

import type { Road } from '../intake/road.js';
import type {
  Delivery,
  Problem,
  QuarantinedRecord,
  RawRecord,
  ReadModel,
  Replay,
  Store,
} from '../ports.js';
import type { Registry } from '../registry/registry.js';
import type { QuarantineResult } from '../service.js';

/** What a record of this topic says, as when it came. */
export type Decode = (
  topic: string,
  record: {
    readonly key: Uint8Array | null;
    readonly value: Uint8Array | null;
    readonly headers: Readonly<Record<string, Uint8Array | string>>;
  },
) => Pick<Delivery, 'input' | 'start' | 'registration' | 'poison'>;

export interface QuarantineOptions {
  readonly road: Pick<Road, 'submit'>;
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
    const raw: RawRecord & { headers: NonNullable<RawRecord['headers']> } = {
      key: record.key,
      value: record.value,
      headers: record.headers ?? {},
    };
    const { poison, registration, ...decoded } = this.options.decode(topic, raw);
    if (poison !== null) return still(record, poison.message);
    const problems =
      registration === null
        ? await this.again({ ...decoded, raw, replay })
        : await this.register(registration, replay);
    return this.answer(replay.id, problems);
  }

  async discard(replay: Replay): Promise<QuarantineResult> {
    const done = await this.options.store.settleQuarantined(replay, 'DISCARDED');
    const record = await this.options.read.quarantined(replay.id);
    if (record === null) return unknown(replay.id);
    return done ? { record, problems: [] } : settledAlready(record);
  }

  /** Down the road: what it leads to and that it was replayed are one transaction. */
  private async again(
    said: Pick<Delivery, 'input' | 'start' | 'raw' | 'replay'>,
  ): Promise<Problem[]> {
    const [outcome] = await this.options.road.submit([
      { ...said, position: null, registration: null, poison: null },
    ]);
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
        return [problem('ALREADY_SETTLED', 'somebody else has just settled it')];
    }
  }

  /** Registering twice is harmless: it is done first, then it is said. */
  private async register(
    registration: NonNullable<Delivery['registration']>,
    replay: Replay,
  ): Promise<readonly Problem[]> {
    const { problems } = await this.options.registry.register(registration, false);
    if (problems.length === 0) await this.options.store.settleQuarantined(replay, 'REPLAYED');
    return problems;
  }

  private async answer(id: string, problems: readonly Problem[]): Promise<QuarantineResult> {
    return { record: await this.options.read.quarantined(id), problems };
  }
}

function problem(code: string, message: string): Problem {
  return { code, message, path: null, line: null, suggestions: [] };
}

function unknown(id: string): QuarantineResult {
  const message = `nothing in quarantine has the id ${id}; the query quarantine lists what there is`;
  return { record: null, problems: [{ ...problem('UNKNOWN_QUARANTINED', message), path: 'id' }] };
}

function settledAlready(record: QuarantinedRecord): QuarantineResult {
  const by = record.settled === null ? '' : ` by ${record.settled.actor}: ${record.settled.reason}`;
  return { record, problems: [problem('ALREADY_SETTLED', `it is ${record.state} already${by}`)] };
}

function still(record: QuarantinedRecord, why: string): QuarantineResult {
  return { record, problems: [problem('STILL_POISON', `${why}; it stays in quarantine`)] };
}
