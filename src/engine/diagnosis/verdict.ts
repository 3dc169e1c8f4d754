/** The verdicts of a diagnosis, and the form of its result. */

/**
 * In the order of precedence: the flow has the first verdict that applies to any of its commands.
 */
export const VERDICTS = [
  'PARKED',
  'PAUSED',
  'ENDED',
  'UNDO_EXHAUSTED',
  'OUTBOX_STALLED',
  'TOPIC_MISSING',
  'POISON_REPLY',
  'NO_CONSUMER',
  'MISSED_BY_WORKER',
  'LATE_REPLY',
  'WORKER_SILENT',
  'CONSUMER_LAG',
  'WAITING_FOR_WORKER',
  'BACKOFF',
  'HEALTHY',
] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Decision {
  readonly verdict: Verdict;
  readonly summary: string;
  readonly stepName: string | null;
  readonly suggestedActions: readonly string[];
}

export function decision(
  verdict: Verdict,
  stepName: string | null,
  summary: string,
  suggestedActions: readonly string[],
): Decision {
  return { verdict, summary, stepName, suggestedActions };
}

export function topicMissing(stepName: string, action: string, topic: string): Decision {
  return decision(
    'TOPIC_MISSING',
    stepName,
    `The topic ${topic} does not exist: ${action} ${stepName} cannot be delivered.`,
    [
      'Register the orchestration again: a registration creates its topics.',
      'Find out who deleted the topic: commands that were in it are lost. Afterwards resendCommand or retryStep sends the command again.',
    ],
  );
}
