/** Every verdict from evidence made by hand: what decides, and what comes before what. */
import { describe, expect, test } from '@jest/globals';
import { decide } from '../../src/engine/diagnosis/decide.js';
import type {
  BackoffEvidence,
  Evidence,
  OpenEvidence,
} from '../../src/engine/diagnosis/evidence.js';
import { factsOf } from '../../src/engine/diagnosis/facts.js';
import { VERDICTS } from '../../src/engine/diagnosis/verdict.js';
import type { GroupOnTopic, Inspection } from '../../src/engine/ports.js';

const NOW = Date.UTC(2026, 0, 1, 12);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const evidence = (changed: Partial<Evidence> = {}): Evidence => ({
  flowId: 'f1',
  orchestrationName: 'tenantCreation',
  now: NOW,
  status: 'IN_PROGRESS',
  startedAt: NOW - MINUTE,
  endedAt: null,
  failureReason: null,
  parked: null,
  paused: null,
  held: [],
  orchestrationPaused: null,
  undoExhausted: [],
  afterEnd: null,
  open: [],
  backoff: [],
  ...changed,
});

const group = (changed: Partial<GroupOnTopic> = {}): GroupOnTopic => ({
  groupId: 'realms',
  state: 'Stable',
  members: 1,
  hosts: ['10.0.0.7'],
  committed: 8n,
  ...changed,
});

/** The command is at offset 7, the last one. */
const topic = (groups: readonly GroupOnTopic[], changed: object = {}): Inspection => ({
  kind: 'topic',
  partitions: 4,
  partition: 2,
  earliest: 0n,
  end: 8n,
  from: 7n,
  to: 8n,
  groups,
  ...changed,
});

const AWAY: Inspection = { kind: 'unreachable', reason: 'no answer within 5 s' };

/** Sent a minute ago, with five minutes to answer. */
const command = (changed: Partial<OpenEvidence> = {}): OpenEvidence => ({
  stepName: 'createRealm',
  action: 'DO',
  attempt: 1,
  sentAt: NOW - MINUTE,
  deadline: NOW + 4 * MINUTE,
  timeoutMs: 5 * MINUTE,
  unsent: false,
  progressAt: null,
  quarantined: null,
  refused: null,
  answeredBefore: true,
  lastAnswerAt: NOW - 2 * MINUTE,
  workers: [],
  topic: 'orchestrator.tenantCreation.createRealm.do',
  broker: topic([group({ committed: 7n })]),
  ...changed,
});

const backoff = (changed: Partial<BackoffEvidence> = {}): BackoffEvidence => ({
  stepName: 'createRealm',
  action: 'DO',
  attempt: 2,
  attempts: 4,
  nextAttemptAt: NOW + 30 * SECOND,
  error: 'boom',
  topic: 'orchestrator.tenantCreation.createRealm.do',
  broker: topic([group()]),
  ...changed,
});

const young = { sentAt: NOW - 2 * SECOND };
const seen = { code: 'UNKNOWN_STEP', message: 'no step createRoom', at: NOW - SECOND };

