/** Parsers of settings: each returns a value, or throws WrongValue with what would be right. */
import { isIP } from 'node:net';
import { isLoopback } from '../names/loopback.js';
import { isRole, ROLES, type Role } from '../names/roles.js';
import { COMPONENTS, type Component, LEVELS, type Level } from '../observability/log.js';
import { DAY_MS, millisecondsIn, YEAR_MS } from '../timing/duration.js';

export interface Setting<T = unknown> {
  readonly name: string;
  readonly meaning: string;
  /** As shown to people. */
  readonly byDefault: string;
  /** Reads the text; throws WrongValue with what would be right. Absent or empty = null. */
  readonly read: (text: string | null) => T;
  /** The value may contain a password: it is never shown. */
  readonly secret: boolean;
}

export class WrongValue extends Error {}

export const wrong = (expected: string): never => {
  throw new WrongValue(expected);
};

export function setting<T>(
  given: Omit<Setting<T>, 'secret'> & { readonly secret?: true },
): Setting<T> {
  return { secret: false, ...given };
}

export function whole(least: number, most: number, byDefault: number) {
  return (text: string | null): number => {
    if (text === null) return byDefault;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most
      ? value
      : wrong(`a whole number from ${least} to ${most}`);
  };
}

/** Null = not set. */
export function wholeOrNull(least: number, most: number) {
  return (text: string | null): number | null =>
    text === null ? null : whole(least, most, least)(text);
}

export function oneOf<T extends string, D extends T | null>(options: readonly T[], byDefault: D) {
  return (text: string | null): T | D => {
    if (text === null) return byDefault;
    const found = options.find((one) => one === text.toLowerCase());
    return found ?? wrong(`one of ${options.join(', ')}`);
  };
}

export const text = (value: string | null): string | null => value;

/** A text that `fits` accepts; `like` describes such a text for the error message. */
export function form<D extends string | null>(
  fits: (value: string) => boolean,
  like: string,
  byDefault: D,
) {
  return (value: string | null): string | D => {
    if (value === null) return byDefault;
    return fits(value) ? value : wrong(like);
  };
}

export const isHost = (value: string): boolean =>
  isIP(value) > 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(value);
export const isName = (value: string): boolean => /^[A-Za-z0-9._-]{1,200}$/.test(value);
export const isClass = (value: string): boolean =>
  /^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/.test(value);
export const NAME = 'letters, digits, dots, hyphens and underscores, at most 200';

export function replicas(value: string | null): number {
  if (value === null || value === '-1') return -1;
  return /^[1-9]\d?$/.test(value) ? Number(value) : wrong('a whole number from 1 to 99, or -1');
}

const MINUTE_MS = 60_000;
const HUNDRED_YEARS_MS = 36_500 * DAY_MS;

/** How long something is kept, ms; null = for ever. `like`: examples, for the error message. */
export function ageFrom(leastMs: number, like: string) {
  return (value: string | null): number | null => {
    if (value === null || value.toLowerCase() === 'off') return null;
    // A number without a unit would be ambiguous.
    const ms = /[mhd]$/i.test(value) ? millisecondsIn(value) : Number.NaN;
    return ms >= leastMs && ms <= HUNDRED_YEARS_MS ? ms : wrong(`a time ${like}, or off`);
  };
}

/** Null = not set; 0 = off. */
export function hsts(value: string | null): number | null {
  return value === null ? null : (ageFrom(MINUTE_MS, 'like 180d')(value) ?? 0);
}

export const age = ageFrom(MINUTE_MS, 'like 30d, 12h or 90m');

/** As in a document: `500ms`, `30s`, `5m`, `2h`, or a number of milliseconds. */
export function duration(leastMs: number, byDefaultMs: number) {
  return (value: string | null): number => {
    if (value === null) return byDefaultMs;
    const ms = millisecondsIn(value);
    return ms >= leastMs && ms <= YEAR_MS
      ? ms
      : wrong(`a duration from ${leastMs}ms to 365d, like 500ms, 30s, 5m or 2h`);
  };
}

export function decimal(least: number, most: number, byDefault: number) {
  return (value: string | null): number => {
    if (value === null) return byDefault;
    const number = /^\d{1,9}(\.\d{1,9})?$/.test(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most
      ? number
      : wrong(`a number from ${least} to ${most}, like 2 or 1.5`);
  };
}

/** Class names of the Java system this gateway replaces, as its users know them. */
const ALIASES: Readonly<Record<string, Component>> = {
  DoOperationHandler: 'do',
  UndoOperationHandler: 'undo',
};

export function levels(value: string | null): ReadonlyMap<Component, Level> {
  const read = new Map<Component, Level>();
  for (const part of value?.split(',') ?? []) {
    const [name = '', level = ''] = part.split(/[=:]/).map((one) => one.trim());
    const last = name.split('.').at(-1) ?? name;
    const component = COMPONENTS.find((one) => one === name) ?? ALIASES[last];
    const known = LEVELS.find((one) => one === level.toLowerCase());
    if (component === undefined || known === undefined) {
      return wrong(
        `component=level, several separated by commas; components are ${COMPONENTS.join(', ')}, levels ${LEVELS.join(', ')}`,
      );
    }
    read.set(component, known);
  }
  return read;
}

export function origins(value: string | null): readonly string[] {
  const list = value?.split(',').map((one) => one.trim()) ?? [];
  const bad = list.find(
    (one) => !/^https?:/.test(one) || !URL.canParse(one) || new URL(one).origin !== one,
  );
  if (bad === undefined) return list;
  return wrong(
    `origins like https://console.example.com, without a path, several separated by commas; ${JSON.stringify(bad)} is not an origin`,
  );
}

/** Can stand in a header and a claim. */
export const isHeaderText = (value: string): boolean => /^[\x21-\x7e]{1,1000}$/.test(value);

/** By https, or by http from this machine: without TLS, keys can be replaced on the way. */
export function webAddress(value: string | null): string | null {
  if (value === null) return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  return url !== null && isSafe && url.username === ''
    ? value
    : wrong('an address like https://login.example.com (http only on a loopback address)');
}

export function jwtRoles(value: string | null): ReadonlyMap<string, Role> | null {
  if (value === null) return null;
  return new Map(
    value.split(',').map((part) => {
      const at = part.lastIndexOf('=');
      const [group, role] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
      return at > 0 && group !== '' && isRole(role)
        ? ([group, role] as const)
        : wrong(`value=role, several separated by commas; roles are ${ROLES.join(', ')}`);
    }),
  );
}

export function hosts(value: string | null): readonly string[] {
  const list = value?.split(',').map((one) => one.trim()) ?? [];
  const bad = list.find((one) => !isHost(one));
  return bad === undefined
    ? list
    : wrong(
        `host names like gateway.example.com, without protocol and port, several separated by commas; ${JSON.stringify(bad)} is not a host name`,
      );
}
