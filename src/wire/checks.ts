/**
 * The checks of single fields of a registration document: each returns a value, or reports a
 * problem with its path.
 */
import { readSensitivePath } from '../json/mask.js';
import { LIMITS } from '../limits/limits.js';
import { millisecondsIn, YEAR_MS } from '../timing/duration.js';
import { wrongName } from './topics.js';

export type Path = readonly (string | number)[];
export type Report = (
  code: string,
  at: Path,
  message: string,
  /** Valid names in place of the last part of the path: the nearest one is suggested. */
  among?: readonly string[],
) => void;
/** undefined: a problem was reported. */
export type Check<T> = (value: unknown, at: Path, report: Report) => T | undefined;
export type Checks = Readonly<Record<string, Check<unknown>>>;

/** The values that a table of checks gives: every field may be absent. */
export type Fields<C extends Checks> = {
  readonly [K in keyof C]?: Exclude<ReturnType<C[K]>, undefined> | undefined;
};

export function pathText(at: Path): string {
  const text = at.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return text.replace(/^\./, '');
}

/**
 * Reads the fields of an object; null when it is none. A field whose value is null counts as
 * absent; an unknown field is a problem with a suggestion.
 */
export function readFields<C extends Checks>(
  value: unknown,
  at: Path,
  report: Report,
  { what, checks }: { readonly what: string; readonly checks: C },
): Fields<C> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report('FIELD_INVALID', at, `${what} must be an object with fields, not ${kindOf(value)}`);
    return null;
  }
  const read: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (inner === null) continue;
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      const unknown = JSON.stringify(name.slice(0, 60));
      report(
        'UNKNOWN_FIELD',
        [...at, name],
        `${what} has no field ${unknown}`,
        Object.keys(checks),
      );
    } else read[name] = check(inner, [...at, name], report);
  }
  return read as Fields<C>;
}

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return `${typeof value === 'string' ? 'the text' : `the ${typeof value}`} ${String(JSON.stringify(value)).slice(0, 60)}`;
}

const invalid = (report: Report, at: Path, expected: string, value: unknown): undefined => {
  report('FIELD_INVALID', at, `${pathText(at)} must be ${expected}, not ${kindOf(value)}`);
};

export const text: Check<string> = (value, at, report) => {
  if (typeof value !== 'string') return invalid(report, at, 'text', value);
  if (value.includes('\u0000')) return invalid(report, at, 'text without NUL characters', value);
  const most = LIMITS.documentTextCharacters.value;
  return value.length > most
    ? invalid(report, at, `text of at most ${most} characters`, `${value.slice(0, 20)}…`)
    : value;
};

/** Of an orchestration or a step: it becomes part of a topic name. */
export const name: Check<string> = (value, at, report) => {
  if (typeof value !== 'string') return invalid(report, at, 'text', value);
  const wrong = wrongName(value);
  if (wrong === null) return value;
  report('NAME_INVALID', at, `${pathText(at)} ${wrong}`);
};

export function whole(least: number, most: number): Check<number> {
  return (value, at, report) => {
    const fits =
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
    return fits ? value : invalid(report, at, `a whole number from ${least} to ${most}`, value);
  };
}

export function oneOf<T extends string>(options: Readonly<Record<string, T>>): Check<T> {
  return (value, at, report) => {
    const found =
      typeof value === 'string' && Object.hasOwn(options, value.toLowerCase())
        ? options[value.toLowerCase()]
        : undefined;
    return found ?? invalid(report, at, `one of ${Object.keys(options).join(', ')}`, value);
  };
}

/** `500ms`, `30s`, `5m`, `2h`, or a number of milliseconds. */
export function duration(least: number): Check<number> {
  return (value, at, report) => {
    const ms = typeof value === 'string' ? millisecondsIn(value) : Number(value);
    if (ms >= least && ms <= YEAR_MS) return Math.round(ms);
    return invalid(
      report,
      at,
      `a duration of ${least === 0 ? '0' : 'at least 1ms'} to 365d, like 500ms, 30s, 5m, 2h or a number of milliseconds`,
      value,
    );
  };
}

