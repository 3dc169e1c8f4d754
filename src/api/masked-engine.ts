/**
 * The engine as it is for whoever lacks the right `payload:read`: what a definition calls sensitive
 * is masked in everything that has payloads. GraphQL, REST and subscriptions get their flows and
 * events through this one border, or from the engine itself.
 */
import { maskEvent, maskFlow } from '../engine/masking/masked.js';
import {
  NO_PAYLOADS,
  type Page,
  type QuarantinedRecord,
  type ReadModel,
  type TimelinePlace,
} from '../engine/ports.js';
import type { EngineService, QuarantineResult } from '../engine/service.js';
import { MASK } from '../json/mask.js';
import type { FlowEvent } from '../saga/event.js';
import type { Flow } from '../saga/flow.js';

/** What each member answers: whoever adds one decides here. */
export const ENGINE_ANSWERS: Readonly<Record<keyof EngineService, 'payloads' | 'none'>> = {
  read: 'payloads',
  execute: 'payloads',
  applyOperatorAction: 'payloads',
  follow: 'payloads',
  replayQuarantined: 'payloads',
  discardQuarantined: 'payloads',
  audit: 'none',
  bulk: 'none',
  reencrypt: 'none',
  register: 'none',
  setPolicy: 'none',
  changeStanding: 'none',
  simulate: 'none',
  diagnose: 'none',
  orchestration: 'none',
  stepChanges: 'none',
  slo: 'none',
  health: 'none',
  figures: 'none',
};

export const READ_ANSWERS: Readonly<Record<keyof ReadModel, 'payloads' | 'none'>> = {
  history: 'payloads',
  histories: 'payloads',
  flows: 'payloads',
  timeline: 'payloads',
  timelines: 'payloads',
  quarantine: 'payloads',
  quarantined: 'payloads',
  orchestrations: 'none',
  workersOf: 'none',
  orchestrationsOf: 'none',
  counts: 'none',
  count: 'none',
  historyPage: 'none',
  surroundings: 'none',
  backlog: 'none',
  audit: 'none',
  sloCounts: 'none',
  stuckSteps: 'none',
  openFlows: 'none',
};

const MASKED = new WeakMap<EngineService, EngineService>();

export function maskedEngine(engine: EngineService): EngineService {
  const known = MASKED.get(engine);
  if (known !== undefined) return known;
  const over: Partial<EngineService> = {
    execute: async (...given) => withFlow(await engine.execute(...given)),
    applyOperatorAction: async (...given) => withFlow(await engine.applyOperatorAction(...given)),
    replayQuarantined: async (...given) => withRecord(await engine.replayQuarantined(...given)),
    discardQuarantined: async (...given) => withRecord(await engine.discardQuarantined(...given)),
    follow: async (flowId, ...given) => {
      const events = await engine.follow(flowId, ...given);
      return events && followed(engine, flowId, events);
    },
  };
  // Read each time: while the gateway starts, it is another one.
  const masked: EngineService = Object.defineProperty(
    Object.assign(Object.create(engine) as EngineService, over),
    'read',
    { get: () => maskedReads(engine.read) },
  );
  MASKED.set(engine, masked);
  return masked;
}

function maskedReads(read: ReadModel): ReadModel {
  const over: Partial<ReadModel> = {
    history: async (...given) => pageOf(await read.history(...given), maskFlow),
    histories: async (...given) => {
      const pages = await read.histories(...given);
      return new Map([...pages].map(([name, page]) => [name, pageOf(page, maskFlow)]));
    },
    flows: async (...given) => {
      const flows = await read.flows(...given);
      return new Map([...flows].map(([flowId, flow]) => [flowId, maskFlow(flow)]));
    },
    timeline: async (flowId, ...given) => {
      const events = await read.timeline(flowId, ...given);
      return events && (await masking(read, [flowId]))(flowId, events);
    },
    timelines: async (places, ...given) => {
      const [events, mask] = await Promise.all([
        read.timelines(places, ...given),
        masking(read, flowIdsOf(places)),
      ]);
      return places.map(({ flowId }, index) => mask(flowId, events[index] ?? []));
    },
    quarantine: async (...given) => pageOf(await read.quarantine(...given), withoutBytes),
    quarantined: async (id) => {
      const record = await read.quarantined(id);
      return record && withoutBytes(record);
    },
  };
  return Object.assign(Object.create(read) as ReadModel, over);
}

type Masking = (flowId: string, events: readonly FlowEvent[]) => FlowEvent[];

/** Events do not name their definition: it is read with their flows, payloads apart. */
async function masking(read: ReadModel, flowIds: readonly string[]): Promise<Masking> {
  const flows = await read.flows(flowIds, { payloads: NO_PAYLOADS });
  return (flowId, events) => {
    const flow = flows.get(flowId);
    return flow === undefined ? [] : events.map((event) => maskEvent(flow.orchestration, event));
  };
}

async function* followed(
  { read }: EngineService,
  flowId: string,
  events: AsyncIterable<FlowEvent>,
): AsyncGenerator<FlowEvent, void, undefined> {
  const mask = await masking(read, [flowId]);
  for await (const event of events) yield* mask(flowId, [event]);
}

function flowIdsOf(places: readonly TimelinePlace[]): string[] {
  return [...new Set(places.map(({ flowId }) => flowId))];
}

function pageOf<T>({ items, ...page }: Page<T>, mask: (item: T) => T): Page<T> {
  return { ...page, items: items.map(({ cursor, item }) => ({ cursor, item: mask(item) })) };
}

function withFlow<R extends { readonly flow: Flow | null }>(result: R): R {
  return { ...result, flow: result.flow && maskFlow(result.flow) };
}

const NOTHING_SHOWN = Buffer.from(JSON.stringify(MASK));

/**
 * What could not be used may be anything, also the payload of a flow that is not known: nothing of
 * it is shown.
 */
function withoutBytes(record: QuarantinedRecord): QuarantinedRecord {
  return { ...record, key: null, value: record.value && NOTHING_SHOWN, headers: {} };
}

function withRecord({ record, ...result }: QuarantineResult): QuarantineResult {
  return { ...result, record: record && withoutBytes(record) };
}
