/**
 * Parts of a payload that not everybody may see: replaced by a mark where the paths of the
 * definition lead.
 */
import { numberText } from './numbers.js';
import { jsonText } from './order.js';
import { readPrinted } from './read.js';

/** What stands for a value. */
export const MASK = '***';

/** A name; every name or place; a name at any depth. */
type Step = { readonly name: string } | { readonly any: true } | { readonly deep: string };

export interface SensitivePath {
  readonly root: 'payload' | 'headers';
  readonly steps: readonly Step[];
}

const ROOT = /^(payload|headers)(?=[.[]|$)/;
const NAME = String.raw`[^.[\]*'"\s]+`;
const STEP = new RegExp(
  String.raw`\.\.(?<deep>${NAME})|(?<any>\.\*|\[\*\])|\.(?<name>${NAME})|\[(?<place>\d+)\]|\['(?<quoted>[^']+)'\]|\["(?<doubled>[^"]+)"\]`,
  'y',
);

/** Null: it is no path, or has no place to begin with. */
export function readSensitivePath(text: string): SensitivePath | null {
  const root = ROOT.exec(text)?.[1];
  if (root !== 'payload' && root !== 'headers') return null;
  const steps: Step[] = [];
  STEP.lastIndex = root.length;
  for (let at: number = root.length; at < text.length; at = STEP.lastIndex) {
    const found = STEP.exec(text)?.groups;
    if (found === undefined) return null;
    const { deep, any, name, place, quoted, doubled } = found;
    if (deep !== undefined) steps.push({ deep });
    else if (any !== undefined) steps.push({ any: true });
    else steps.push({ name: name ?? place ?? quoted ?? (doubled as string) });
  }
  return { root, steps };
}

/** JSON text, with a mark at each of the paths; the rest as it was, white space apart. */
export function maskText(text: string, paths: readonly SensitivePath[]): string {
  if (paths.length === 0) return text;
  const value = readPrinted(text);
  return jsonText(paths.reduce((masked, { steps }) => replaced(masked, steps, marked), value));
}

/** The same of fields that were read: a copy. */
export function maskFields(
  fields: Readonly<Record<string, unknown>>,
  paths: readonly SensitivePath[],
): Readonly<Record<string, unknown>> {
  if (paths.length === 0) return fields;
  const masked: unknown = readPrinted(maskText(jsonText(fields), paths));
  if (masked !== MASK) return masked as Record<string, unknown>;
  return Object.fromEntries(Object.keys(fields).map((name) => [name, MASK]));
}

function marked(value: unknown): unknown {
  return value === null ? null : MASK;
}

/** Adds the texts and numbers at these paths, as they would stand in a sentence, and in JSON. */
export function addSecrets(
  value: unknown,
  paths: readonly SensitivePath[],
  secrets: Set<string>,
): void {
  for (const { steps } of paths)
    replaced(value, steps, (found) => {
      addLeaves(found, secrets);
      return found;
    });
}

function addLeaves(value: unknown, secrets: Set<string>): void {
  const number = typeof value === 'number' ? String(value) : numberText(value);
  if (number !== null) secrets.add(number);
  else if (typeof value === 'string') {
    for (const text of [value, value.trim(), JSON.stringify(value).slice(1, -1)])
      if (text !== '') secrets.add(text);
  } else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) addLeaves(inner, secrets);
}

type Container = Record<string, unknown> | unknown[];

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null && numberText(value) === null;
}

/** In place: the value was read for this. */
function replaced(
  value: unknown,
  steps: readonly Step[],
  replace: (found: unknown) => unknown,
): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return replace(value);
  if (!isContainer(value)) return value;
  if ('deep' in step) {
    each(value, (inner) => replaced(inner, steps, replace));
    if (!Array.isArray(value)) at(value, step.deep, (inner) => replaced(inner, rest, replace));
  } else if ('any' in step) each(value, (inner) => replaced(inner, rest, replace));
  else if (Array.isArray(value) && !Object.hasOwn(value, step.name))
    // A list where the path has a field: the field of each entry.
    each(value, (inner) => replaced(inner, steps, replace));
  else at(value, step.name, (inner) => replaced(inner, rest, replace));
  return value;
}

function each(value: Container, change: (inner: unknown) => unknown): void {
  for (const key of Object.keys(value)) at(value, key, change);
}

/** A field called __proto__ is one like any other. */
function at(fields: Container, key: string, change: (inner: unknown) => unknown): void {
  const field = Object.getOwnPropertyDescriptor(fields, key);
  if (field !== undefined)
    Object.defineProperty(fields, key, { ...field, value: change(field.value) });
}

/**
 * Shorter ones are found between other characters than letters and digits only: `12` is in many
 * numbers.
 */
const SHORT = 4;
/** Characters times secrets: beyond it looking would take longer than the text is worth. */
const MOST_WORK = 20_000_000;

/** A sentence without these: where there is one, stands the mark. */
export function withoutSecrets(text: string, secrets: ReadonlySet<string>): string {
  if (secrets.size * text.length > MOST_WORK) return MASK;
  const found = [...secrets].filter((secret) => text.includes(secret));
  return found
    .sort((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(patternOf(secret), MASK), text);
}

function patternOf(secret: string): RegExp {
  const literal = secret.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
  return secret.length >= SHORT
    ? new RegExp(literal, 'gu')
    : new RegExp(String.raw`(?<![\p{L}\p{N}])${literal}(?![\p{L}\p{N}])`, 'gu');
}