export function decimal(least: number, most: number): Check<number> {
  return (value, at, report) =>
    typeof value === 'number' && value >= least && value <= most
      ? value
      : invalid(report, at, `a number from ${least} to ${most}`, value);
}

export const texts: Check<readonly string[]> = (value, at, report) => {
  if (
    Array.isArray(value) &&
    value.every((one) => typeof one === 'string' && one.length <= 200) &&
    value.length <= 100
  )
    return value;
  return invalid(report, at, 'a list of at most 100 texts', value);
};

const MOST_SENSITIVE = 100;

/** What not everybody may see, each a path into the payload or the headers. */
export const sensitivePaths: Check<readonly string[]> = (value, at, report) => {
  if (!Array.isArray(value) || value.length > MOST_SENSITIVE)
    return invalid(report, at, `a list of at most ${MOST_SENSITIVE} paths`, value);
  const wrong = value.findIndex(
    (one) => typeof one !== 'string' || one.length > 200 || readSensitivePath(one) === null,
  );
  return wrong === -1
    ? value
    : invalid(
        report,
        [...at, wrong],
        'a path like payload.card, payload.items[*].iban, payload..token or headers.authorization',
        value[wrong],
      );
};

export const labels: Check<Readonly<Record<string, string>>> = (value, at, report) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return invalid(report, at, 'an object of names and texts', value);
  const most = LIMITS.orchestrationLabels.value;
  if (Object.keys(value).length > most) return invalid(report, at, `at most ${most} labels`, value);
  const entries = Object.entries(value)
    .filter(([, one]) => one !== null)
    .map(
      ([key, one]) =>
        [key, typeof one === 'number' || typeof one === 'boolean' ? String(one) : one] as const,
    );
  const wrong = entries.find(
    ([key, one]) =>
      typeof one !== 'string' ||
      key.length > 100 ||
      one.length > 200 ||
      `${key}${one}`.includes('\u0000'),
  );
  if (wrong !== undefined)
    return invalid(report, [...at, wrong[0]], 'text of at most 200 characters', wrong[1]);
  return Object.fromEntries(entries) as Record<string, string>;
};

export const jsonSchema: Check<unknown> = (value, at, report) => {
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value);
  return fits ? value : invalid(report, at, 'a JSON Schema object', value);
};

/**
 * What is wrong with a JSON Schema, and where in it; or how many schemas it contains, itself
 * included.
 */
export type SchemaCheck = (
  schema: unknown,
) =>
  | { readonly nodes: number }
  | { readonly wrong: { readonly at: Path; readonly message: string } };

/**
 * Checks each payloadSchema of one document, and that all together contain at most `most` schemas.
 */
export function jsonSchemas(check: SchemaCheck, most: number): Check<unknown> {
  let nodes = 0;
  return (value, at, report) => {
    const schema = jsonSchema(value, at, report);
    if (schema === undefined) return undefined;
    const checked = check(schema);
    if ('wrong' in checked) {
      const { at: inside, message } = checked.wrong;
      const place = [...at, ...inside];
      report('PAYLOAD_SCHEMA_INVALID', place, `${pathText(place)}: ${message}`);
      return undefined;
    }
    nodes += checked.nodes;
    if (nodes > most && nodes - checked.nodes <= most)
      report(
        'PAYLOAD_SCHEMA_INVALID',
        at,
        `the payloadSchemas up to ${pathText(at)} have ${nodes} schemas in them, at most ${most} are allowed in one document: register it in several`,
      );
    return schema;
  };
}

/** false is accepted and ignored. true is a problem: there is no topic shared by all steps. */
export const sharedTopic: Check<boolean> = (value, at, report) => {
  if (value === true) {
    report(
      'SHARED_TOPIC_UNSUPPORTED',
      at,
      `${pathText(at)} is true, but every step has its own DO and UNDO topic; remove it or set it to false`,
    );
    return undefined;
  }
  return value === false ? value : invalid(report, at, 'true or false', value);
};
