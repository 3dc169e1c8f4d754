/**
 * After a restore there are two histories: the one that was restored, with what has come since, and
 * the one that the database has lost, whose commands and replies are still on Kafka.
 */
import { Kafka, logLevel } from 'kafkajs';
import { readAll } from './evidence.mjs';
import { RECIPES, topicsOf } from './recipes.mjs';

const START_TOPIC = 'orchestrator.execution.start';
const STATUS = 'orchestrator.execution.status';

/** What Kafka has of the time between two moments, ms: commands, and the end of each flow. */
export async function between(brokers, from, to) {
  const commands = new Set();
  const ends = new Map();
  const topics = [...RECIPES.flatMap(topicsOf), STATUS];
  await readAll(brokers, topics, ({ topic, value, timestamp }) => {
    if (Number(timestamp) < from || Number(timestamp) >= to) return;
    const { headers, payload } = JSON.parse(value);
    if (topic === STATUS) ends.set(headers.flowId, payload.status);
    else commands.add(`${headers.flowId} ${headers.attemptId}`);
  });
  return { commands, ends };
}

/** Under the flowId they had: for their workers it is the same flow with the same keys. */
export async function startAgain(brokers, lost) {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.ERROR });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const messages = lost.map(([flowId, { mark, recipe }]) => {
    const headers = { orchestrationName: recipe, flowId, idempotencyKey: mark };
    return { key: flowId, value: JSON.stringify({ headers, payload: { mark } }) };
  });
  for (let from = 0; from < messages.length; from += 500)
    await producer.send({
      topic: START_TOPIC,
      acks: -1,
      messages: messages.slice(from, from + 500),
    });
  await producer.disconnect();
}
