/**
 * The only module that reads the environment. Knows: every setting, once. Refuses to know: what a
 * setting is used for. In: the environment. Out: one frozen Config; invalid values are reported at
 * the start, all at once.
 */
import { readFileSync } from 'node:fs';
import type { Defaults } from '../saga/orchestration.js';
import { crossCheckProblems } from './cross-checks.js';
import { withLibpqSettings } from './database-url.js';
import { type Setting, WrongValue } from './parsers.js';
import { type Read, SETTINGS } from './settings.js';

export interface Config extends Read {
  readonly demoOn: boolean;
  /** PORT is set: no other port is tried. */
  readonly portIsGiven: boolean;
  readonly production: boolean;
  readonly tracesOn: boolean;
}

export class BadConfig extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** For programs that this one starts. */
export function environmentWith(
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string | undefined>> {
  return { ...process.env, ...more };
}

/** Reads all settings; throws BadConfig with every problem at once. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const problems: string[] = [];
  const read = withPgSettings(
    Object.fromEntries(
      Object.entries(SETTINGS).map(([key, one]) => [key, readSetting(one, environment, problems)]),
    ) as unknown as Read,
  );
  problems.push(...crossCheckProblems(read));
  if (problems.length > 0) throw new BadConfig(problems);
  const ownServices = read.databaseUrl === null && read.kafkaBrokers === null;
  const demoOn = read.demo === null ? ownServices : read.demo === 'on';
  const portIsGiven = (environment.PORT ?? '').trim() !== '';
  const production = read.environment === 'production';
  return Object.freeze({ ...read, demoOn, portIsGiven, production, tracesOn: tracesOn(read) });
}

/** The own PostgreSQL is connected to without TLS, whatever they are. */
function withPgSettings(read: Read): Read {
  const { databaseUrl } = read;
  return databaseUrl === null
    ? read
    : { ...read, databaseUrl: withLibpqSettings(databaseUrl, read) };
}

/** As OpenTelemetry has it, but off when nothing is set. */
function tracesOn(read: Read): boolean {
  if (read.otelDisabled === 'true' || read.otelExporter === 'none') return false;
  return read.otelExporter === 'otlp' || (read.otelTracesEndpoint ?? read.otelEndpoint) !== null;
}

/** Null when the value is invalid: a problem with what would be right is added. */
function readSetting(
  { name, read, secret }: Setting,
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): unknown {
  const given = secret ? secretOf(name, environment, problems) : environment[name]?.trim();
  try {
    return read(given === undefined || given === '' ? null : given);
  } catch (error) {
    if (!(error instanceof WrongValue)) throw error;
    problems.push(
      `${name} is ${secret ? 'wrong' : JSON.stringify(given)}; it must be ${error.message}`,
    );
    return null;
  }
}

/** A secret may be in a file instead, as containers mount it: `NAME_FILE` has the path. */
function secretOf(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): string | undefined {
  const [given, path] = [environment[name]?.trim(), environment[`${name}_FILE`]?.trim()];
  if (path === undefined || path === '') return given;
  if (given) problems.push(`${name} and ${name}_FILE are both set; set one of them`);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push(`${name}_FILE is ${JSON.stringify(path)}, which cannot be read: ${reason}`);
    return undefined;
  }
}

/** The values of fields that a registration document leaves out. */
export function stepDefaults(config: Config): Defaults {
  return {
    maxRetries: config.defaultMaxRetries,
    timeoutMs: config.defaultStepTimeout,
    backoff: {
      initialMs: config.defaultBackoffInitial,
      factor: config.defaultBackoffFactor,
      maxMs: config.defaultBackoffMax,
      jitter: config.defaultBackoffJitter,
    },
  };
}
