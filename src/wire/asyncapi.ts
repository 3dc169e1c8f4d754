/** What the workers of an orchestration receive and send, as an AsyncAPI 3 document. */
import { stringify } from 'yaml';
import type { Orchestration, StepDefinition } from '../saga/orchestration.js';
import { stepTopic, TOPICS } from './topics.js';

type Json = Record<string, unknown>;

/** As YAML. The application is a worker: it receives commands and sends replies. */
export function asyncApiText(orchestration: Orchestration): string {
  const { name, version, steps, description } = orchestration;
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: `Workers of ${name}`,
      version: String(version),
      description: description ?? `The commands of ${name} and the replies to them.`,
    },
    defaultContentType: 'application/json',
    channels: { ...fieldsOf(steps, channels(name)), replies: repliesChannel(steps) },
    operations: fieldsOf(steps, operations),
    components: {
      messages: fieldsOf(steps, messagesOf(orchestration)),
      schemas: { ...headerSchemas, ...payloadSchemas(orchestration) },
    },
  };
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

function fieldsOf(steps: readonly StepDefinition[], each: (step: StepDefinition) => Json): Json {
  return Object.assign({}, ...steps.map(each)) as Json;
}

const ref = (path: string): Json => ({ $ref: `#/${path}` });

/** Names of orchestrations and steps have letters, digits, "_" and "-" only, as keys must. */
function channels(name: string): (step: StepDefinition) => Json {
  return (step) => ({
    [`${step.name}.do`]: {
      address: stepTopic(name, step.name, 'DO'),
      messages: { command: ref(`components/messages/${step.name}.do`) },
    },
    [`${step.name}.undo`]: {
      address: stepTopic(name, step.name, 'UNDO'),
      messages: { command: ref(`components/messages/${step.name}.undo`) },
    },
  });
}

function repliesChannel(steps: readonly StepDefinition[]): Json {
  const messages = steps.flatMap(({ name }) => [
    [`${name}.done`, ref(`components/messages/${name}.done`)],
    [`${name}.undone`, ref(`components/messages/${name}.undone`)],
  ]);
  return { address: TOPICS.replies, messages: Object.fromEntries(messages) };
}

function operations({ name }: StepDefinition): Json {
  return {
    [`${name}.do`]: operation(name, 'do', 'done', `Does ${name}.`),
    [`${name}.undo`]: operation(name, 'undo', 'undone', `Undoes ${name}.`),
  };
}

function operation(name: string, action: string, reply: string, summary: string): Json {
  return {
    action: 'receive',
    summary,
    channel: ref(`channels/${name}.${action}`),
    messages: [ref(`channels/${name}.${action}/messages/command`)],
    reply: {
      channel: ref('channels/replies'),
      messages: [ref(`channels/replies/messages/${name}.${reply}`)],
    },
  };
}

/** Input and output of each step: components of their own, which code generators name types by. */
function messagesOf(orchestration: Orchestration): (step: StepDefinition) => Json {
  return (step) => {
    const { name } = step;
    const output = ref(`components/schemas/${outputName(step)}`);
    const input = ref(`components/schemas/${inputName(orchestration, step)}`);
    return {
      [`${name}.do`]: command(`${name}, DO`, input, example(orchestration, step, 'DO')),
      [`${name}.undo`]: command(
        `${name}, UNDO`,
        { anyOf: [output, input] },
        example(orchestration, step, 'UNDO'),
      ),
      [`${name}.done`]: reply(`${name}, done or failed`, { anyOf: [output, { type: 'null' }] }),
      [`${name}.undone`]: reply(`${name}, undone or failed`, anyPayload),
    };
  };
}

function command(title: string, payload: unknown, headers: Json): Json {
  return {
    title,
    payload: bodyOf(ref('components/schemas/CommandHeaders'), payload),
    examples: [{ name: 'command', payload: { headers, payload: null } }],
  };
}

function reply(title: string, payload: unknown): Json {
  return { title, payload: bodyOf(ref('components/schemas/ReplyHeaders'), payload) };
}

function bodyOf(headers: Json, payload: unknown): Json {
  return { type: 'object', required: ['headers'], properties: { headers, payload } };
}

