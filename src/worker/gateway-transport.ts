/** Commands and replies by the GraphQL of a gateway: for workers without Kafka. */
import { type ClientOptions, createClient, type WorkerCommand } from '../client/index.js';
import { backoff, pause } from '../timing/pause.js';
import type { Received } from './command.js';
import type { Conversation } from './handling.js';
import type { Outcome } from './outcome.js';
import type { WorkerLog } from './telemetry.js';
import type { Listening, Take, Transport } from './transport.js';

/** `url`: for example `http://127.0.0.1:4000/graphql`; `headers` have the worker's token. */
export type GatewayAddress = ClientOptions;

interface Named {
  readonly orchestration: string;
  readonly group?: string | undefined;
}

const PAUSES = { firstMs: 500, longestMs: 10_000 };

export function gatewayTransport(address: GatewayAddress & Named, log: WorkerLog): Transport {
  const client = createClient(address);
  const stopping = new AbortController();
  const running = new Set<Promise<boolean>>();
  const sessions: Promise<void>[] = [];
  const run: Run = (leased, take) => {
    const one = take(receivedOf(leased), conversation(client, leased.leaseId)).finally(() =>
      running.delete(one),
    );
    running.add(one);
  };
  return {
    async open(listening, take) {
      // One session for DO and UNDO of a step.
      const steps = new Map(listening.map((one) => [one.stepName, one]));
      const session = { ...address, client, log, signal: stopping.signal };
      for (const step of steps.values())
        sessions.push(read(session, step, (leased) => run(leased, take)));
    },
    async drain() {
      // What this worker has keeps its lease after the end of the subscription.
      stopping.abort();
      await Promise.all([...running, ...sessions]);
    },
    async close() {
      client.close();
    },
  };
}

type Run = (leased: WorkerCommand, take: Take) => void;

interface Session extends Named {
  readonly client: ReturnType<typeof createClient>;
  readonly log: WorkerLog;
  readonly signal: AbortSignal;
}

/** Until the worker stops: also what the gateway refuses may be allowed, or registered, later. */
async function read(
  { orchestration, group, client, log, signal }: Session,
  { stepName, concurrency }: Listening,
  each: (leased: WorkerCommand) => void,
): Promise<void> {
  const wish = { orchestrationName: orchestration, stepNames: [stepName], group, concurrency };
  for (let failures = 0; !signal.aborted; failures++) {
    const onReconnect = (error: unknown, waitMs: number): void =>
      log.warn({ err: error, step: stepName, waitMs }, 'the gateway is away; connecting again');
    try {
      // The gateway leases no more than `concurrency`.
      for await (const leased of client.commands(wish, { signal, onReconnect })) {
        failures = 0;
        each(leased);
      }
    } catch (error) {
      if (signal.aborted) return;
      const nextTryMs = backoff(Math.min(failures, 10), PAUSES);
      log.warn({ err: error, step: stepName, nextTryMs }, `no commands: ${messageIn(error)}`);
      await pause(nextTryMs, signal);
    }
  }
}

function messageIn(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function receivedOf(leased: WorkerCommand): Received {
  const headers = leased.headers as Readonly<Record<string, unknown>>;
  const deadline = new Date(leased.deadline);
  const sentAt = Date.parse(String(headers.timestamp));
  const payload = leased.payload ?? null;
  const timeoutMs = deadline.getTime() - sentAt;
  return {
    command: {
      ...{ flowId: leased.flowId, orchestrationName: leased.orchestrationName },
      ...{ stepName: leased.stepName, action: leased.action, attempt: leased.attempt },
      ...{ attemptId: leased.attemptId, idempotencyKey: leased.idempotencyKey },
      round: typeof headers.round === 'number' ? headers.round : 0,
      ...{ deadline, headers, payload },
      payloadText: payload === null ? null : JSON.stringify(payload),
    },
    echo: headers,
    timeoutMs: timeoutMs > 0 ? timeoutMs : null,
  };
}

type Client = Pick<ReturnType<typeof createClient>, 'reply'>;

function conversation(client: Client, leaseId: string): Conversation {
  return {
    async reply(_received, outcome) {
      await client.reply({ leaseId, ...fieldsOf(outcome) });
    },
    async progress(_received, { fraction, message }) {
      await client.reply({ leaseId, progress: fraction, message });
    },
  };
}

function fieldsOf(outcome: Outcome) {
  switch (outcome.kind) {
    case 'success': {
      const payload = outcome.payload === null ? null : JSON.parse(outcome.payload);
      return { status: true, payload, headers: outcome.headers };
    }
    case 'failure': {
      const { message: errorMessage, code: errorCode, retryable } = outcome;
      return { status: false, errorMessage, errorCode, retryable };
    }
    case 'unknown':
      return { outcomeUnknown: true, errorMessage: outcome.message };
  }
}
