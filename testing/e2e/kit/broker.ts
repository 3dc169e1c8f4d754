/** The test's own receiver and mouth at the broker. */
import { type Admin, type IHeaders, Kafka, logLevel, type Producer } from 'kafkajs';
import { testBrokers, unique } from './surroundings.js';
import { until } from './until.js';

/** One record as it was read; `headers` and `payload` are the body's. */
export interface ReceivedRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly recordHeaders: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly payload: unknown;
  readonly text: string;
}

export interface TestBroker extends AsyncDisposable {
  readonly admin: Admin;
  /** Sends `{headers, payload}` as one record without a key; `text` sends a value as it is. */
  send(topic: string, headers: object, payload: unknown): Promise<void>;
  sendText(topic: string, text: string): Promise<void>;
  /** Everything on these topics from the beginning, growing. */
  listen(...topics: readonly string[]): Promise<Listener>;
}

export interface Listener {
  readonly received: readonly ReceivedRecord[];
  /** The first record that fits, waited for. */
  receives(what: string, fits: (record: ReceivedRecord) => boolean): Promise<ReceivedRecord>;
}

export function newKafka(): Kafka {
  return new Kafka({
    clientId: 'e2e',
    brokers: testBrokers().split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 10 },
  });
}

export async function openBroker(): Promise<TestBroker> {
  const kafka = newKafka();
  const stack = new AsyncDisposableStack();
  const admin = kafka.admin();
  const producer = kafka.producer();
  await admin.connect();
  stack.defer(() => admin.disconnect());
  await producer.connect();
  stack.defer(() => producer.disconnect());
  const sendText = (topic: string, value: string): Promise<void> => send(producer, topic, value);
  return {
    admin,
    sendText,
    send: (topic, headers, payload) => sendText(topic, JSON.stringify({ headers, payload })),
    listen: (...topics) => listen(kafka, topics, stack),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function send(producer: Producer, topic: string, value: string): Promise<void> {
  await producer.send({ topic, messages: [{ value }] });
}

async function listen(
  kafka: Kafka,
  topics: readonly string[],
  stack: AsyncDisposableStack,
): Promise<Listener> {
  const received: ReceivedRecord[] = [];
  // The end of a consumer waits for its last fetch, which by default waits five seconds for
  // records.
  const consumer = kafka.consumer({ groupId: `e2e-ear-${unique()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  stack.defer(() => consumer.disconnect());
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, message }) => {
      received.push(read(topic, message.key, message.value, message.headers ?? {}));
    },
  });
  return {
    received,
    receives: (what, fits) =>
      until(`${topics.join(', ')} carries ${what}`, () => received.find(fits)),
  };
}

function read(
  topic: string,
  key: Buffer | null,
  value: Buffer | null,
  headers: IHeaders,
): ReceivedRecord {
  const text = value?.toString() ?? '';
  const body = bodyOf(text);
  const recordHeaders = Object.fromEntries(
    Object.entries(headers).map(([name, header]) => [name, String(header)]),
  );
  return {
    topic,
    key: key?.toString() ?? null,
    text,
    recordHeaders,
    headers: body.headers ?? {},
    payload: body.payload ?? null,
  };
}

interface Body {
  readonly headers?: Record<string, unknown>;
  readonly payload?: unknown;
}

/** Quarantined records need not be JSON. */
function bodyOf(text: string): Body {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return {};
  }
}
