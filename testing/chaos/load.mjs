/**
 * Flows for the run: started by GraphQL, REST and topic, each under its key and again until somebody answers, and now and then an operator's
 * word. Only so many are open at a time.
 */
import { Kafka, logLevel } from 'kafkajs';
import { ask } from './ask.mjs';
import { Luck } from './luck.mjs';
import { RECIPES } from './recipes.mjs';
import { wait, within } from './rig.mjs';

const EXECUTE =
  'mutation($input: ExecuteInput!) { execute(input: $input) { created flow { flowId } problems { code message } } }';
const SAID = 'flow { flowId status } problems { code message }';
const WORDS = {
  cancel: `mutation($flowId: ID!) { said: cancelFlow(input: {flowId: $flowId, reason: "chaos"}) { ${SAID} } }`,
  cancelWithout: `mutation($flowId: ID!) { said: cancelFlow(input: {flowId: $flowId, reason: "chaos", undo: false}) { ${SAID} } }`,
  undo: `mutation($flowId: ID!) { said: undoFlow(input: {flowId: $flowId, reason: "chaos"}) { ${SAID} } }`,
  pause: `mutation($flowId: ID!) { said: pauseFlow(input: {flowId: $flowId, reason: "chaos"}) { ${SAID} } }`,
  resume: `mutation($flowId: ID!) { said: resumeFlow(input: {flowId: $flowId, reason: "chaos"}) { ${SAID} } }`,
};

export class Load {
  constructor(services, { seed, flows, inFlight, open, onStart }) {
    Object.assign(this, { services, flows, inFlight, open, onStart });
    this.luck = new Luck(`${seed} load`);
    /** By flowId: what was accepted. */
    this.accepted = new Map();
    this.said = {};
    this.counts = { graphql: 0, rest: 0, topic: 0, overloaded: 0, retried: 0 };
    this.begun = 0;
    this.stopped = false;
    this.words = [];
    this.producer = this.newProducer();
  }

  newProducer() {
    const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries: 10 };
    const kafka = new Kafka({
      brokers: [this.services.brokers],
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
    await Promise.all(this.words);
    await within(5000, this.producer.disconnect()).catch(() => undefined);
  }

  async start(number) {
    // Those on their way to be accepted count as well.
    while (this.open() >= this.inFlight && !this.stopped) await wait(20);
    const recipe = this.luck.of(RECIPES);
    const key = `key-${number}`;
    const drawn = this.luck.next();
    const way = drawn < 0.75 ? 'graphql' : drawn < 0.87 ? 'rest' : 'topic';
    const flowId = await this[way](recipe.name, key);
    this.counts[way]++;
    this.accepted.set(flowId, { mark: key, recipe: recipe.name, at: Date.now() });
    this.onStart(flowId);
    if (this.luck.next() < 0.04)
      this.words.push(
        this.say(
          flowId,
          this.luck.of(Object.keys(WORDS).filter((word) => word !== 'resume')),
          this.luck.between(0, 3000),
        ),
      );
  }

  async graphql(orchestrationName, key) {
    const input = { orchestrationName, payload: { mark: key }, idempotencyKey: key };
    for (;;) {
      const { execute } = await ask(
        this.services.gateways,
        EXECUTE,
        { input },
        () => this.counts.retried++,
      );
      if (execute.flow) return execute.flow.flowId;
      if (execute.problems[0].code !== 'OVERLOADED')
        throw new Error(JSON.stringify(execute.problems));
      this.counts.overloaded++;
      await wait(200);
    }
  }

  async rest(orchestrationName, key) {
    for (;;) {
      const gateway = this.luck.of(this.services.gateways);
      try {
        const response = await fetch(`${gateway.url}/api/orchestrations/execute`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': key },
          body: JSON.stringify({ orchestrationName, payload: { mark: key } }),
          signal: AbortSignal.timeout(20_000),
        });
        if (response.ok) return (await response.json()).flowId;
        if (response.status !== 503) throw new Error(await response.text());
      } catch {
        this.counts.retried++;
      }
      await wait(100);
    }
  }

  async topic(orchestrationName, key) {
    const value = JSON.stringify({
      headers: { orchestrationName, flowId: key, idempotencyKey: key },
      payload: { mark: key },
    });
    // Now and then told twice: it is one flow.
    const messages = this.luck.next() < 0.2 ? [{ value }, { value }] : [{ value }];
    for (;;) {
      const { producer } = this;
      try {
        await within(
          15_000,
          producer.send({ topic: 'orchestrator.execution.start', acks: -1, messages }),
        );
        return key;
      } catch {
        // It may be there all the same: under its key it is one flow. A client that failed once is not used again.
        this.counts.retried++;
        if (this.producer === producer) this.producer = this.newProducer();
        await wait(200);
      }
    }
  }

  async say(flowId, word, afterMs) {
    await wait(afterMs);
    const answer = await ask(this.services.gateways, WORDS[word], { flowId });
    const done = answer.said.problems.length === 0;
    const name = `${word}${done ? '' : ' refused'}`;
    this.said[name] = (this.said[name] ?? 0) + 1;
    if (word === 'pause' && done) await this.say(flowId, 'resume', 1500);
  }

  stop() {
    this.stopped = true;
  }
}
