/** Commands from Kafka's topics, replies to Kafka. */

import type { Commands } from '../engine/ports.js';
import type { Compression } from '../kafka/codecs.js';
import { openKafkaCommands } from '../kafka/commands.js';
import { codeOf, messageOf } from '../kafka/failures.js';
import type { KafkaSecurity } from '../kafka/security.js';
import { backoff, pause } from '../timing/pause.js';
import { stepTopic, TOPICS } from '../wire/topics.js';
import type { Received } from './command.js';
import type { Conversation } from './handling.js';
import { type Outcome, progressText, replyText } from './outcome.js';
import { Reading } from './reading.js';
import { logged, type WorkerLog } from './telemetry.js';
import type { Listening, Transport } from './transport.js';

export interface KafkaAddress extends KafkaSecurity {
  /** For example `['localhost:9092']`. */
  readonly brokers: readonly string[];
  /** Default `backstep-worker`. */
  readonly clientId?: string | undefined;
  /** Of replies. Default `none`; commands may have any codec of Kafka's. */
  readonly compression?: Compression | undefined;
}

interface Named {
  readonly orchestration: string;
  readonly group: string;
}
type Given = KafkaAddress & Pick<Named, 'orchestration'> & { readonly group?: string | undefined };

const PAUSES = { firstMs: 200, longestMs: 5000 };
const TOO_LARGE: ReadonlySet<string | null> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
]);

export function kafkaTransport(address: Given, log: WorkerLog): Transport {
  const { orchestration, group = `${orchestration}-worker` } = address;
  const commands = openKafkaCommands({
    ...address,
    clientId: address.clientId ?? 'backstep-worker',
    compression: address.compression ?? 'none',
    log: logged(log),
    // A group for each topic: members that have other topics would get none of theirs assigned.
    groupIdOf: ({ topics: [topic] }) => `${group}.${topic?.replace(/^orchestrator\./, '')}`,
  });
  return transportOf(commands, { orchestration, group }, log);
}

/** Over any broker; a test's is in its own process. */
export function transportOf(
  commands: Commands,
  { orchestration, group }: Named,
  log: WorkerLog,
): Transport {
  const way = conversation(commands);
  const stopping = new AbortController();
  let readings: readonly Reading[] = [];
  return {
    async open(listening, take) {
      await registered(commands, { orchestration, group, listening }, log, stopping.signal);
      readings = listening.map(({ stepName, action, concurrency }) => {
        const topics = [stepTopic(orchestration, stepName, action)];
        const step = { group, orchestrationName: orchestration, stepName, topics };
        const each = { concurrency, take: (one: Received) => take(one, way), log };
        return new Reading((listener) => commands.read(step, listener), each);
      });
      const fields = { orchestration, group };
      log.info(fields, 'registered; waits for its topics, which a gateway creates');
      await Promise.all(readings.map(({ joined }) => joined));
      log.info(fields, 'reads the commands of its steps');
    },
    async drain() {
      stopping.abort();
      await Promise.all(readings.map((reading) => reading.drain()));
    },
    async close() {
      await Promise.all(readings.map((reading) => reading.close()));
      await commands.close();
    },
  };
}

function conversation(commands: Pick<Commands, 'send'>): Conversation {
  const send = (received: Received, value: string): Promise<void> =>
    commands.send([{ topic: TOPICS.replies, key: received.command.flowId, value }]);
  return {
    progress: (received, progress) => send(received, progressText(received, progress)),
    reply: (received, outcome) =>
      send(received, replyText(received, outcome)).catch((error: unknown) => {
        if (!TOO_LARGE.has(codeOf(error)) || outcome.kind !== 'success') throw error;
        return send(received, replyText(received, tooLarge(error)));
      }),
  };
}

/** It is done, and can never be reported: only an UNDO brings it back. */
function tooLarge(error: unknown): Outcome {
  return { kind: 'unknown', message: `the reply is too large: ${messageOf(error)}` };
}

interface Registration extends Named {
  readonly listening: readonly Listening[];
}

/** The gateway creates the topics of the steps, and `diagnose` knows who reads them. */
async function registered(
  commands: Pick<Commands, 'send'>,
  { orchestration, group, listening }: Registration,
  log: WorkerLog,
  signal: AbortSignal,
): Promise<void> {
  const names = new Set(listening.map(({ stepName }) => stepName));
  const steps = [...names].map((name) => ({ name }));
  const payload = { orchestrationName: orchestration, as: 'worker', steps };
  const value = JSON.stringify({ payload, headers: { serviceName: group } });
  const message = { topic: TOPICS.registrations, key: orchestration, value };
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      return await commands.send([message]);
    } catch (error) {
      const nextTryMs = backoff(Math.min(failures, 10), PAUSES);
      log.warn({ err: error, nextTryMs }, `not registered yet: ${messageOf(error)}; trying again`);
      await pause(nextTryMs, signal);
    }
  }
}
