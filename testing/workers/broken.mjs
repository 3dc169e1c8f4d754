/**
 * A worker over kafkajs alone, as many are written, with one fault: FAULT names it (faults.mjs).
 * Its ledger is a file, so that effects can be counted from outside and outlive it.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import kafkajs from 'kafkajs';
import { FAULTS } from './faults.mjs';

const { FAULT = 'none', LEDGER, BACKSTEP_BROKERS, GROUP, ORCHESTRATION } = process.env;
if (FAULT !== 'none' && FAULTS[FAULT] === undefined) throw new Error(`there is no fault ${FAULT}`);
const has = (name) => FAULT === name;
const TOPIC = `orchestrator.${ORCHESTRATION}.charge`;

if (!has('has gzip only')) await import('../../dist/kafka/connection.js');

/** flowId → what was done: lines of `flowId action key`. */
const ledger = existsSync(LEDGER) ? readFileSync(LEDGER, 'utf8').split('\n') : [];
const done = new Set(ledger);
function note(line) {
  appendFileSync(LEDGER, `${line}\n`);
  done.add(line);
}

function charge({ flowId, attempt, deadline }, payload) {
  if (payload?.fail) throw new Error('the card was refused');
  if (Date.parse(deadline) < Date.now() && !has('charges past the deadline'))
    throw new Error('past its deadline');
  if (done.has(`${flowId} UNDONE`) && !has('charges after the undo')) throw new Error('undone');
  const key = has('knows attempts only') ? `${flowId} DO ${attempt}` : `${flowId} DO`;
  if (done.has(key) && !has('charges twice')) return { charged: flowId };
  note(key);
  appendFileSync(LEDGER, `+ ${flowId}\n`);
  return { charged: flowId };
}

function refund({ flowId, attempt }) {
  const wasDone = [`${flowId} DO`, `${flowId} DO ${attempt}`].some((line) => done.has(line));
  const wasUndone = done.has(`${flowId} UNDONE`);
  if (!wasDone && !wasUndone && has('fails an undo of nothing')) throw new Error('not found');
  note(`${flowId} UNDONE`);
  const owes = wasDone && !wasUndone;
  if (owes || has('refunds what never was')) appendFileSync(LEDGER, `- ${flowId}\n`);
  return null;
}

function answer({ headers, payload }) {
  const { flowId, stepName, action } = headers;
  const own = has('repeats no headers') ? { flowId, stepName, action } : headers;
  try {
    const result = action === 'DO' ? charge(headers, payload) : refund(headers);
    return { headers: { ...own, status: true }, payload: result };
  } catch (error) {
    return { headers: { ...own, status: false, errorMessage: error.message }, payload: null };
  }
}

function commandIn(value) {
  if (has('stops at poison')) return JSON.parse(value.toString());
  try {
    const command = JSON.parse(value.toString());
    return command?.headers?.flowId === undefined ? null : command;
  } catch {
    return null;
  }
}

const kafka = new kafkajs.Kafka({
  brokers: BACKSTEP_BROKERS.split(','),
  logLevel: kafkajs.logLevel.NOTHING,
  retry: { initialRetryTime: 100, maxRetryTime: 500 },
});
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: GROUP, sessionTimeout: 6000, heartbeatInterval: 500 });
await producer.connect();
await consumer.connect();
const topics = [`${TOPIC}.do`, `${TOPIC}.undo`];
await consumer.subscribe({ topics, fromBeginning: !has('begins at latest') });
await consumer.run({
  eachMessage: async ({ topic, partition, message: { offset, value } }) => {
    const command = commandIn(value);
    if (command === null) return;
    if (has('commits before it replies')) {
      await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(offset) + 1n) }]);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (command.payload?.slow) await new Promise((resolve) => setTimeout(resolve, 3000));
    const reply = JSON.stringify(answer(command));
    const messages = [{ key: command.headers.flowId, value: reply }];
    await producer.send({ topic: 'orchestrator.response.result', acks: -1, messages });
  },
});
