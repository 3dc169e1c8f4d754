/**
 * Layer 2, the wire. Knows: what text means — topics, replies, commands, starts, registration
 * documents. Refuses to know: clients, transactions, what follows from a message. In: bytes and
 * text, flows and events. Out: inputs of the saga, messages, problems. This file: the names of
 * topics (docs/protocol.md, "Topics").
 */
import type { StepOfTopic, StepTopics } from '../engine/ports/broker.js';
import type { Action } from '../saga/flow.js';

export const TOPICS = {
  replies: 'orchestrator.response.result',
  starts: 'orchestrator.execution.start',
  ends: 'orchestrator.execution.status',
  registrations: 'orchestrator.registration',
  registrationStatus: 'orchestrator.registration.status',
  deadLetters: 'orchestrator.response.result.dlq',
} as const;

/** The topics that the gateway consumes. */
export const INTAKE_TOPICS = [TOPICS.replies, TOPICS.starts, TOPICS.registrations] as const;

/**
 * Characters of the name of an orchestration or a step: both together fit into a topic name (249 in
 * Kafka).
 */
const LONGEST_NAME = 100;

export function stepTopic(orchestrationName: string, stepName: string, action: Action): string {
  return `orchestrator.${orchestrationName}.${stepName}.${action === 'DO' ? 'do' : 'undo'}`;
}

/** The step of such a topic; null: it is another topic. */
export function stepOfTopic(topic: string): StepOfTopic | null {
  const [, orchestrationName, stepName, action] = STEP_TOPIC.exec(topic) ?? [];
  if (orchestrationName === undefined || stepName === undefined) return null;
  return { orchestrationName, stepName, action: action === 'do' ? 'DO' : 'UNDO' };
}

const STEP_TOPIC = /^orchestrator\.([A-Za-z0-9_-]{1,100})\.([A-Za-z0-9_-]{1,100})\.(do|undo)$/;

export const stepTopics: StepTopics = (orchestrationName, stepName) => [
  stepTopic(orchestrationName, stepName, 'DO'),
  stepTopic(orchestrationName, stepName, 'UNDO'),
];

/**
 * Why this cannot be the name of an orchestration or a step, or null: names become parts of topic
 * names.
 */
export function wrongName(name: string): string | null {
  if (name.length === 0) return 'is empty';
  if (name.length > LONGEST_NAME)
    return `has ${name.length} characters, at most ${LONGEST_NAME} are allowed`;
  const wrong = /[^A-Za-z0-9_-]/u.exec(name);
  if (wrong === null) return null;
  return `has ${JSON.stringify(wrong[0])}; it becomes part of a topic name: letters, digits, "_" and "-" only`;
}
