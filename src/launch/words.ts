/** What the process prints for people: its version, where it listens, why it could not start. */
import { readFileSync } from 'node:fs';
import { BadConfig, type Config } from '../config/config.js';

export const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

export function version(): string {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { readonly version: string };
  return version;
}

export function welcome(config: Config, url: string, database: string): string[] {
  return [
    '',
    'Backstep is ready.',
    `  GraphQL    ${url}/graphql   (also by WebSocket)`,
    `  GraphiQL   ${url}/graphiql`,
    `  REST       ${url}/api/orchestrations   (described in ${url}/openapi.yaml)`,
    `  database   ${config.databaseUrl === null ? `a PostgreSQL of its own: psql '${database}'` : 'DATABASE_URL'}`,
    `  broker     ${config.kafkaBrokers === null ? 'in this process; set KAFKA_BROKERS for a real Kafka' : config.kafkaBrokers.join(', ')}`,
  ];
}

/** Of a start that failed. */
export function whyNotStarted(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return `Backstep could not start: ${text}${adviceOn(error)}\n`;
}

/** For troubles of the operating system that a setting mends. */
function adviceOn(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'EACCES' || code === 'EROFS' || code === 'EPERM'
    ? '; choose a folder you may write to with DATA_FOLDER'
    : '';
}

/** Of settings or flags that are wrong. */
export function whatIsWrong(error: unknown, command: string): string {
  return error instanceof BadConfig
    ? `This is wrong:\n${error.problems.map((one) => `  ${one}`).join('\n')}\n${command} --help lists all flags and settings.\n`
    : `${String(error)}\n`;
}
