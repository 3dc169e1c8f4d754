/**
 * How long until work goes on: a few flows started at once, and the time until the last of them has
 * completed; some by the run's workers, and some by replies of the probe itself, which shows the
 * gateways alone.
 */
import { Kafka, logLevel } from 'kafkajs';
import { reachable } from '../../dist/kafka/sockets.js';
import { callGateway } from './gateway-calls.mjs';
import { ANSWERED, PROBE } from './recipes.mjs';
import { wait, within } from './rig.mjs';

const EXECUTE =
  'mutation($input: ExecuteInput!) { execute(input: $input) { flow { flowId } problems { code } } }';
const DETAILS = 'query($flowId: ID!) { details(flowId: $flowId) { status } }';
const REPLIES = 'orchestrator.response.result';
const FLOWS = 12;
const SEND_WITHIN_MS = 3_000;

export class Probe {
  constructor({ gateways, brokers }) {
    this.gateways = gateways;
    this.brokers = brokers.split(',');
    this.flowIds = [];
  }

  /**
   * ms from `since` until every flow started now has completed: `gateways` those that the probe
   * answers, `ms` those of the workers, too.
   */
  async recovery(since) {
    const all = (one) => Promise.all(Array.from({ length: FLOWS }, one));
    const passed = () => performance.now() - since;
    const [gateways] = await Promise.all([
      all(() => this.answered()).then(passed),
      all(() => this.worked()),
    ]);
    return { ms: passed(), gateways };
  }

  async worked() {
    const flowId = await this.begin(PROBE);
    while (!(await this.hasCompleted(flowId))) await wait(50);
  }

  async answered() {
    const flowId = await this.begin(ANSWERED);
    const [{ name: stepName }] = ANSWERED.document.steps;
    const headers = { flowId, stepName, action: 'DO', status: true };
    await this.reply({ key: flowId, value: JSON.stringify({ headers }) });
    while (!(await this.hasCompleted(flowId))) await wait(50);
  }

  async begin({ name: orchestrationName }) {
    const idempotencyKey = `probe-${this.flowIds.length}-${Math.random()}`;
    const input = { orchestrationName, payload: {}, idempotencyKey };
    let flowId;
    while (flowId === undefined)
      flowId = (await callGateway(this.gateways, EXECUTE, { input })).execute.flow?.flowId;
    this.flowIds.push(flowId);
    return flowId;
  }

  async hasCompleted(flowId) {
    const { details } = await callGateway(this.gateways, DETAILS, { flowId });
    return details?.status === 'COMPLETED';
  }

  /** A client that failed once is not used again; a reply that comes twice counts once. */
  async reply(message) {
    for (;;) {
      this.producer ??= this.newProducer();
      const { producer } = this;
      try {
        return await within(SEND_WITHIN_MS, producer.send(message));
      } catch {
        if (this.producer === producer) this.producer = undefined;
        producer.close();
        await wait(100);
      }
    }
  }

  newProducer() {
    const kafka = new Kafka({
      ...reachable(this.brokers),
      ...{ clientId: 'chaos-probe', logLevel: logLevel.NOTHING },
      ...{ connectionTimeout: 1_000, requestTimeout: 2_000, retry: { retries: 3 } },
    });
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    const connected = producer.connect();
    connected.catch(() => undefined);
    return {
      send: async (message) => {
        await connected;
        await producer.send({ topic: REPLIES, acks: -1, messages: [message] });
      },
      close: () => producer.disconnect().catch(() => undefined),
    };
  }

  async close() {
    await this.producer?.close();
  }
}
