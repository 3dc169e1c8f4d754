/** The facts of a diagnosis, one line each, with their source. */
import type { Inspection } from '../ports.js';
import type { BackoffEvidence, Evidence, OpenEvidence, SeenReply } from './evidence.js';
import { duration, instant } from './time-text.js';

export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly source: 'database' | 'kafka' | 'clock';
}

export function factsOf(evidence: Evidence): Fact[] {
  const { now, open, backoff } = evidence;
  return [
    ...flowFacts(evidence),
    ...open.flatMap((command) => openFacts(command, now)),
    ...backoff.flatMap((one) => backoffFacts(one, now)),
  ];
}

function flowFacts(evidence: Evidence): Fact[] {
  const { now, status, startedAt, endedAt, failureReason, undoExhausted, afterEnd } = evidence;
  return [
    database('flow', `${evidence.orchestrationName} ${evidence.flowId}`),
    database('status', status),
    ...ifSet('parked', evidence.parked),
    ...ifSet('paused', evidence.paused),
    ...ifSet('held', evidence.held.join(', ') || null),
    ...ifSet('orchestration paused', evidence.orchestrationPaused),
    ...ifSet('failure reason', failureReason),
    ...undoExhausted.map(({ stepName, error }) =>
      database('UNDO given up', `${stepName}: ${error ?? 'no reason was given'}`),
    ),
    ...ifSet('answer after the end', seen(afterEnd, now)),
    clock('now', instant(now)),
    clock('started', ago(startedAt, now)),
    ...(endedAt === null ? [] : [clock('ended', ago(endedAt, now))]),
  ];
}

function openFacts(command: OpenEvidence, now: number): Fact[] {
  const { action, stepName, attempt, workers, broker, topic } = command;
  const answered = command.lastAnswerAt;
  return [
    database('open command', `${action} ${stepName} attempt ${attempt}`),
    clock('sent', ago(command.sentAt, now)),
    clock('deadline', `${instant(command.deadline)} (in ${duration(command.deadline - now)})`),
    database('outbox', outboxOf(command, now)),
    ...(command.progressAt === null ? [] : [clock('progress', ago(command.progressAt, now))]),
    ...ifSet('answer in quarantine', seen(command.quarantined, now)),
    ...ifSet('answer refused', seen(command.refused, now)),
    database('registered workers', workers.join(', ') || 'none'),
    database(
      `last answer to ${action} ${stepName}`,
      answered === null ? 'none in the newest flows' : ago(answered, now),
    ),
    ...brokerFacts(topic, broker),
  ];
}

/** An acknowledged row is removed within a second or two. */
const REMOVED_WITHIN_MS = 3_000;

function outboxOf({ unsent, sentAt }: OpenEvidence, now: number): string {
  if (!unsent) return 'it was published';
  if (now - sentAt < REMOVED_WITHIN_MS) return 'it is being published';
  return 'the command waits to be published';
}

function backoffFacts(one: BackoffEvidence, now: number): Fact[] {
  const { action, stepName, attempt, attempts, nextAttemptAt, error, topic, broker } = one;
  return [
    database('next attempt', `${action} ${stepName} attempt ${attempt} of ${attempts}`),
    clock('due', `${instant(nextAttemptAt)} (in ${duration(nextAttemptAt - now)})`),
    ...ifSet('last error', error),
    ...brokerFacts(topic, broker),
  ];
}

function brokerFacts(topic: string, broker: Inspection): Fact[] {
  if (broker.kind === 'unreachable') return [kafka('reachable', `no: ${broker.reason}`)];
  if (broker.kind === 'no-topic') return [kafka('topic', `${topic} does not exist`)];
  const { partitions, partition, earliest, end, from, to, groups } = broker;
  const last = to > from ? to - 1n : from;
  const place = from === last ? `${from}` : `${from} to ${last}`;
  return [
    kafka('topic', `${topic}, ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`),
    kafka('command', `partition ${partition}, offset ${place} (it has ${earliest} to ${end})`),
    ...(groups.length === 0 ? [kafka('consumer groups', 'none')] : []),
    ...groups.map(({ groupId, state, members, hosts, committed }) => {
      const count =
        members === null
          ? 'its members are not shown'
          : `${members} ${members === 1 ? 'member reads' : 'members read'} it`;
      const at = hosts.length === 0 ? '' : ` (${hosts.join(', ')})`;
      const lag = committed === null ? '' : `, lag ${end > committed ? end - committed : 0n}`;
      const offset = committed === null ? 'no committed offset' : `committed ${committed}`;
      return kafka(`consumer group ${groupId}`, `${state}, ${count}${at}, ${offset}${lag}`);
    }),
  ];
}

function seen(reply: SeenReply | null, now: number): string | null {
  return reply === null ? null : `${reply.code}: ${reply.message}, ${ago(reply.at, now)}`;
}

const ago = (at: number, now: number): string => `${instant(at)} (${duration(now - at)} ago)`;
const database = (name: string, value: string): Fact => ({ name, value, source: 'database' });
const kafka = (name: string, value: string): Fact => ({ name, value, source: 'kafka' });
const clock = (name: string, value: string): Fact => ({ name, value, source: 'clock' });
const ifSet = (name: string, value: string | null): Fact[] =>
  value === null ? [] : [database(name, value)];
