/** Opens the lane to the worker, runs the suite, prints the report. */
import { writeFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { environmentWith, readConfig } from '../../config/config.js';
import { CASES, conforms, verify } from '../../conformance/conformance.js';
import type { Lane } from '../../conformance/lane.js';
import { junit, resultLines, summary } from '../../conformance/report.js';
import { createLogs } from '../../observability/logger.js';
import { effectsBy } from './effects.js';
import { openKafkaLane } from './kafka-lane.js';
import { commandLine, type Flags } from './options.js';
import { openOwnGateway } from './own-gateway.js';
import { OwnProcess } from './own-process.js';

const EXIT = { conforms: 0, failed: 1, wrong: 2, doesNotConform: 3 } as const;

interface Target {
  readonly orchestration: string;
  readonly step: string;
  readonly command: readonly string[];
}

/** `args` without node and script, and without `verify-worker`. Resolves with the exit code. */
export async function verifyWorker(args: readonly string[]): Promise<number> {
  const program = commandLine();
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.conforms : EXIT.wrong;
  }
  const flags = program.opts<Flags>();
  const [orchestration, step, ...command] = program.args;
  if (flags.list === true) return list();
  if (orchestration === undefined || step === undefined)
    return complain('it needs an orchestration and a step; --help shows examples', EXIT.wrong);
  try {
    return await run({ orchestration, step, command }, flags);
  } catch (error) {
    return complain((error as Error).message, EXIT.failed);
  }
}

async function run(target: Target, flags: Flags): Promise<number> {
  const { lane, environment, where } = await opened(target, flags);
  const process = target.command.length === 0 ? null : new OwnProcess(target.command, environment);
  print(`${target.orchestration}, step ${target.step}, ${where}\n`);
  try {
    const results = await verify({
      ...target,
      ...{ lane, process, only: flags.only, payload: flags.payload },
      failingPayload: flags.failingPayload ?? null,
      slowPayload: flags.slowPayload ?? null,
      patienceMs: flags.patience,
      effectsOf: flags.effects === undefined ? null : effectsBy(flags.effects),
      onResult: (result) => print(resultLines(result)),
    });
    print(`\n${summary(results)}`);
    const name = `verify-worker ${target.orchestration} ${target.step}`;
    if (flags.junit !== undefined) writeFileSync(flags.junit, junit(name, results));
    return conforms(results) ? EXIT.conforms : EXIT.doesNotConform;
  } finally {
    await process?.kill();
    await lane.close();
  }
}

interface Opened {
  readonly lane: Lane;
  /** For the worker that the suite starts. */
  readonly environment: Readonly<Record<string, string>>;
  readonly where: string;
}

async function opened({ orchestration, step }: Target, flags: Flags): Promise<Opened> {
  const given = flags.brokers === undefined ? {} : { KAFKA_BROKERS: flags.brokers };
  const config = readConfig(environmentWith(given));
  const { logs } = createLogs({
    level: 'error',
    format: 'pretty',
    coloured: false,
    levels: new Map(),
  });
  if (flags.listen !== undefined) {
    const own = await openOwnGateway({ orchestration, step, port: flags.listen }, logs);
    const environment = { BACKSTEP_URL: own.url };
    return { lane: own.lane, environment, where: `as its gateway at ${own.url}` };
  }
  if (config.kafkaBrokers === null)
    throw new Error('where is the worker? --brokers localhost:9092, or --listen 4010; see --help');
  const lane = await openKafkaLane({ orchestration, step }, config, logs('kafka'));
  const brokers = config.kafkaBrokers.join(',');
  return { lane, environment: { BACKSTEP_BROKERS: brokers }, where: `over Kafka at ${brokers}` };
}

function list(): number {
  for (const { name, title } of CASES) print(`${name.padEnd(18)} ${title}`);
  return EXIT.conforms;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(message: string, code: number): number {
  process.stderr.write(`verify-worker: ${message}\n`);
  return code;
}