function example({ name }: Orchestration, step: StepDefinition, action: 'DO' | 'UNDO'): Json {
  const flowId = '01993b5e-7a1c-7c11-a2b0-3f1c9a5d2e77';
  const round = action === 'DO' ? 0 : 1;
  return {
    ...{ flowId, stepName: step.name, action, orchestrationName: name, seq: step.seq },
    eventType: `${action.toLowerCase()}${step.name}`,
    ...{ status: true, attempt: 1 },
    attemptId: `${flowId}:${step.name}:${action}:${round}:1`,
    idempotencyKey: `${flowId}:${step.name}:${action}`,
    ...(round > 0 && { round }),
    deadline: '2026-01-01T12:00:30.000Z',
    timestamp: '2026-01-01T12:00:00.000Z',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  };
}

const outputName = ({ name }: StepDefinition): string => `${name}Output`;

/** In a sequential flow a step gets what the step before has replied. */
function inputName({ type, steps }: Orchestration, step: StepDefinition): string {
  const before = type === 'SEQUENTIAL' ? steps[steps.indexOf(step) - 1] : undefined;
  return before === undefined ? 'input' : outputName(before);
}

function payloadSchemas({ payloadSchema, steps }: Orchestration): Json {
  const outputs = steps.map((step) => [
    outputName(step),
    schemaOf(step.payloadSchema, outputName(step)),
  ]);
  return { input: schemaOf(payloadSchema, 'input'), ...Object.fromEntries(outputs) };
}

const anyPayload = { description: 'Any JSON.' };

/** AsyncAPI has no schema that is true alone. */
function schemaOf(schema: unknown, name: string): unknown {
  return placed(schema ?? anyPayload, name);
}

/** References of a schema are to itself: here it is a part of a document. */
function placed(schema: unknown, name: string): unknown {
  if (Array.isArray(schema)) return schema.map((one) => placed(one, name));
  if (typeof schema !== 'object' || schema === null) return schema;
  const fields = Object.entries(schema).map(([key, value]) => {
    const isOwn = key === '$ref' && typeof value === 'string' && value.startsWith('#');
    return [key, isOwn ? `#/components/schemas/${name}${value.slice(1)}` : placed(value, name)];
  });
  return Object.fromEntries(fields.filter(([key]) => key !== '$id' && key !== '$schema')) as Json;
}

const text = (description: string): Json => ({ type: 'string', description });

const commandFields = {
  flowId: text('The flow.'),
  stepName: text('The step.'),
  action: { type: 'string', enum: ['DO', 'UNDO'] },
  orchestrationName: text('The orchestration.'),
  seq: { type: 'integer' },
  eventType: text('do or undo with the name of the step.'),
  status: { type: 'boolean', description: 'Always true in a command.' },
  attempt: { type: 'integer', minimum: 1 },
  attemptId: text('The same when a command comes again. A reply repeats it.'),
  idempotencyKey: text('The same for all attempts and rounds of this action.'),
  round: { type: 'integer', minimum: 1, description: 'Of UNDO.' },
  deadline: {
    ...text('The gateway does not wait longer. Refuse a DO past it.'),
    format: 'date-time',
  },
  timestamp: { ...text('When it was sent.'), format: 'date-time' },
  traceparent: text('W3C Trace Context.'),
};

const headerSchemas = {
  CommandHeaders: {
    type: 'object',
    description:
      "The protocol's headers; the initiator's own and those of earlier steps come along.",
    required: ['flowId', 'stepName', 'action', 'attempt', 'attemptId', 'idempotencyKey'],
    properties: commandFields,
    additionalProperties: true,
  },
  ReplyHeaders: {
    type: 'object',
    description: 'The headers of the command, and what came of it.',
    required: ['flowId', 'stepName', 'action', 'status'],
    properties: {
      ...commandFields,
      action: { type: 'string', enum: ['DO', 'UNDO', 'FAIL_STEP', 'PROGRESS'] },
      status: { type: 'boolean', description: 'true: done. false: no effect is in place.' },
      errorMessage: text('Of a failure.'),
      errorCode: text("Of a failure; the step's nonRetryableErrors may list it."),
      retryable: { type: 'boolean', description: 'Of a failure; false: it is not tried again.' },
      progress: { type: 'number', minimum: 0, maximum: 1, description: 'Of PROGRESS.' },
      message: text('Of PROGRESS.'),
    },
    additionalProperties: true,
  },
};
