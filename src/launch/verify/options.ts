/** The command line of `backstep verify-worker`. */
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CASES } from '../../conformance/conformance.js';
import { millisecondsIn } from '../../timing/duration.js';
import { wrongName } from '../../wire/topics.js';

export interface Flags {
  readonly brokers?: string;
  readonly listen?: number;
  readonly payload: string;
  readonly failingPayload?: string;
  readonly slowPayload?: string;
  readonly patience: number;
  readonly effects?: string;
  readonly only: readonly string[];
  readonly junit?: string;
  readonly list?: boolean;
}

const PAYLOAD = '{"conformance":true}';

const TEXT = `
The suite sends commands as a gateway does, each for a flow of its own, and looks at the replies.
Use a test environment: the worker does what the commands contain.

Workers over Kafka: --brokers (or KAFKA_BROKERS, with KAFKA_SSL and KAFKA_SASL as the gateway has
them). Workers over GraphQL or REST: --listen; the worker connects to that port as to a gateway.

With -- and a command the suite starts the worker itself, and kills it. BACKSTEP_BROKERS or
BACKSTEP_URL have the address for it.

--effects is run with {flowId} replaced, and prints how many effects of that flow are in place: then
the report counts money, not replies.

Exit codes:
  0  the worker keeps the contract
  1  the suite could not run: no broker, no free port
  2  the command line is wrong
  3  the worker does not keep the contract

Examples:
  backstep verify-worker tenantCreation createRealm --brokers localhost:9092
  backstep verify-worker tenantCreation createRealm --brokers localhost:9092 \\
    --payload '{"tenant": "acme"}' --junit report.xml -- python worker.py
  backstep verify-worker tenantCreation createRealm --listen 4010 -- node worker.mjs
  backstep verify-worker tripBooking bookFlight --brokers localhost:9092 \\
    --effects 'curl -s localhost:8080/bookings/{flowId}/count'`;

export function commandLine(): Command {
  const command = new Command('backstep verify-worker')
    .description('test whether a worker in any language keeps the contract (docs/workers.md)')
    .argument('[orchestration]', 'its orchestration', name)
    .argument('[step]', 'the step to test', name)
    .argument('[command...]', 'after --: what starts the worker')
    .option('--brokers <list>', 'Kafka, host:port,host:port; default KAFKA_BROKERS')
    .addOption(
      new Option('--listen <port>', 'for workers over GraphQL or REST: be their gateway')
        .argParser(port)
        .conflicts('brokers'),
    )
    .option('--effects <command>', 'prints how many effects of {flowId} are in place')
    .addOption(
      new Option('--only <names>', 'cases, separated by commas')
        .argParser(names)
        .default([], 'all'),
    )
    .option('--junit <file>', 'also write a report for build servers')
    .option('--list', 'only list the cases')
    .addHelpText('after', TEXT)
    .exitOverride();
  return withPayloads(command);
}

function withPayloads(command: Command): Command {
  return command
    .addOption(
      new Option('--payload <json>', 'what its DO can use: JSON, or @file')
        .argParser(json)
        .default(PAYLOAD, PAYLOAD),
    )
    .option('--failing-payload <json>', 'with which its DO fails: JSON, or @file', json)
    .option('--slow-payload <json>', 'with which its DO takes seconds: JSON, or @file', json)
    .addOption(
      new Option('--patience <duration>', 'how long a reply may take')
        .argParser(duration)
        .default(10_000, '10s'),
    );
}

function name(text: string): string {
  const wrong = wrongName(text);
  if (wrong === null) return text;
  throw new InvalidArgumentError(`It ${wrong}.`);
}

function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  throw new InvalidArgumentError('It must be a port, 0 to 65535; 0 takes a free one.');
}

function duration(text: string): number {
  const ms = millisecondsIn(text);
  if (ms >= 100) return ms;
  throw new InvalidArgumentError('It must be a duration like 10s, at least 100ms.');
}

/** The text as it is: every digit stays. */
function json(argument: string): string {
  try {
    const text = argument.startsWith('@') ? readFileSync(argument.slice(1), 'utf8') : argument;
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${(error as Error).message}`);
  }
}

function names(text: string): string[] {
  const chosen = text.split(',').map((one) => one.trim());
  const unknown = chosen.find((one) => !CASES.some((each) => each.name === one));
  if (unknown === undefined) return chosen;
  throw new InvalidArgumentError(`${unknown} is no case; --list lists them.`);
}
