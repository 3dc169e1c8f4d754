/** The invariants of a whole world, asked once all is quiet. */
import { INTAKE_TOPICS, TOPICS } from '../../src/wire/topics.js';
import type { MemoryDatabase } from '../kit/memory-store.js';
import { askFlow, LEAVING } from './ask-flow.js';
import type { Clients } from './clients.js';
import type { Ledger } from './ledger.js';
import type { Topics } from './log.js';
import type { Seen } from './seen.js';
import type { Subscriber } from './subscriber.js';
import type { Temper } from './temper.js';

export interface Ended {
  /** Nothing went wrong in it. */
  readonly calm: boolean;
  readonly seen: Seen;
  readonly memory: MemoryDatabase;
  readonly topics: Topics;
  readonly clients: Clients;
  readonly subscribers: readonly Subscriber[];
  readonly ledger: Ledger;
  readonly temperOf: (flowId: string) => Temper;
}

export function askWorld(ended: Ended): void {
  const { seen, memory, ledger, temperOf } = ended;
  for (const [flowId, { flow, events, parked }] of memory.tables.flows) {
    seen.ask('laws', flowId, parked === null ? null : `it is parked: ${parked}`);
    askFlow(seen, ledger, { flow, events, temper: temperOf(flowId) });
  }
  seen.ask(
    'I8',
    null,
    memory.tables.outbox.size === 0
      ? null
      : `${memory.tables.outbox.size} rows are left in the outbox`,
  );
  askStarts(ended);
  askWritten(ended);
  if (ended.calm) askCalm(ended);
  askInbox(ended);
  askQuarantine(ended);
  for (const subscriber of ended.subscribers) askSubscriber(ended, subscriber);
}

/** Each wish became one flow, and the one that was promised. */
function askStarts({ seen, memory, clients }: Ended): void {
  const byTag = Map.groupBy(memory.tables.flows.values(), ({ flow }) => String(flow.headers.tag));
  for (const { tag, accepted, bad } of clients.all) {
    const found = (byTag.get(tag) ?? []).map(({ flow }) => flow.flowId);
    if (bad) {
      seen.ask('bad', null, found.length === 0 ? null : `${tag} can not be stored, and is`);
      continue;
    }
    const right = found.length === 1 && (accepted === null || found[0] === accepted);
    seen.ask(
      'I1',
      accepted,
      right ? null : `${tag}: promised ${accepted}, stored ${found.join(', ') || 'none'}`,
    );
  }
}

/** Nothing left that was not decided. */
function askWritten({ seen, memory }: Ended): void {
  for (const key of seen.written.keys()) {
    const [flowId = '', number] = key.split(' ');
    if (flowId.startsWith('!')) continue;
    const type = memory.tables.flows.get(flowId)?.events[Number(number) - 1]?.type;
    const decided = type !== undefined && LEAVING.has(type);
    seen.ask(
      'I3',
      flowId,
      decided ? null : `a message left for event ${number}, which is ${type ?? 'none'}`,
    );
  }
}

/** Where nothing goes wrong, each message leaves once, and those of a sequential flow in the order they were decided. */
function askCalm({ seen, memory }: Ended): void {
  const last = new Map<string, number>();
  for (const [key, times] of seen.written) {
    const [flowId = '', number] = key.split(' ');
    const before = last.get(flowId) ?? 0;
    seen.ask('calm', flowId, times === 1 ? null : `message ${number} left ${times} times`);
    // Several gateways advance a parallel flow side by side, and each publishes what it decided.
    if (memory.tables.flows.get(flowId)?.flow.orchestration.type !== 'SEQUENTIAL') continue;
    seen.ask(
      'calm',
      flowId,
      Number(number) > before ? null : `message ${number} left after ${before}`,
    );
    last.set(flowId, Number(number));
  }
}

/** Every record counts, and once. */
function askInbox({ seen, topics }: Ended): void {
  for (const topic of INTAKE_TOPICS) {
    for (const { partition, records } of topics.partitions(topic)) {
      for (const { offset } of records) {
        const place = `${topic}/${partition}/${offset}`;
        const times = seen.admitted.get(place) ?? 0;
        seen.ask('I9', null, times === 1 ? null : `${place} was admitted ${times} times`);
      }
    }
  }
}

function askQuarantine({ seen, memory, topics }: Ended): void {
  const kept = Map.groupBy(
    memory.tables.quarantine,
    ({ position }) => `${position.topic}/${position.partition}/${position.offset}`,
  );
  const copies = new Set(
    topics.records(TOPICS.deadLetters).map(({ headers }) => {
      return `${headers['original-topic']}/${headers['original-partition']}/${headers['original-offset']}`;
    }),
  );
  for (const [place, entries] of kept) {
    seen.ask(
      'I12',
      null,
      entries.length === 1 ? null : `${place} is in quarantine ${entries.length} times`,
    );
    seen.ask('I12', null, copies.has(place) ? null : `${place} has no copy among the dead letters`);
  }
  for (const { partition, records } of topics.partitions(TOPICS.replies)) {
    for (const { value, offset } of records) {
      if (value === null || !seen.corrupted.has(value)) continue;
      const entry = kept.get(`${TOPICS.replies}/${partition}/${offset}`)?.[0];
      seen.ask(
        'I12',
        null,
        entry?.value === value ? null : `the unreadable record ${partition}/${offset} was not kept`,
      );
    }
  }
}

/** Told every event that is shown, in order, each once. */
function askSubscriber({ seen, memory }: Ended, { flowId, told }: Subscriber): void {
  const events = memory.tables.flows.get(flowId)?.events ?? [];
  const shown = events
    .filter((event) => event.type !== 'STEP_PROGRESS' || event.shown)
    .map(({ number }) => number);
  const same =
    shown.length === told.length && shown.every((number, index) => told[index] === number);
  seen.ask(
    'I7',
    flowId,
    same ? null : `of ${shown.join(' ')} a subscriber was told ${told.join(' ')}`,
  );
}
