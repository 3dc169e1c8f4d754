/** How the condition of each alert comes about, and by what it is seen that the runbook helped. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Kafka } from 'kafkajs';
import { TlsGateway } from './tls-gateway.mjs';
import { fails, unableToUndo } from './worker.mjs';
import { until } from './world.mjs';

const FLOWS = 20;
const STARTS = 20_000;

/** Counts of one orchestration since the gateway started, by what the rules divide. */
const COUNTS = {
  async decided(world, name, action) {
    const of = async (outcome) =>
      (await world.metric(
        'backstep_steps_decided_total',
        ...[`"${name}"`, `action="${action}"`, `outcome="${outcome}"`],
      )) ?? 0;
    const [done, givenUp] = [await of('done'), await of('given_up')];
    return { part: done, whole: done + givenUp };
  },
  do: (world, name) => COUNTS.decided(world, name, 'DO'),
  undo: (world, name) => COUNTS.decided(world, name, 'UNDO'),
  async retries(world, name) {
    const { whole } = await COUNTS.do(world, name);
    return { part: (await world.metric('backstep_step_retries_total', `"${name}"`)) ?? 0, whole };
  },
  async turned(world, name) {
    const of = async (metric, label) => (await world.metric(metric, `"${name}"`, label)) ?? 0;
    const turned = await of('backstep_flows_turned_around_total', 'by="itself"');
    const good = await of('backstep_flow_duration_seconds_count', 'status="COMPLETED"');
    return { part: turned, whole: turned + good };
  },
};
const NONE = { part: 0, whole: 0 };
const fraction = (now, base) => (now.part - base.part) / (now.whole - base.whole);

/** As histogram_quantile(0.5, …) of what was counted since `base`. */
async function medianSince(world, name, base) {
  const now = await bucketsOf(world, name);
  const counts = now.map(([le, count], index) => [le, count - (base?.[index]?.[1] ?? 0)]);
  const half = counts.at(-1)[1] / 2;
  const index = counts.findIndex(([, count]) => count >= half);
  const [from, below] = index === 0 ? [0, 0] : counts[index - 1];
  const [to, upTo] = counts[index];
  return from + ((to - from) * (half - below)) / (upTo - below);
}

async function bucketsOf(world, name) {
  const series = await world.series(
    'backstep_attempt_duration_seconds_bucket',
    ...[`"${name}"`, 'action="DO"'],
  );
  return series.map(({ line, value }) => [
    Number(/le="([^"]*)"/.exec(line)[1].replace('+Inf', 'Infinity')),
    value,
  ]);
}

const ratio = (count) => ({
  rebase: (world, { ORCHESTRATION }) => count(world, ORCHESTRATION),
  value: async (world, { ORCHESTRATION, base = NONE }) =>
    fraction(await count(world, ORCHESTRATION), base),
});

/** Flows run badly, the worker is fixed, flows run well. */
function ofWorker({ behave, steps = ['book', 'pay'], step = {}, ...drill }) {
  return {
    ...drill,
    async cause(world) {
      const made = await world.orchestration({ steps, step, behave });
      await made.worker.start();
      const [flowId] = await made.run(FLOWS);
      return made.of(flowId);
    },
    proof: (world) => world.current.run(FLOWS),
  };
}

const gauge =
  (name, ...labels) =>
  (world) =>
    world.metric(name, ...labels);

const isPay = ({ stepName, action }) => stepName === 'pay' && action === 'DO';
const slowly = async (_, answer) => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  await answer();
};

const failedFlow = async (world) => {
  const made = await unableToUndo(world);
  const [flowId] = await made.run(3);
  return made.of(flowId);
};

/** Each gateway has the lag of its own partitions. */
async function lagOfAll(world) {
  const gateways = [world.gateway, world.other].filter(({ lives }) => lives);
  const lags = gateways.map((one) => world.metricAt(one, 'backstep_inbox_lag_records'));
  return (await Promise.all(lags)).reduce((sum, lag) => sum + lag, 0);
}

export const STUCK = {
  name: 'BackstepStepsStuck',
  caused: 'a worker lost a command whose step may take an hour; five minutes passed',
  async cause(world) {
    const made = await world.orchestration({ step: { timeout: '1h' }, behave: () => undefined });
    await made.worker.start();
    const flowId = await made.start();
    await until('the command is read', () => made.worker.seen > 0);
    // It is looked at last: meanwhile other drills run.
    const { current } = world;
    world.current = null;
    return { ...made.of(flowId), made: current };
  },
  before: (world, { made }) => {
    world.current = made;
  },
  value: gauge('backstep_steps_stuck'),
};

