/** Why the open command of a step has no answer yet. */
import type { GroupOnTopic } from '../ports.js';
import type { OpenEvidence } from './evidence.js';
import { duration } from './time-text.js';
import { type Decision, decision, topicMissing, type Verdict } from './verdict.js';

/** Rows are published within milliseconds; a healthy gateway has none that is older than this. */
const STALLED_AFTER_MS = 5_000;
/** The patience is this part of the step's timeout: ten seconds of five minutes. */
const PATIENCE_PART = 30;
const LEAST_PATIENCE_MS = 1_000;
const MOST_PATIENCE_MS = 10_000;
/**
 * A group without offsets may be at work on its first record: it is given this many times the
 * patience.
 */
const FIRST_RECORD_PATIENCE = 3;

/** How long an answer may take before the verdict looks for a cause, ms. */
export function patienceOf({ timeoutMs }: Pick<OpenEvidence, 'timeoutMs'>): number {
  return Math.min(MOST_PATIENCE_MS, Math.max(LEAST_PATIENCE_MS, timeoutMs / PATIENCE_PART));
}

export function decideOpen(command: OpenEvidence, now: number): Decision {
  const age = now - command.sentAt;
  return (
    unpublished(command, age) ??
    answeredWrongly(command, now) ??
    (command.broker.kind === 'no-topic'
      ? topicMissing(command.stepName, command.action, command.topic)
      : null) ??
    unread(command, age) ??
    inTime(command, now) ??
    read(command, age)
  );
}

const named = ({ action, stepName, attempt }: OpenEvidence): string =>
  `${action} ${stepName} attempt ${attempt}`;

function unpublished(command: OpenEvidence, age: number): Decision | null {
  if (!command.unsent || age < STALLED_AFTER_MS) return null;
  const { broker } = command;
  const away = broker.kind === 'unreachable' ? ` Kafka: ${broker.reason}.` : '';
  return decision(
    'OUTBOX_STALLED',
    command.stepName,
    `${named(command)} has waited in the outbox for ${duration(age)}: Kafka has not acknowledged it.${away}`,
    [
      'Check that Kafka is reachable from the gateways (/readyz names what is missing).',
      'Nothing is lost: the command is published when Kafka takes it, and it cannot time out before that.',
    ],
  );
}

function answeredWrongly(command: OpenEvidence, now: number): Decision | null {
  const { stepName, quarantined, refused } = command;
  if (quarantined !== null)
    return decision(
      'POISON_REPLY',
      stepName,
      `An answer for this flow came ${duration(now - quarantined.at)} ago and could not be used: ${quarantined.message} (${quarantined.code}). ${named(command)} still waits.`,
      [
        'The query quarantine(flowId) shows the record as it came. Fix the worker, or what is missing, then replayQuarantined.',
        `resendCommand ${stepName} gives it to a fixed worker again.`,
      ],
    );
  if (refused === null) return null;
  return decision(
    'LATE_REPLY',
    stepName,
    `The worker answers too late: ${refused.message} (${refused.code}). ${named(command)} is open.`,
    [
      `Give ${stepName} a longer timeout (setPolicy, or its document): its work takes longer than ${duration(command.timeoutMs)}.`,
      'The worker should echo the headers of the command: its attemptId names the attempt it answers.',
    ],
  );
}

/** Nobody reads the topic. */
function unread(command: OpenEvidence, age: number): Decision | null {
  const { broker, topic, stepName, workers } = command;
  if (broker.kind !== 'topic' || reading(broker.groups).length > 0) return null;
  const before = broker.groups.map(({ groupId }) => groupId);
  const known =
    before.length === 0
      ? 'No consumer group has ever committed an offset of it.'
      : `${before.join(', ')} has read it before and has no member now.`;
  const registered =
    workers.length === 0
      ? 'No service registered as its worker.'
      : `Worker: ${workers.join(', ')}.`;
  return decision(
    'NO_CONSUMER',
    stepName,
    `Nobody reads ${topic}: ${named(command)} waits for ${duration(age)}. ${known} ${registered}`,
    [
      `Start the worker of ${stepName}, or check that it subscribes to this topic on this cluster.`,
      'Let its consumer group begin at the earliest offset (auto.offset.reset=earliest, kafkajs fromBeginning: true), else it misses this command.',
    ],
  );
}

function inTime(command: OpenEvidence, now: number): Decision | null {
  const { stepName, sentAt, progressAt, deadline } = command;
  const last = Math.max(sentAt, progressAt ?? 0);
  if (now - last >= patienceOf(command)) return null;
  const what =
    progressAt === null
      ? `was sent ${duration(now - sentAt)} ago`
      : `reported progress ${duration(now - progressAt)} ago`;
  const left = `its deadline is in ${duration(deadline - now)}`;
  return decision('HEALTHY', stepName, `${named(command)} ${what}; ${left}.`, []);
}

