/**
 * A worker in this process that answers as the test decides and keeps every command. It keeps the
 * worker's contract: it echoes all headers.
 */
import type { Kafka } from 'kafkajs';
import { newKafka } from './broker.js';

export interface Command {
  readonly headers: Readonly<Record<string, unknown>> & {
    readonly flowId: string;
    readonly stepName: string;
    readonly action: 'DO' | 'UNDO';
    readonly attempt: number;
    readonly attemptId: string;
  };
  readonly payload: unknown;
}

/**
 * A command and the record it came in, as `topic/partition/offset`: one record may be read twice,
 * that is Kafka's way.
 */
export interface ReceivedCommand extends Command {
  readonly place: string;
}

/** Success with this payload, or a failure with this message. */
export type Decision = { readonly payload: unknown } | { readonly errorMessage: string };

export interface ModelWorker extends AsyncDisposable {
  /** In the order they came. */
  readonly commands: readonly ReceivedCommand[];
}

export interface ModelWorkerSettings {
  readonly orchestrationName: string;
  readonly stepNames: readonly string[];
  readonly group: string;
  readonly decide?: (command: Command) => Decision;
  /** Absent: the broker of the ring. */
  readonly kafka?: Kafka;
}

/**
 * Its topics must exist: register first. Replies go without key, as the seed's workers send them.
 */
export async function startModelWorker({
  orchestrationName,
  stepNames,
  group,
  decide = echo,
  kafka = newKafka(),
}: ModelWorkerSettings): Promise<ModelWorker> {
  const commands: ReceivedCommand[] = [];
  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 100 });
  await Promise.all([producer.connect(), consumer.connect()]);
  const topics = stepNames.flatMap((step) => [
    `orchestrator.${orchestrationName}.${step}.do`,
    `orchestrator.${orchestrationName}.${step}.undo`,
  ]);
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: 8,
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      const { topic, partition } = batch;
      const received = batch.messages.map(({ value, offset }) => ({
        ...(JSON.parse(String(value)) as Command),
        place: `${topic}/${partition}/${offset}`,
      }));
      commands.push(...received);
      await producer.send({
        topic: 'orchestrator.response.result',
        messages: received.map((command) => ({ value: answer(command, decide(command)) })),
      });
      for (const { offset } of batch.messages) resolveOffset(offset);
      await heartbeat();
    },
  });
  return {
    commands,
    async [Symbol.asyncDispose]() {
      await consumer.disconnect();
      await producer.disconnect();
    },
  };
}

function echo({ payload }: Command): Decision {
  return { payload };
}

function answer({ headers }: Command, decision: Decision): string {
  if ('errorMessage' in decision)
    return JSON.stringify({
      headers: { ...headers, status: false, errorMessage: decision.errorMessage },
    });
  return JSON.stringify({ headers: { ...headers, status: true }, payload: decision.payload });
}
