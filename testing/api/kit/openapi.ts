/**
 * A light check of answers against schema/openapi.yaml: types, required and unknown fields, enums,
 * formats, references.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
}
interface Response {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}
interface Operation {
  /** Alternatives; `{}` = without a credential. Absent = as the document has it. */
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, Response>>;
}
type Document = {
  readonly security: readonly object[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};

export const openapi = parse(readFileSync('schema/openapi.yaml', 'utf8')) as Document;

/** What is wrong with an answer, one sentence each. */
export function wrongs(
  method: 'get' | 'post',
  path: string,
  answer: { status: number; headers: Headers; body: unknown },
): string[] {
  const response = resolved(openapi.paths[path]?.[method]?.responses[String(answer.status)]);
  if (response === undefined) return [`${method} ${path} is not described with ${answer.status}`];
  const type = (answer.headers.get('content-type') ?? '').split(';', 1)[0] ?? '';
  const schema = response.content?.[type]?.schema;
  return schema === undefined
    ? [`${method} ${path} ${answer.status} is not described as ${type}`]
    : check(answer.body, schema, 'body');
}

function resolved<T extends { readonly $ref?: string }>(part: T | undefined): T | undefined {
  if (part?.$ref === undefined) return part;
  const found = part.$ref
    .split('/')
    .slice(1)
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], openapi);
  if (found === undefined) throw new Error(`schema/openapi.yaml has no ${part.$ref}`);
  return found as T;
}

function check(value: unknown, given: Schema, path: string): string[] {
  const schema = resolved(given) ?? {};
  const types = schema.type === undefined ? null : [schema.type].flat();
  if (types !== null && !types.some((type) => isOf(value, type)))
    return [`${path} is ${JSON.stringify(value)}, not ${types.join(' or ')}`];
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return [`${path} is ${JSON.stringify(value)}, none of ${schema.enum.join(', ')}`];
  if (schema.const !== undefined && schema.const !== value)
    return [`${path} is not ${JSON.stringify(schema.const)}`];
  if (
    schema.format === 'date-time' &&
    typeof value === 'string' &&
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)
  )
    return [`${path} is no date-time`];
  if (Array.isArray(value))
    return value.flatMap((one, index) => check(one, schema.items ?? {}, `${path}[${index}]`));
  return typeof value === 'object' && value !== null
    ? checkFields(value as Record<string, unknown>, schema, path)
    : [];
}

function checkFields(
  value: Record<string, unknown>,
  { required = [], properties = {}, additionalProperties }: Schema,
  path: string,
): string[] {
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${path}.${name} is missing`);
  const inner = Object.entries(value).flatMap(([name, one]) => {
    const schema = properties[name];
    if (schema !== undefined) return check(one, schema, `${path}.${name}`);
    return additionalProperties === false ? [`${path}.${name} is not described`] : [];
  });
  return [...missing, ...inner];
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object')
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}
