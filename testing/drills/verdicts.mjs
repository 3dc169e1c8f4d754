/** How each verdict of `diagnose` comes about, and by what it is seen that the runbook helped. */
import { fails, unableToUndo } from './worker.mjs';
import { until } from './world.mjs';

const hold = (worker) => async (_, answer) => {
  await worker().held;
  await answer();
};

/** A worker that answers nothing until it is fixed; then what it holds, too. */
async function holding(world, more = {}) {
  let made = null;
  made = await world.orchestration({ ...more, behave: hold(() => made.worker) });
  await made.worker.start();
  return made;
}

const ended =
  (status) =>
  async (world, { FLOW }) =>
    (await world.details(FLOW)).status === status;
const completed = ended('COMPLETED');

/** The first of several flows that has the verdict. */
async function oneOf(world, flows, verdict) {
  return until(`${verdict} of one of ${flows.length} flows`, async () => {
    for (const flow of flows) if ((await world.diagnose(flow)).verdict === verdict) return flow;
    return null;
  });
}

export const VERDICTS = [
  {
    name: 'HEALTHY',
    caused: 'a worker has just got its command',
    async cause(world) {
      const made = await holding(world);
      return made.of(await made.start());
    },
    // Nothing is to be done: the worker answers when it is ready.
    undone: (world) => world.current.worker.fix(),
    cleared: completed,
  },
  {
    name: 'WAITING_FOR_WORKER',
    caused: 'a worker hangs on its command',
    async cause(world) {
      const made = await holding(world, { step: { timeout: '30s' } });
      return made.of(await made.start());
    },
    cleared: completed,
  },
  {
    name: 'NO_CONSUMER',
    caused: 'the worker was not started',
    async cause(world) {
      const made = await world.orchestration({ step: { timeout: '30s' } });
      return made.of(await made.start());
    },
    cleared: completed,
  },
  {
    name: 'CONSUMER_LAG',
    caused: 'a worker hangs on one command, others wait behind it in the same partition',
    async cause(world) {
      let isHung = false;
      let made = null;
      made = await world.orchestration({
        step: { timeout: '60s' },
        behave: (headers, answer) => (isHung ? hold(() => made.worker)(headers, answer) : answer()),
      });
      await made.worker.start();
      // Each partition has an offset then.
      await made.run(16);
      isHung = true;
      const first = await made.start();
      const verdict = async () => (await world.diagnose(first)).verdict;
      await until('WAITING_FOR_WORKER', async () => (await verdict()) === 'WAITING_FOR_WORKER');
      const flows = [];
      for (let i = 0; i < 8; i++) flows.push(await made.start());
      return made.of(await oneOf(world, flows, 'CONSUMER_LAG'));
    },
    cleared: completed,
  },
  {
    name: 'WORKER_SILENT',
    caused: 'a worker that had answered before commits a command without an answer',
    async cause(world) {
      let isSilent = false;
      const made = await world.orchestration({
        step: { timeout: '60s' },
        behave: (_, answer) => (isSilent ? undefined : answer()),
      });
      await made.worker.start();
      await made.run(1);
      isSilent = true;
      return made.of(await made.start());
    },
    cleared: completed,
  },
  {
    name: 'MISSED_BY_WORKER',
    caused: 'a worker with auto.offset.reset=latest was started after the command was sent',
    async cause(world) {
      const made = await world.orchestration({ step: { timeout: '30s' }, fromBeginning: false });
      const missed = await made.start();
      await until(
        'NO_CONSUMER',
        async () => (await world.diagnose(missed)).verdict === 'NO_CONSUMER',
      );
      await made.worker.start();
      return made.of(missed);
    },
    cleared: completed,
  },
  {
    name: 'TOPIC_MISSING',
    caused: 'somebody deleted the topic of the step',
    async cause(world) {
      const made = await world.orchestration({ step: { backoff: { initial: '60s', max: '60s' } } });
      const admin = made.worker.kafka.admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [made.worker.topics[0]] });
      await admin.disconnect();
      return made.of(await made.start());
    },
    cleared: completed,
  },
  {
    name: 'BACKOFF',
    caused: 'the partner of the worker refuses, the next attempt is a minute away',
    async cause(world) {
      const backoff = { initial: '60s', max: '60s', jitter: 'none' };
      const made = await world.orchestration({ step: { backoff }, behave: fails });
      await made.worker.start();
      return made.of(await made.start());
    },
    cleared: completed,
  },
  {
    name: 'UNDO_EXHAUSTED',
    caused: 'the last step failed, and the UNDO of the first one was given up',
    async cause(world) {
      const made = await unableToUndo(world);
      return made.of(await made.start());
    },
    cleared: ended('UNDONE'),
  },
  {
    name: 'POISON_REPLY',
    caused: 'a worker answers for a step that does not exist',
    async cause(world) {
      const made = await world.orchestration({
        step: { timeout: '60s' },
        behave: (_, answer) => answer({ stepName: 'cancel' }),
      });
      await made.worker.start();
      return made.of(await made.start());
    },
    cleared: completed,
  },
  {
    name: 'LATE_REPLY',
    caused: 'a worker fails after its attempt has timed out',
    async cause(world) {
      const step = { timeout: '2s', maxRetries: 100 };
      const made = await world.orchestration({
        step,
        async behave(headers, answer) {
          const attempts = async () => (await world.details(headers.flowId)).steps[0].retryCount;
          await until('the next attempt', async () => (await attempts()) > headers.attempt - 1);
          await fails(headers, answer);
        },
      });
      await made.worker.start();
      return made.of(await made.start());
    },
    cleared: completed,
  },
  {
    name: 'PAUSED',
    caused: 'an operator paused the flow',
    async cause(world) {
      const made = await world.orchestration({ steps: ['book', 'pay'] });
      const flowId = await made.start();
      const query =
        'mutation($flowId: ID!) { pauseFlow(input: {flowId: $flowId, reason: "the partner is down"}) { problems { code } } }';
      await world.post('/graphql', { query, variables: { flowId } });
      await made.worker.start();
      return made.of(flowId);
    },
    cleared: completed,
  },
  {
    name: 'PARKED',
    caused: 'the flow was marked as parked in the database, as for a broken law',
    async cause(world) {
      const made = await world.orchestration({ behave: () => undefined, step: { timeout: '5s' } });
      await made.worker.start();
      const flowId = await made.start();
      await until('the command is read', () => made.worker.seen > 0);
      await world.sql(
        `UPDATE orchestration_run SET parked = 'it does not settle after 10000 events' WHERE flow_id = '${flowId}'`,
      );
      return made.of(flowId);
    },
    cleared: completed,
  },
  {
    name: 'ENDED',
    caused: 'a flow is over',
    async cause(world) {
      const made = await world.orchestration();
      await made.worker.start();
      const [flowId] = await made.run(1);
      return made.of(flowId);
    },
    cleared: completed,
  },
].map((drill) => ({
  ...drill,
  kind: 'verdict',
  async seen(world, { FLOW }) {
    const { verdict, summary } = await world.diagnose(FLOW);
    return verdict === drill.name ? summary : null;
  },
}));