/** Somebody reads the topic, and no answer has come for longer than is usual. */
function read(command: OpenEvidence, age: number): Decision {
  const { broker, stepName } = command;
  const waits = `${named(command)} has no answer after ${duration(age)}`;
  if (broker.kind !== 'topic')
    return decision(
      'WAITING_FOR_WORKER',
      stepName,
      `${waits}. What its worker does is not known: ${broker.kind === 'unreachable' ? broker.reason : 'there is no topic'}.`,
      ['Diagnose again when Kafka answers; look into the log of the worker meanwhile.'],
    );
  const { verdict, why, actions } = stateOf(command, age, broker);
  return decision(verdict, stepName, `${waits}. ${why}`, actions);
}

interface State {
  readonly verdict: Verdict;
  readonly why: string;
  readonly actions: readonly string[];
}
type TopicFacts = Extract<OpenEvidence['broker'], { kind: 'topic' }>;

/** No sign that a worker of this step was there when the command was sent, or is at work on it. */
const neverHadIt = ({ answeredBefore, progressAt }: OpenEvidence): boolean =>
  !answeredBefore && progressAt === null;

/**
 * A group without a committed offset began at the end of the topic, or is at work on its first
 * record: kafkajs commits nothing before that. After some patience it counts as the first.
 */
function hasBegunBehind(command: OpenEvidence, { committed }: GroupOnTopic, age: number): boolean {
  return committed === null && age >= FIRST_RECORD_PATIENCE * patienceOf(command);
}

function stateOf(command: OpenEvidence, age: number, broker: TopicFacts): State {
  const group = foremost(reading(broker.groups));
  const { groupId, committed } = group;
  const { from, to, end } = broker;
  const isPast = committed !== null && (committed >= to || committed >= end);
  if (neverHadIt(command) && (isPast || hasBegunBehind(command, group, age)))
    return missed(command, group);
  if (isPast) return silent(command, groupId);
  const ahead = committed === null ? 0n : from - committed;
  if (ahead > 0n)
    return {
      verdict: 'CONSUMER_LAG',
      why: `${ahead} older ${ahead === 1n ? 'record is' : 'records are'} before it in partition ${broker.partition}, not committed by ${groupId}.`,
      actions: [
        `Give the group ${groupId} more members (the topic has ${broker.partitions} ${broker.partitions === 1 ? 'partition, and no more members than that read' : 'partitions, and at most as many members read'}), or make its work faster.`,
        'A member that hangs on one record holds up all behind it: look into the log of the worker.',
      ],
    };
  return {
    verdict: 'WAITING_FOR_WORKER',
    why: `${groupId} reads the topic and has not committed the command: it is at work on it.`,
    actions: [
      `Look into the log of ${groupId} for this flowId.`,
      'A worker with long work should send PROGRESS: it moves the deadline and shows here.',
    ],
  };
}

function missed(command: OpenEvidence, { groupId, committed }: GroupOnTopic): State {
  const where =
    committed === null
      ? 'has committed no offset in this partition since it joined'
      : `goes on at offset ${committed}, behind the command`;
  return {
    verdict: 'MISSED_BY_WORKER',
    why: `${groupId} ${where}, and had never answered ${command.action} ${command.stepName} before the command was sent: it began to read behind it (auto.offset.reset=latest is the default of Kafka clients).`,
    actions: [
      `resendCommand ${command.stepName} sends the same command once more; the worker reads it now.`,
      'Set auto.offset.reset=earliest (kafkajs: fromBeginning: true) in the worker, so that it happens to no other command.',
    ],
  };
}

function silent({ stepName }: OpenEvidence, groupId: string): State {
  return {
    verdict: 'WORKER_SILENT',
    why: `${groupId} has read the command and committed it without an answer.`,
    actions: [
      `Look into the log of ${groupId} for this flowId: it answered nothing, or to another topic.`,
      `Afterwards resendCommand ${stepName}; without it the attempt ends at its deadline and is retried.`,
      'A worker should commit the offset of a command only after its answer is acknowledged.',
    ],
  };
}

const reading = (groups: readonly GroupOnTopic[]): GroupOnTopic[] =>
  groups.filter(({ members }) => members !== 0);

/** The one that has read furthest: it is the one that may have had the command. */
function foremost(groups: readonly GroupOnTopic[]): GroupOnTopic {
  return groups.reduce((first, one) =>
    (one.committed ?? -1n) > (first.committed ?? -1n) ? one : first,
  );
}
