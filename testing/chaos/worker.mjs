/**
 * The model workers, in a process of their own: they keep the contract and misbehave in every way
 * it allows, by the seed. What happens to a command depends on its attempt only. A command counts
 * as read once its answer is acknowledged, or will never be given. Usage: node worker.mjs <brokers>
 * <folder> <seed> <misbehaviour 0–1>
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { reachable } from '../../dist/kafka/sockets.js';
import { fractionOf } from '../kit/seeded-random.mjs';
import { Bank } from './bank.mjs';
import { Journal } from './journal.mjs';
import { PROBE, RECIPES, recipeOf, topicsOf } from './recipes.mjs';

const [brokers, folder, seed, share] = process.argv.slice(2);
const misbehaviour = Number(share);
const REPLIES = 'orchestrator.response.result';
/**
 * Short, so that what the run measures is how long the gateways take to recover. By itself the
 * client cannot start while the first broker of its list is frozen: it fails with "Broker not
 * connected", each time.
 */
const kafka = new Kafka({
  ...reachable(brokers.split(',')),
  clientId: 'chaos-worker',
  connectionTimeout: 1000,
  requestTimeout: 5000,
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 },
});
const producer = kafka.producer({ allowAutoTopicCreation: false });
const consumer = kafka.consumer({
  groupId: 'chaos-worker',
  maxWaitTimeInMs: 50,
  minBytes: 1,
  sessionTimeout: 6_000,
  rebalanceTimeout: 6_000,
  heartbeatInterval: 500,
  metadataMaxAge: 5_000,
});
const note = (what) =>
  appendFileSync(
    join(folder, 'workers.log'),
    `${new Date().toISOString()} ${process.pid} ${what}\n`,
  );
const bank = new Bank(join(folder, 'ledger'));
const counts = {};
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const count = (what) => {
  counts[what] = (counts[what] ?? 0) + 1;
};

/**
 * Commands begun and not carried out yet: a worker that dies has not committed them, and carries
 * them out when it is back.
 */
const hanging = new Journal(join(folder, 'hanging'));

/** What is done to DOs and UNDOs by chance; the rest answers as it should. Weights of 100. */
const DO_WAYS = {
  fail: 14,
  failFinal: 1,
  failStep: 3,
  silent: 4,
  doneSilent: 4,
  late: 3,
  hang: 2,
  twice: 8,
  plain: 8,
  unreadable: 1,
  garbage: 2,
  progress: 4,
  stray: 2,
  deadline: 1,
};
const UNDO_WAYS = {
  fail: 12,
  failStep: 2,
  silent: 4,
  doneSilent: 4,
  late: 3,
  twice: 8,
  plain: 8,
  garbage: 2,
  stray: 2,
};

function wayOf({ action, attemptId }) {
  const ways = action === 'DO' ? DO_WAYS : UNDO_WAYS;
  let drawn = (fractionOf(seed, attemptId, 'way') * 100) / misbehaviour;
  for (const [way, weight] of Object.entries(ways)) {
    if (drawn < weight) return way;
    drawn -= weight;
  }
  return 'good';
}

/**
 * Headers of a reply: all of the command's, as those who echo; or the seed's four, fresh, without
 * attemptId.
 */
function replyHeaders(command, status, plain) {
  const { flowId, stepName, action } = command.headers;
  return plain ? { flowId, stepName, action, status } : { ...command.headers, status };
}

const send = (...values) =>
  producer.send({ topic: REPLIES, acks: -1, messages: values.map((value) => ({ value })) });
const text = (headers, payload) =>
  JSON.stringify({ headers, ...(payload !== undefined && { payload }) });

/** Returns the reply to send */
function carryOut(command, remembers, plain) {
  const { flowId, stepName, action } = command.headers;
  if (action === 'UNDO') {
    bank.undo(flowId, stepName);
    return text(replyHeaders(command, true, plain));
  }
  if (!bank.do(flowId, stepName, remembers))
    return text({ ...replyHeaders(command, false, plain), errorMessage: 'its UNDO was seen' });
  return text(replyHeaders(command, true, plain), { mark: command.payload?.mark, after: stepName });
}

const failed = (command, more = {}) =>
  text({ ...replyHeaders(command, false, false), errorMessage: 'by chance', ...more });

