/**
 * Flows for the run: started by GraphQL, REST and topic, each under its key and again until a
 * gateway answers, and now and then an operator acts. Only so many are open at a time.
 */
import { Kafka, logLevel } from 'kafkajs';
import { SeededRandom } from '../kit/seeded-random.mjs';
import { callGateway } from './gateway-calls.mjs';
import { RECIPES } from './recipes.mjs';
import { wait, within } from './rig.mjs';

const EXECUTE =
  'mutation($input: ExecuteInput!) { execute(input: $input) { created flow { flowId } problems { code message } } }';
const RESULT = 'flow { flowId status } problems { code message }';
const ACTIONS = {
  cancel: `mutation($flowId: ID!) { result: cancelFlow(input: {flowId: $flowId, reason: "chaos"}) { ${RESULT} } }`,
  cancelWithout: `mutation($flowId: ID!) { result: cancelFlow(input: {flowId: $flowId, reason: "chaos", undo: false}) { ${RESULT} } }`,
  undo: `mutation($flowId: ID!) { result: undoFlow(input: {flowId: $flowId, reason: "chaos"}) { ${RESULT} } }`,
  pause: `mutation($flowId: ID!) { result: pauseFlow(input: {flowId: $flowId, reason: "chaos"}) { ${RESULT} } }`,
  resume: `mutation($flowId: ID!) { result: resumeFlow(input: {flowId: $flowId, reason: "chaos"}) { ${RESULT} } }`,
};

export class Load {
  constructor(services, { seed, flows, inFlight, open, onStart }) {
    Object.assign(this, { services, flows, inFlight, open, onStart });
    this.random = new SeededRandom(`${seed} load`);
    /** By flowId: what was accepted. */
    this.accepted = new Map();
    this.actions = {};
    /** The longest that a start took until it was accepted, ms; the reasons of its failed tries. */
    this.slowest = 0;
    this.troubles = new Map();
    this.counts = { graphql: 0, rest: 0, topic: 0, overloaded: 0, retried: 0 };
    this.begun = 0;
    this.stopped = false;
    this.acting = [];
    this.producer = this.newProducer();
  }

  newProducer() {
    const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries: 10 };
    const kafka = new Kafka({
      brokers: this.services.brokers.split(','),
      clientId: 'chaos-load',
      logLevel: logLevel.NOTHING,
      retry,
    });
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    const connected = producer.connect();
    connected.catch(() => undefined);
    return {
      send: async (record) => connected.then(() => producer.send(record)),
      disconnect: () => producer.disconnect(),
    };
  }

  async run(until) {
    const one = async () => {
      while (this.begun < this.flows && !this.stopped && performance.now() < until)
        await this.start(this.begun++);
    };
    await Promise.all(Array.from({ length: 40 }, one));
    await Promise.all(this.acting);
    await within(5000, this.producer.disconnect()).catch(() => undefined);
  }

  async start(number) {
    // Those on their way to be accepted count as well.
    while (this.open() >= this.inFlight && !this.stopped) await wait(20);
    const recipe = this.random.pick(RECIPES);
    const key = `key-${number}`;
    const way = this.random.weighted({ graphql: 75, rest: 12, topic: 13 });
    const from = performance.now();
    const flowId = await this[way](recipe.name, key);
    this.slowest = Math.max(this.slowest, performance.now() - from);
    this.counts[way]++;
    this.accepted.set(flowId, { mark: key, recipe: recipe.name, at: Date.now() });
    this.onStart(flowId);
    if (this.random.next() < 0.04)
      this.acting.push(
        this.act(
          flowId,
          this.random.pick(Object.keys(ACTIONS).filter((action) => action !== 'resume')),
          this.random.between(0, 3000),
        ),
      );
  }

  async graphql(orchestrationName, key) {
    const input = { orchestrationName, payload: { mark: key }, idempotencyKey: key };
    for (;;) {
      const { execute } = await callGateway(this.services.gateways, EXECUTE, { input }, (error) =>
        this.failed(error),
      );
      if (execute.flow) return execute.flow.flowId;
      if (execute.problems[0].code !== 'OVERLOADED')
        throw new Error(JSON.stringify(execute.problems));
      this.counts.overloaded++;
      await wait(200);
    }
  }

  failed(error) {
    this.counts.retried++;
    const reason = /"code":"(\w+)"/.exec(error.message)?.[1] ?? error.cause?.code ?? error.message;
    this.troubles.set(reason, (this.troubles.get(reason) ?? 0) + 1);
  }

  async rest(orchestrationName, key) {
    for (;;) {
      const gateway = this.random.pick(this.services.gateways);
      try {
        const response = await fetch(`${gateway.url}/api/orchestrations/execute`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': key },
          body: JSON.stringify({ orchestrationName, payload: { mark: key } }),
          signal: AbortSignal.timeout(20_000),
        });
        if (response.ok) return (await response.json()).flowId;
        throw new Error(await response.text());
      } catch (error) {
        this.failed(error);
      }
      await wait(100);
    }
  }

  async topic(orchestrationName, key) {
    const value = JSON.stringify({
      headers: { orchestrationName, flowId: key, idempotencyKey: key },
      payload: { mark: key },
    });
    // Now and then sent twice: it is one flow.
    const messages = this.random.next() < 0.2 ? [{ value }, { value }] : [{ value }];
    for (;;) {
      const { producer } = this;
      try {
        await within(
          15_000,
          producer.send({ topic: 'orchestrator.execution.start', acks: -1, messages }),
        );
        return key;
      } catch {
        // It may be there all the same: under its key it is one flow. A client that failed once is
        // not used again.
        this.counts.retried++;
        if (this.producer === producer) this.producer = this.newProducer();
        await wait(200);
      }
    }
  }

  async act(flowId, action, afterMs) {
    await wait(afterMs);
    const answer = await callGateway(this.services.gateways, ACTIONS[action], { flowId });
    const done = answer.result.problems.length === 0;
    const name = `${action}${done ? '' : ' refused'}`;
    this.actions[name] = (this.actions[name] ?? 0) + 1;
    if (action === 'pause' && done) await this.act(flowId, 'resume', 1500);
  }

  stop() {
    this.stopped = true;
  }
}
