/**
 * A form for a payload, from its JSON Schema: one field for each property that is a text, number,
 * yes/no or choice.
 */

export interface FormField {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'yes-no' | 'choice' | 'json';
  readonly required: boolean;
  readonly description: string;
  /** Of `choice`. */
  readonly choices: readonly string[];
}

interface Schema {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly title?: string;
}

/** Null: the schema does not describe an object with properties; the payload is written as JSON. */
export function fieldsOf(schema: unknown): readonly FormField[] | null {
  const { properties, required = [] } = (schema ?? {}) as Schema;
  if (properties === undefined || Object.keys(properties).length === 0) return null;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    kind: kindOf(property),
    required: required.includes(name),
    description: property.description ?? property.title ?? '',
    choices: choicesOf(property),
  }));
}

function choicesOf(schema: Schema): readonly string[] {
  const texts = schema.enum ?? [];
  return texts.every((one) => typeof one === 'string') ? (texts as string[]) : [];
}

function kindOf(schema: Schema): FormField['kind'] {
  if (choicesOf(schema).length > 0) return 'choice';
  if (schema.type === 'string') return 'text';
  if (schema.type === 'number' || schema.type === 'integer') return 'number';
  return schema.type === 'boolean' ? 'yes-no' : 'json';
}

/**
 * The payload of what was filled in; empty fields are left out. Throws SyntaxError for JSON or a
 * number that is none.
 */
export function payloadOf(
  fields: readonly FormField[],
  values: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const filled = fields.filter(({ name }) => (values[name] ?? '') !== '');
  return Object.fromEntries(
    filled.map((field) => [field.name, valueFrom(field, values[field.name] ?? '')]),
  );
}

function valueFrom({ kind, name }: FormField, text: string): unknown {
  if (kind === 'text' || kind === 'choice') return text;
  if (kind === 'yes-no') return text === 'true';
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SyntaxError(`${name}: ${text} is not ${kind === 'number' ? 'a number' : 'JSON'}`);
  }
}