const CASES: readonly (readonly [title: string, verdict: string, evidence: Evidence])[] = [
  ['a parked flow, whatever else is true', 'PARKED', evidence({ parked: 'broken', paused: 'x' })],
  ['paused', 'PAUSED', evidence({ paused: 'audit', open: [command({ unsent: true })] })],
  ['held', 'PAUSED', evidence({ held: ['createRealm'] })],
  ['its orchestration is paused', 'PAUSED', evidence({ orchestrationPaused: 'by ann: x' })],
  [
    'its orchestration is paused, and a command is open',
    'HEALTHY',
    evidence({ orchestrationPaused: 'by ann: x', open: [command(young)] }),
  ],
  [
    'its orchestration is paused, and it undoes',
    'HEALTHY',
    evidence({ orchestrationPaused: 'by ann: x', status: 'UNDOING' }),
  ],
  ...(['COMPLETED', 'UNDONE', 'CANCELLED'] as const).map(
    (status) => [status, 'ENDED', evidence({ status, endedAt: NOW - SECOND })] as const,
  ),
  [
    'an answer after the end',
    'LATE_REPLY',
    evidence({ status: 'CANCELLED', endedAt: NOW, afterEnd: { ...seen, stepName: 'createRealm' } }),
  ],
  [
    'FAILED',
    'UNDO_EXHAUSTED',
    evidence({
      status: 'FAILED',
      endedAt: NOW,
      undoExhausted: [{ stepName: 'createRealm', error: 'realm is locked' }],
    }),
  ],
  [
    'not published for long',
    'OUTBOX_STALLED',
    evidence({ open: [command({ unsent: true, broker: AWAY })] }),
  ],
  [
    'not published yet',
    'HEALTHY',
    evidence({ open: [command({ ...young, unsent: true, broker: AWAY })] }),
  ],
  ['no topic', 'TOPIC_MISSING', evidence({ open: [command({ broker: { kind: 'no-topic' } })] })],
  [
    'no topic for the next attempt',
    'TOPIC_MISSING',
    evidence({ backoff: [backoff({ broker: { kind: 'no-topic' } })] }),
  ],
  [
    'an answer in quarantine',
    'POISON_REPLY',
    evidence({ open: [command({ ...young, quarantined: seen })] }),
  ],
  [
    'an answer to an older attempt',
    'LATE_REPLY',
    evidence({ open: [command({ refused: { ...seen, code: 'STALE_ATTEMPT' } })] }),
  ],
  [
    'no group, though the command is young',
    'NO_CONSUMER',
    evidence({ open: [command({ ...young, broker: topic([]) })] }),
  ],
  [
    'a group without members',
    'NO_CONSUMER',
    evidence({ open: [command({ broker: topic([group({ members: 0, state: 'Empty' })]) })] }),
  ],
  [
    'a group whose members are not shown reads it',
    'WORKER_SILENT',
    evidence({ open: [command({ broker: topic([group({ members: null, state: 'Dead' })]) })] }),
  ],
  ['sent a moment ago', 'HEALTHY', evidence({ open: [command(young)] })],
  [
    'progress a moment ago',
    'HEALTHY',
    evidence({ open: [command({ progressAt: NOW - SECOND, answeredBefore: false })] }),
  ],
  ['at work on it', 'WAITING_FOR_WORKER', evidence({ open: [command()] })],
  ['Kafka is away', 'WAITING_FOR_WORKER', evidence({ open: [command({ broker: AWAY })] })],
  [
    'a group that has committed nothing yet, in its first moments',
    'WAITING_FOR_WORKER',
    evidence({
      open: [
        command({
          sentAt: NOW - 20 * SECOND,
          answeredBefore: false,
          broker: topic([group({ committed: null })]),
        }),
      ],
    }),
  ],
  [
    'records before it',
    'CONSUMER_LAG',
    evidence({ open: [command({ broker: topic([group({ committed: 3n })]) })] }),
  ],
  [
    'read without an answer',
    'WORKER_SILENT',
    evidence({ open: [command({ broker: topic([group()]) })] }),
  ],
  [
    'passed by a group that had answered nothing before',
    'MISSED_BY_WORKER',
    evidence({ open: [command({ answeredBefore: false, broker: topic([group()]) })] }),
  ],
  [
    'a group that began at the end and has read nothing since',
    'MISSED_BY_WORKER',
    evidence({
      open: [command({ answeredBefore: false, broker: topic([group({ committed: null })]) })],
    }),
  ],
  [
    'a group without offsets whose worker reported progress',
    'WAITING_FOR_WORKER',
    evidence({
      open: [
        command({
          progressAt: NOW - 30 * SECOND,
          answeredBefore: false,
          broker: topic([group({ committed: null })]),
        }),
      ],
    }),
  ],
  [
    'several groups: the one that has read furthest decides',
    'WORKER_SILENT',
    evidence({
      open: [command({ broker: topic([group({ committed: 1n }), group({ groupId: 'other' })]) })],
    }),
  ],
  [
    'where timestamps are not enough: not passed until all it may be is passed',
    'WAITING_FOR_WORKER',
    evidence({
      open: [
        command({ broker: topic([group({ committed: 9n })], { from: 7n, to: 12n, end: 20n }) }),
      ],
    }),
  ],
  ['between two attempts', 'BACKOFF', evidence({ backoff: [backoff()] })],
  ['the next attempt is due', 'HEALTHY', evidence({ backoff: [backoff({ nextAttemptAt: NOW })] })],
  ['nothing waits', 'HEALTHY', evidence({ status: 'UNDOING' })],
  [
    'one step in trouble among others that are well',
    'NO_CONSUMER',
    evidence({
      open: [command(young), command({ stepName: 'createUser', broker: topic([]) })],
      backoff: [backoff()],
    }),
  ],
];

describe('a diagnosis', () => {
  test.each(CASES)('%s: %s', (_title, verdict, given) => {
    const decision = decide(given);
    expect(decision.verdict).toBe(verdict);
    // Whoever reads it knows what to do, or that there is nothing to do.
    const isFine = ['HEALTHY', 'ENDED'].includes(verdict);
    expect(decision.suggestedActions.length > 0).toBe(!isFine);
    expect(decision.summary).toMatch(/^[A-Z].*\.$/s);
    expect(`${decision.summary} ${decision.suggestedActions.join(' ')}`).not.toMatch(
      /undefined|null|NaN|\[object/,
    );
    for (const { name, value } of factsOf(given)) {
      expect(name).not.toBe('');
      expect(value).not.toMatch(/undefined|NaN|\[object|^$/);
    }
  });

  test('has a case for every verdict', () => {
    const covered = new Set(CASES.map(([, verdict]) => verdict));
    expect(VERDICTS.filter((verdict) => !covered.has(verdict))).toEqual([]);
  });

  test('names the step that is in trouble', () => {
    const open = [command(young), command({ stepName: 'createUser', broker: topic([]) })];
    expect(decide(evidence({ open })).stepName).toBe('createUser');
  });

  test('has facts of all three sources, with the lag and the place of the command', () => {
    const facts = factsOf(
      evidence({ open: [command({ broker: topic([group({ committed: 3n })]) })] }),
    );
    expect(new Set(facts.map(({ source }) => source))).toEqual(
      new Set(['database', 'clock', 'kafka']),
    );
    const values = facts.map(({ name, value }) => `${name}: ${value}`);
    expect(values).toContain('command: partition 2, offset 7 (it has 0 to 8)');
    expect(values).toContain(
      'consumer group realms: Stable, 1 member reads it (10.0.0.7), committed 3, lag 5',
    );
  });

  test('Kafka away is a fact', () => {
    const facts = factsOf(evidence({ open: [command({ broker: AWAY })] }));
    expect(facts).toContainEqual({
      name: 'reachable',
      value: 'no: no answer within 5 s',
      source: 'kafka',
    });
  });
});
