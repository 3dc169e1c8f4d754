/** The invariants of a whole world, checked once all is quiet. */
import { INTAKE_TOPICS, TOPICS } from '../../src/wire/topics.js';
import { checkRun, type RunEvidence } from '../invariants/invariants.mjs';
import type { MemoryDatabase } from '../kit/memory-store.js';
import { checkFlow, PUBLISHING } from './check-flow.js';
import type { Clients } from './clients.js';
import type { Ledger } from './ledger.js';
import type { Topics } from './log.js';
import type { Observations } from './observations.js';
import type { Subscriber } from './subscriber.js';
import type { WorkerBehaviour } from './worker-behaviour.js';

export interface Ended {
  /** Nothing went wrong in it. */
  readonly calm: boolean;
  readonly observations: Observations;
  readonly memory: MemoryDatabase;
  readonly topics: Topics;
  readonly clients: Clients;
  readonly subscribers: readonly Subscriber[];
  readonly ledger: Ledger;
  readonly behaviourOf: (flowId: string) => WorkerBehaviour;
}

export function checkWorld(ended: Ended): void {
  const { observations, memory, ledger, behaviourOf } = ended;
  const subscribers = Map.groupBy(ended.subscribers, ({ flowId }) => flowId);
  for (const [flowId, { flow, events }] of memory.tables.flows) {
    const delivered = (subscribers.get(flowId) ?? []).map((one) => one.delivered);
    const behaviour = behaviourOf(flowId);
    checkFlow(observations, ledger, { flow, events, behaviour, delivered });
  }
  for (const [invariant, broken] of checkRun(runOf(ended)))
    observations.check(invariant, null, broken);
  checkStarts(ended);
  checkWritten(ended);
  if (ended.calm) checkCalm(ended);
  checkInbox(ended);
  checkQuarantine(ended);
}

function runOf({ observations, memory, topics, clients }: Ended): RunEvidence {
  const { flows, outbox, quarantine } = memory.tables;
  const byTag = flowsByTag(memory);
  const replies = topics.partitions(TOPICS.replies);
  return {
    outbox: outbox.size,
    parked: [...flows.values()].filter(({ parked }) => parked !== null).length,
    poison: replies.flatMap(({ partition, records }) =>
      records
        .filter(({ value }) => value !== null && observations.corrupted.has(value))
        .map(({ offset }) => `${TOPICS.replies}/${partition}/${offset}`),
    ),
    quarantined: new Set(
      quarantine.map(
        ({ position: { topic, partition, offset } }) => `${topic}/${partition}/${offset}`,
      ),
    ),
    accepted: clients.all
      .filter(({ bad }) => !bad)
      .map(({ tag, accepted }) => accepted ?? byTag.get(tag)?.[0] ?? tag),
    stored: new Set(flows.keys()),
  };
}

/** FlowIds by the mark of whoever wanted them. */
function flowsByTag(memory: MemoryDatabase): ReadonlyMap<string, readonly string[]> {
  const found = Map.groupBy(memory.tables.flows.values(), ({ flow }) => String(flow.headers.tag));
  return new Map([...found].map(([tag, entries]) => [tag, entries.map(({ flow }) => flow.flowId)]));
}

/** Each start became one flow, and the one that was promised. */
function checkStarts({ observations, memory, clients }: Ended): void {
  const byTag = flowsByTag(memory);
  for (const { tag, accepted, bad } of clients.all) {
    const found = byTag.get(tag) ?? [];
    if (bad) {
      const broken = found.length === 0 ? null : `${tag} cannot be stored, and is`;
      observations.check('bad', null, broken);
      continue;
    }
    const right = found.length === 1 && (accepted === null || found[0] === accepted);
    observations.check(
      'I1',
      accepted,
      right ? null : `${tag}: promised ${accepted}, stored ${found.join(', ') || 'none'}`,
    );
  }
}

/** Nothing was published that was not decided. */
function checkWritten({ observations, memory }: Ended): void {
  for (const key of observations.written.keys()) {
    const [flowId = '', number] = key.split(' ');
    if (flowId.startsWith('!')) continue;
    const type = memory.tables.flows.get(flowId)?.events[Number(number) - 1]?.type;
    const decided = type !== undefined && PUBLISHING.has(type);
    observations.check(
      'I3',
      flowId,
      decided ? null : `a message left for event ${number}, which is ${type ?? 'none'}`,
    );
  }
}

/**
 * Where nothing goes wrong, each message leaves once, and those of a sequential flow in the order
 * they were decided.
 */
function checkCalm({ observations, memory }: Ended): void {
  const last = new Map<string, number>();
  for (const [key, times] of observations.written) {
    const [flowId = '', number] = key.split(' ');
    const before = last.get(flowId) ?? 0;
    observations.check(
      'calm',
      flowId,
      times === 1 ? null : `message ${number} left ${times} times`,
    );
    // Several gateways advance a parallel flow side by side, and each publishes what it decided.
    if (memory.tables.flows.get(flowId)?.flow.orchestration.type !== 'SEQUENTIAL') continue;
    observations.check(
      'calm',
      flowId,
      Number(number) > before ? null : `message ${number} left after ${before}`,
    );
    last.set(flowId, Number(number));
  }
}

/** Every record counts, and once. */
function checkInbox({ observations, topics }: Ended): void {
  for (const topic of INTAKE_TOPICS) {
    for (const { partition, records } of topics.partitions(topic)) {
      for (const { offset } of records) {
        const place = `${topic}/${partition}/${offset}`;
        const times = observations.admitted.get(place) ?? 0;
        observations.check('I9', null, times === 1 ? null : `${place} was admitted ${times} times`);
      }
    }
  }
}

function checkQuarantine({ observations, memory, topics }: Ended): void {
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
    observations.check(
      'I12',
      null,
      entries.length === 1 ? null : `${place} is in quarantine ${entries.length} times`,
    );
    observations.check(
      'I12',
      null,
      copies.has(place) ? null : `${place} has no copy among the dead letters`,
    );
  }
  for (const { partition, records } of topics.partitions(TOPICS.replies)) {
    for (const { value, offset } of records) {
      if (value === null || !observations.corrupted.has(value)) continue;
      const entry = kept.get(`${TOPICS.replies}/${partition}/${offset}`)?.[0];
      observations.check(
        'I12',
        null,
        entry?.value === value ? null : `the unreadable record ${partition}/${offset} was not kept`,
      );
    }
  }
}
