/** Starts config → API → database → broker → engine in this order; stops them in reverse. */
import 'reflect-metadata';
import { resolve } from 'node:path';
import { Bridge } from './bridge/bridge.js';
import { type Config, readConfig } from './config/config.js';
import { commandOf, helpText, readFlags } from './config/flags.js';
import { wipe } from './embedded/wipe.js';
import { createEngine, type Engine, type EngineOptions } from './engine/engine.js';
import { StartingEngine } from './engine/operations/starting.js';
import { databaseAddress, decoderOf, openBroker, wireOf } from './launch/adapters.js';
import { listen } from './launch/api.js';
import { keepOf, LEASE_MS, openDatabase, prepareSchema } from './launch/database.js';
import { showDemo } from './launch/example.js';
import {
  announceData,
  announceReady,
  configurationProblems,
  formatOf,
  isTerminal,
  print,
  startFailure,
  version,
} from './launch/messages.js';
import { migrateOnly } from './launch/migrate-only.js';
import { Opened } from './launch/opened.js';
import { logProcessEvents } from './launch/process-events.js';
import { stopOnSignals } from './launch/signals.js';
import { openTracesOf } from './launch/traces.js';
import { patiently, waitingOf } from './launch/waiting.js';
import { createLogs, type Logging } from './observability/logger.js';
import { createMetrics } from './observability/metrics.js';
import { CompiledSchemas } from './schemas/payload-schemas.js';

/** The command that starts this gateway, for messages. */
const COMMAND = commandOf(process.argv[1]);
const STOP_BOUND_MS = 10_000;

async function start(config: Config, opened: Opened, { logs, levels }: Logging): Promise<void> {
  announceData(config, COMMAND);
  const { trace, isSampled } = await openTracesOf(config, opened, logs);
  const wire = wireOf(config, isSampled);
  const { stepTopics } = wire;
  const starting = new StartingEngine();
  const metrics = createMetrics();
  const bridge = new Bridge({ leaseMs: config.workerLease, log: logs('bridge') });
  const served = { engine: starting.service, workers: bridge, stepTopics, metrics, levels };
  const { url } = await listen(config, served, opened, logs);
  const database = await databaseAddress(config, opened, logs);
  const postgres = openDatabase(config, database.url, stepTopics, logs);
  opened.add('the database', () => postgres.close());
  const waiting = waitingOf(config, opened, logs('main'), starting.waits);
  await patiently(() => prepareSchema(config, postgres), waiting);
  const decode = decoderOf(config);
  const { store, readModel: read, databaseId } = postgres;
  const { broker, ...clients } = await openBroker(config, { decode, databaseId }, opened, logs);
  const ports = { store, read, broker, wire, decode };
  const engine = engineOf(config, ports, { logs, observe: metrics.observe, trace });
  opened.add('the engine', () => engine.stop(STOP_BOUND_MS));
  opened.add('the bridge', () => bridge.close());
  const serving = (): void => {
    starting.started(engine);
    bridge.open({ ...wire, read, commands: clients.commands() });
  };
  await patiently(() => engine.start(serving), waiting);
  if (opened.isClosing) return;
  announceReady(config, url, database, logs);
  if (config.demoOn)
    await showDemo({ config, engine, stepTopics, openWorker: clients.worker, url }, opened, logs);
}

function engineOf(
  config: Config,
  ports: Pick<EngineOptions, 'store' | 'read' | 'broker' | 'wire' | 'decode'>,
  observers: Pick<EngineOptions, 'logs' | 'observe' | 'trace'>,
): Engine {
  const { fanOutLimit: fanOutBytes, openFlowsPerCaller } = config;
  const keepsStarters = openFlowsPerCaller > 0;
  const bounds = { leaseMs: LEASE_MS, keep: keepOf(config), fanOutBytes, keepsStarters };
  return createEngine({ ...ports, ...bounds, ...observers, schemas: new CompiledSchemas() });
}

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  if (flags.has('--help')) return void process.stdout.write(helpText(COMMAND));
  if (flags.has('--version')) return print(version());
  const config = readConfig();
  const format = formatOf(config);
  const coloured = isTerminal() && config.noColor === null;
  const { logLevel: level, logLevels: levels } = config;
  const logging = createLogs({ level, levels, format, coloured });
  const { logs } = logging;
  logProcessEvents(logs);
  const opened = new Opened(logs);
  const stop = stopOnSignals(opened, logs);
  try {
    if (flags.has('--fresh')) await wipe(resolve(config.dataFolder), logs('embedded'));
    if (!flags.has('--migrate')) return await start(config, opened, logging);
    await migrateOnly(config, opened, logs);
    stop();
  } catch (error) {
    if (opened.isClosing) return;
    process.stderr.write(startFailure(error));
    logs('main').debug({ err: error }, 'the start failed');
    process.exitCode = 1;
    stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(configurationProblems(error, COMMAND));
  process.exitCode = 1;
});