/** One outage of Kafka for four of them. */
export const OUTAGE = {
  caused: 'Kafka was stopped while a flow was between two attempts and another was started',
  async cause(world) {
    const backoff = { initial: '5s', max: '5s', jitter: 'none' };
    const made = await world.orchestration({ step: { backoff, timeout: '5m' }, behave: fails });
    await made.worker.start();
    const waiting = await made.start();
    await until(
      'BACKOFF',
      async () => (await world.details(waiting)).steps[0].status === 'DO_FAIL',
    );
    await world.stopKafka();
    return made.of(await made.start());
  },
  drills: [
    {
      name: 'OUTBOX_STALLED',
      kind: 'verdict',
      seen: async (world, { FLOW }) => {
        const { verdict, summary } = await world.diagnose(FLOW);
        return verdict === 'OUTBOX_STALLED' ? summary : null;
      },
      cleared: async (world, { FLOW }) => (await world.diagnose(FLOW)).verdict !== 'OUTBOX_STALLED',
    },
    { name: 'BackstepDependencyDown', value: gauge('backstep_dependency_up', '"broker"') },
    { name: 'BackstepOutboxOld', value: gauge('backstep_outbox_oldest_seconds') },
    { name: 'BackstepTimersOverdue', value: gauge('backstep_timers_overdue_seconds') },
  ],
};

export const ALERTS = [
  ofWorker({
    name: 'BackstepDoSuccessRate',
    caused: 'the second step of every flow fails, its retries included',
    ...ratio(COUNTS.do),
    behave: (headers, answer) => (isPay(headers) ? fails(headers, answer) : answer()),
    step: { maxRetries: 0 },
  }),
  ofWorker({
    name: 'BackstepRetries',
    caused: 'each step fails twice before it succeeds',
    ...ratio(COUNTS.retries),
    behave: (headers, answer) => (headers.attempt < 3 ? fails(headers, answer) : answer()),
  }),
  ofWorker({
    name: 'BackstepUndoTriggered',
    caused: 'the partner refuses for good, so every flow is undone',
    ...ratio(COUNTS.turned),
    behave: (headers, answer) =>
      answer(
        isPay(headers) ? { status: false, retryable: false, errorMessage: 'not allowed' } : {},
      ),
  }),
  ofWorker({
    name: 'BackstepResponseTime',
    caused: 'the worker takes 300 ms for a step',
    rebase: (world, { ORCHESTRATION }) => bucketsOf(world, ORCHESTRATION),
    value: (world, { ORCHESTRATION, base }) => medianSince(world, ORCHESTRATION, base),
    behave: slowly,
    steps: ['book'],
  }),
  {
    name: 'BackstepUndoSuccessRate',
    caused: 'the UNDO of the first step fails in every flow that turns around',
    cause: failedFlow,
    ...ratio(COUNTS.undo),
  },
  {
    name: 'BackstepFlowsFailed',
    caused: 'three flows failed while they were undone',
    cause: failedFlow,
    value: gauge('backstep_flows', 'status="FAILED"'),
  },
  {
    name: 'BackstepDependencyDown',
    part: 'the database',
    caused: 'PostgreSQL was stopped at once',
    async cause(world) {
      const made = await world.orchestration();
      await world.stopDatabase();
      return made.of('');
    },
    value: gauge('backstep_dependency_up', '"database"'),
  },
  {
    name: 'BackstepCertificateExpires',
    caused: 'a gateway got a certificate that ends in three days',
    async cause(world) {
      const made = await world.orchestration();
      const pair = (name, days) => {
        const [key, cert] = ['key', 'crt'].map((end) => join(world.folder, `${name}.${end}`));
        const new_ = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
        const how = ['-days', String(days), '-subj', '/CN=localhost', '-keyout', key, '-out', cert];
        execFileSync('openssl', ['req', '-x509', ...new_, ...how], { stdio: 'pipe' });
        execFileSync('chmod', ['600', key]);
        return { key, cert };
      };
      const [old, next] = [pair('old', 3), pair('new', 365)];
      const env = { TLS_CERT_FILE: old.cert, TLS_KEY_FILE: old.key };
      const gateway = await world.newGateway('gateway-tls', env, TlsGateway);
      await gateway.start();
      const files = { ...env, NEW_CERT: next.cert, NEW_KEY: next.key };
      return { ...made.of(''), ...files, TLS_GATEWAY: gateway.url, gateway };
    },
    value: async (_, { gateway }) => {
      const found = /^backstep_tls_certificate_expires_timestamp_seconds (\S+)$/m.exec(
        await gateway.text('/metrics'),
      );
      return Number(found[1]) - Date.now() / 1000;
    },
    after: (_, { gateway }) => gateway.end('SIGTERM'),
  },
  {
    name: 'BackstepInboxLag',
    caused: `no gateway ran while ${STARTS.toLocaleString('en')} flows were started by topic`,
    async cause(world) {
      const made = await world.orchestration();
      await made.worker.start();
      await world.gateway.end('SIGTERM');
      const kafka = new Kafka({ clientId: 'drill', brokers: world.brokers.split(',') });
      const producer = kafka.producer();
      await producer.connect();
      const value = JSON.stringify({ payload: {}, headers: { orchestrationName: made.name } });
      const messages = Array.from({ length: STARTS / 40 }, (_, i) => ({ key: String(i), value }));
      for (let i = 0; i < 40; i++)
        await producer.send({ topic: 'orchestrator.execution.start', messages });
      await producer.disconnect();
      await world.gateway.start();
      return made.of('');
    },
    value: lagOfAll,
  },
];
