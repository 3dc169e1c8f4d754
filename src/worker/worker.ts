/**
 * A worker: handlers of one orchestration's steps, and the transport that brings their commands.
 */
import { hostname } from 'node:os';
import { pino } from 'pino';
import { pause } from '../timing/pause.js';
import { wrongName } from '../wire/topics.js';
import type { Action, Command } from './command.js';
import { FinalError } from './errors.js';
import { type GatewayAddress, gatewayTransport } from './gateway-transport.js';
import { type Handler, Handling } from './handling.js';
import { type KafkaAddress, kafkaTransport } from './kafka-transport.js';
import type { Work } from './running.js';
import { memoryStore } from './stores/memory.js';
import type { RecordStore } from './stores/store.js';
import type { WorkerLog } from './telemetry.js';
import type { Listening, Transport } from './transport.js';

export type { Work } from './running.js';

/**
 * Payload types of each step, as `backstep codegen` writes them. Without them payloads are unknown
 * JSON, which a handler checks itself.
 */
export interface StepTypes {
  readonly [stepName: string]: { readonly input: unknown; readonly output: unknown };
}
export interface Handlers<Step extends StepTypes[string] = StepTypes[string]> {
  /** Returns the reply's payload; nothing = none. Throws = the step failed (errors.ts). */
  do(command: Command<Step['input']>, work: Work): Step['output'] | Promise<Step['output']>;
  /**
   * Undoes what `do` did; what is gone already is a success. Left out: an UNDO fails at once; the
   * step's document should have `undo: none`.
   */
  undo?(command: Command<Step['output'] | Step['input']>, work: Work): unknown;
}

export interface StepOptions {
  /** Commands of this step and action at a time; default: the worker's. */
  readonly concurrency?: number | undefined;
}

export type WorkerOptions = (KafkaAddress | GatewayAddress) & {
  readonly orchestration: string;
  /** Workers of one group share the commands. Default `{orchestration}-worker`. */
  readonly group?: string | undefined;
  /** Commands of a step and action at a time. Default 10. */
  readonly concurrency?: number | undefined;
  /** Where it remembers what it did. Default: memory, which is gone after a restart. */
  readonly store?: RecordStore | undefined;
  /** A process that has crashed is noticed after this, ms; default 30,000. */
  readonly leaseMs?: number | undefined;
  /** How long `stop` waits for handlers before it aborts them, ms; default 30,000. */
  readonly stopWithinMs?: number | undefined;
  /** Default: JSON lines on standard output. */
  readonly log?: WorkerLog | undefined;
};

export interface Worker<Steps extends StepTypes = StepTypes> {
  /** Registers the handlers of a step. Before `start`. */
  on<Name extends keyof Steps & string>(
    stepName: Name,
    handlers: Handlers<Steps[Name]>,
    options?: StepOptions,
  ): Worker<Steps>;
  /** Resolves once commands can arrive. */
  start(): Promise<void>;
  /** Takes no new commands, waits for the handlers, and disconnects. */
  stop(): Promise<void>;
}

interface Registered extends Listening {
  readonly handler: Handler;
}

/** Throws a TypeError with the option that is wrong. */
export function worker<Steps extends StepTypes = StepTypes>(options: WorkerOptions): Worker<Steps> {
  check(options);
  return new OwnWorker<Steps>(options);
}

class OwnWorker<Steps extends StepTypes> implements Worker<Steps> {
  private readonly registered = new Map<string, Registered>();
  private readonly store: RecordStore;
  private readonly handling: Handling;
  private readonly transport: Transport;

  constructor(private readonly options: WorkerOptions) {
    const { orchestration, leaseMs = 30_000, log = pino({ name: orchestration }) } = options;
    this.store = options.store ?? memoryStore();
    const owner = `${hostname()}:${process.pid}:${crypto.randomUUID()}`;
    this.handling = new Handling({ store: this.store, owner, leaseMs, log });
    this.transport =
      'brokers' in options ? kafkaTransport(options, log) : gatewayTransport(options, log);
  }

  on<Name extends keyof Steps & string>(
    stepName: Name,
    handlers: Handlers<Steps[Name]>,
    { concurrency = this.options.concurrency ?? 10 }: StepOptions = {},
  ): this {
    this.checkStep(stepName, handlers, concurrency);
    const undo: Handler = handlers.undo?.bind(handlers) ?? noUndo;
    this.add({ stepName, action: 'DO', concurrency, handler: handlers.do.bind(handlers) });
    this.add({ stepName, action: 'UNDO', concurrency, handler: undo });
    return this;
  }

  async start(): Promise<void> {
    const { orchestration } = this.options;
    if (this.registered.size === 0)
      throw new TypeError(`worker: no step of ${orchestration} has a handler; call on(step, …)`);
    await this.store.open?.();
    await this.transport.open([...this.registered.values()], (received, way) => {
      const { action, stepName } = received.command;
      const handler = this.registered.get(keyOf(action, stepName))?.handler ?? noHandler;
      return this.handling.handle(received, handler, way);
    });
  }

  async stop(): Promise<void> {
    const drained = this.transport.drain();
    const waited = new AbortController();
    const late = pause(this.options.stopWithinMs ?? 30_000, waited.signal);
    await Promise.race([drained, late]);
    waited.abort();
    this.handling.stop();
    await drained;
    await this.transport.close();
  }

  private add(registered: Registered): void {
    this.registered.set(keyOf(registered.action, registered.stepName), registered);
  }

  private checkStep(stepName: string, handlers: { do?: unknown }, concurrency: number): void {
    const wrong = wrongName(stepName);
    if (wrong !== null)
      throw new TypeError(`worker: the step ${JSON.stringify(stepName)} ${wrong}`);
    if (this.registered.has(keyOf('DO', stepName)))
      throw new TypeError(`worker: ${stepName} has its handlers already`);
    if (typeof handlers.do !== 'function')
      throw new TypeError(`worker: ${stepName} has no do handler; on('${stepName}', { do, undo })`);
    if (!Number.isInteger(concurrency) || concurrency < 1)
      throw new TypeError(
        `worker: the concurrency ${concurrency} of ${stepName} cannot be used; expected a whole number from 1`,
      );
  }
}

function keyOf(action: Action, stepName: string): string {
  return `${action} ${stepName}`;
}

const noUndo: Handler = ({ stepName }) => {
  throw new FinalError(`this worker has no undo handler of ${stepName}`, { code: 'NO_HANDLER' });
};

const noHandler: Handler = ({ stepName }) => {
  throw new FinalError(`this worker has no handlers of ${stepName}`, { code: 'NO_HANDLER' });
};

function check(options: WorkerOptions): void {
  const wrong = wrongName(options.orchestration ?? '');
  if (wrong !== null)
    throw new TypeError(
      `worker: the orchestration ${JSON.stringify(options.orchestration)} ${wrong}`,
    );
  if ('brokers' in options === 'url' in options)
    throw new TypeError(
      "worker: give either brokers: ['localhost:9092'] (Kafka), or url: 'http://localhost:4000/graphql' (a gateway)",
    );
}
