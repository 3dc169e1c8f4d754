/**
 * The texts that the process prints for people: its version, its addresses, and why it did not
 * start.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { BadConfig, type Config } from '../config/config.js';
import type { Logs } from '../observability/log.js';
import type { DatabaseAddress } from './adapters.js';

export const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Of this process among the gateways of a database, for people and traces. */
export const instanceName = (): string => `${hostname()}-${process.pid}`;

export function version(): string {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { readonly version: string };
  return version;
}

function welcome(config: Config, url: string, database: DatabaseAddress): string[] {
  return [
    '',
    'Backstep is ready.',
    `  console    ${url}/`,
    `  GraphQL    ${url}/graphql   (also by WebSocket)`,
    `  GraphiQL   ${url}/graphiql`,
    `  REST       ${url}/api/orchestrations   (described in ${url}/openapi.yaml)`,
    `  database   ${whereIs(database)}`,
    `  broker     ${config.kafkaBrokers === null ? 'in this process; set KAFKA_BROKERS for a real Kafka' : config.kafkaBrokers.join(', ')}`,
  ];
}

/** The password stays in its file: what is printed may be collected and kept. */
function whereIs({ url: address, passwordFile }: DatabaseAddress): string {
  if (passwordFile === null) return 'DATABASE_URL';
  const url = new URL(address);
  url.password = '';
  url.search = '';
  return `a PostgreSQL of its own: PGPASSWORD=$(cat '${passwordFile}') psql '${url.href}'`;
}

/** Prints where data is kept, and how it is removed. */
export function announceData(config: Config, command: string): void {
  if (keepsData(config) && isForPeople(config))
    print(`Data is kept in ${resolve(config.dataFolder)} (${command} --fresh wipes it).`);
}

/** Whether the gateway runs a database or a broker itself. */
function keepsData(config: Config): boolean {
  return config.databaseUrl === null || config.kafkaBrokers === null;
}

/** JSON logs are read by a program: no other lines are printed, except those of the demo. */
function isForPeople(config: Config): boolean {
  return formatOf(config) !== 'json' || config.demoOn;
}

/** Of the lines of the log. */
export function formatOf({ logFormat }: Config): 'pretty' | 'json' {
  return logFormat ?? (isTerminal() ? 'pretty' : 'json');
}

export const isTerminal = (): boolean => process.stdout.isTTY === true;

export function announceReady(
  config: Config,
  url: string,
  database: DatabaseAddress,
  logs: Logs,
): void {
  if (isForPeople(config)) for (const line of welcome(config, url, database)) print(line);
  else {
    const data = keepsData(config) ? { data: resolve(config.dataFolder) } : {};
    logs('main').info({ url, brokers: config.kafkaBrokers, ...data }, 'ready');
  }
}

/** The message when the start has failed. */
export function startFailure(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return `Backstep could not start: ${text}${adviceOn(error)}\n`;
}

/** For errors of the operating system that a setting avoids. */
function adviceOn(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'EACCES' || code === 'EROFS' || code === 'EPERM'
    ? '; choose a folder you may write to with DATA_FOLDER'
    : '';
}

/** The message about invalid settings or flags. */
export function configurationProblems(error: unknown, command: string): string {
  return error instanceof BadConfig
    ? `Invalid configuration:\n${error.problems.map((one) => `  ${one}`).join('\n')}\n${command} --help lists all flags and settings.\n`
    : `${String(error)}\n`;
}
