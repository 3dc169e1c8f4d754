/** A worker of one orchestration that behaves as a drill wants, and well again once it is fixed. */
import { Kafka, logLevel } from 'kafkajs';

const REPLIES = 'orchestrator.response.result';

export class DrillWorker {
  fixed = false;
  seen = 0;
  release = null;

  /** `behave(headers, answer)`: what it does until it is fixed; nothing = it answers well. */
  constructor(brokers, orchestration, { steps, behave = null, fromBeginning = true }) {
    this.topics = steps.flatMap((step) =>
      ['do', 'undo'].map((action) => `orchestrator.${orchestration}.${step}.${action}`),
    );
    this.groupId = `${orchestration}-worker`;
    this.behave = behave;
    this.fromBeginning = fromBeginning;
    this.kafka = new Kafka({
      clientId: this.groupId,
      brokers: brokers.split(','),
      logLevel: logLevel.NOTHING,
    });
    this.held = new Promise((resolve) => {
      this.release = resolve;
    });
  }

  async start() {
    if (this.consumer !== undefined) return;
    this.producer = this.kafka.producer();
    this.consumer = this.kafka.consumer({
      groupId: this.groupId,
      maxWaitTimeInMs: 100,
      sessionTimeout: 60_000,
      // A Kafka that is away for a minute is waited for.
      retry: { restartOnFailure: async () => true },
    });
    await this.producer.connect();
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: this.topics, fromBeginning: this.fromBeginning });
    const joined = new Promise((resolve) => {
      this.consumer.on(this.consumer.events.GROUP_JOIN, resolve);
    });
    await this.consumer.run({ eachMessage: ({ message }) => this.receive(message) });
    await joined;
  }

  async receive({ value, key }) {
    const { headers } = JSON.parse(value);
    this.seen++;
    const answer = async (more = {}) => {
      const reply = { headers: { ...headers, ...more }, payload: {} };
      const messages = [{ key, value: JSON.stringify(reply) }];
      await this.producer.send({ topic: REPLIES, messages });
    };
    if (this.behave === null || this.fixed) return answer();
    await this.behave(headers, answer);
  }

  /** From here on each command is answered with success, those that are held, too. */
  fix() {
    this.fixed = true;
    this.release();
  }

  async stop() {
    this.release();
    const { consumer, producer } = this;
    this.consumer = undefined;
    await consumer?.disconnect();
    await producer?.disconnect();
  }
}

export const fails = (headers, answer) =>
  answer({ status: false, errorMessage: 'the partner refuses', attempt: headers.attempt });

/** Its flows fail at the last step, and so does the UNDO of the first one. */
export async function unableToUndo(world) {
  const made = await world.orchestration({
    steps: ['book', 'pay'],
    step: { maxRetries: 0 },
    behave: (headers, answer) =>
      headers.stepName === 'pay' || headers.action === 'UNDO' ? fails(headers, answer) : answer(),
  });
  await made.worker.start();
  return made;
}