const WAYS = {
  good: async (_command, run) => send(run(false)),
  plain: async (_command, run) => send(run(true)),
  twice: async (_command, run) => {
    const answer = run(false);
    await send(answer);
    later(300, () => send(answer, answer));
  },
  fail: async (command) => send(failed(command)),
  failFinal: async (command) => send(failed(command, { retryable: false })),
  failStep: async (command) => send(failed(command, { action: 'FAIL_STEP' })),
  silent: async () => undefined,
  doneSilent: async (_command, run) => void run(false),
  /** Done at once, answered after the timeout. */
  late: async (_command, run) => {
    const answer = run(false);
    later(6000, () => send(answer));
  },
  /** Begun before the deadline, done long after it. */
  hang: async (command, run) => {
    const done = hanging.begin(command);
    later(5500, async () => done(await send(run(false))));
  },
  unreadable: async (command, run) => {
    run(false);
    await send(text({ ...command.headers, status: 'perhaps' }));
  },
  garbage: async (command, run) => {
    await send(`{"headers":{"flowId":"${command.headers.flowId}`, run(false));
  },
  progress: async (command, run) => {
    await send(
      text({ ...command.headers, action: 'PROGRESS', progress: 0.5, message: 'half way' }),
    );
    later(200, () => send(run(false)));
  },
  /** Beside the answer, one for a flow that does not exist. */
  stray: async (command, run) => {
    await send(
      text({ ...command.headers, flowId: `stray-${command.headers.attemptId}`, status: true }),
      run(false),
    );
  },
  /** Refuses by itself. */
  deadline: async (command) => send(failed(command, { errorCode: 'BLOCKED' })),
};

/** Replies that are sent later. */
let waiting = 0;

/** A reply that waits is lost when this process dies: the worker is silent then. */
function later(ms, work) {
  waiting++;
  const send = async () => {
    await Promise.resolve(work()).catch(() => count('lost'));
    waiting--;
  };
  setTimeout(send, ms * (0.5 + fractionOf(seed, ms, counts.later ?? 0)));
  count('later');
}

async function answer(command) {
  const { headers } = command;
  const recipe = recipeOf(headers.orchestrationName);
  if (recipe === null) return send(text({ ...headers, status: true }));
  // Too old to be begun: its attempt has timed out (rules.md#late-success). What is in place
  // already is reported as done.
  if (
    headers.action === 'DO' &&
    Date.parse(headers.deadline) < Date.now() &&
    !bank.holds(headers)
  ) {
    count('past its deadline');
    return send(failed(command));
  }
  const drawn = wayOf(headers);
  // Without attemptId an old round's answer passes for the new one's: only those who remember keys
  // can afford it (docs/promises.md).
  const way = drawn === 'plain' && headers.action === 'UNDO' && !recipe.remembers ? 'good' : drawn;
  count(`${headers.action} ${way}`);
  await WAYS[way](command, (plain) => carryOut(command, recipe.remembers, plain));
}

// A client that has given up is of no use any more: whoever started us starts us again.
consumer.on(consumer.events.CRASH, ({ payload }) => {
  note(`gave up: ${payload.error.message}`);
  process.exit(1);
});
// The client would go on with a coordinator that is frozen or cut off.
const TO_COORDINATOR = ['GroupCoordinator', 'Heartbeat', 'JoinGroup', 'OffsetCommit', 'SyncGroup'];
consumer.on(consumer.events.REQUEST_TIMEOUT, ({ payload }) => {
  note(`${payload.broker} does not answer ${payload.apiName}`);
  if (TO_COORDINATOR.includes(payload.apiName)) process.exit(1);
});
// Nor would its producer look for another leader.
producer.on(producer.events.REQUEST_TIMEOUT, ({ payload }) => {
  note(`${payload.broker} does not answer ${payload.apiName}`);
  process.exit(1);
});
note('begins');
await producer.connect();
note(`connected; ${hanging.left.length} commands are left`);
for (const command of hanging.left)
  await send(carryOut(command, recipeOf(command.headers.orchestrationName).remembers, false));
hanging.clear();
await consumer.connect();
await consumer.subscribe({ topics: [...RECIPES, PROBE].flatMap(topicsOf), fromBeginning: true });
consumer.on(consumer.events.GROUP_JOIN, () => {
  note('joined');
  process.send?.({ ready: true });
});
await consumer.run({
  partitionsConsumedConcurrently: 16,
  autoCommitInterval: 200,
  eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
    for (let from = 0; from < batch.messages.length && isRunning() && !isStale(); from += 50) {
      const messages = batch.messages.slice(from, from + 50);
      await Promise.all(messages.map(({ value }) => answer(JSON.parse(value))));
      resolveOffset(messages.at(-1).offset);
      await heartbeat();
    }
  },
});
process.on('message', (message) => {
  if (message === 'counts') process.send({ counts, waiting });
  if (message === 'behave')
    Object.assign(
      WAYS,
      Object.fromEntries(['silent', 'doneSilent', 'late', 'hang'].map((way) => [way, WAYS.good])),
    );
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', async () => {
  await wait(0);
  await consumer.disconnect().catch(() => undefined);
  await producer.disconnect().catch(() => undefined);
  process.exit(0);
});
