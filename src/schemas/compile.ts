/**
 * Compiles a schema to a function. An unknown keyword is an error, like an unknown field of a
 * document.
 */
import { Ajv, type ErrorObject, type Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { RE2JS } from 're2js';

export interface Validate {
  (value: unknown): boolean;
  errors?: readonly ErrorObject[] | null;
}

/** The supported formats: their checks take time in proportion to the text. */
const FORMATS = [
  'date',
  'time',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uri-reference',
  'uuid',
  'json-pointer',
] as const;

/** Most instructions of a compiled pattern: in the worst case each is run for each character. */
const MOST_INSTRUCTIONS = 500;

/**
 * Patterns without backtracking, in time proportional to the text. (ajv uses `code` only for
 * generated files.)
 */
const linear = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    if (compiled.programSize() > MOST_INSTRUCTIONS)
      throw new Error(`the pattern is too large: ${JSON.stringify(pattern.slice(0, 60))}`);
    // ajv caches patterns by this text.
    return { test: (text: string) => compiled.matcher(text).find(), toString: () => pattern };
  },
  { code: 'linear' },
);

const OPTIONS: Options = {
  strict: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  allowUnionTypes: true,
  // A schema that is used twice is compiled once.
  inlineRefs: false,
  addUsedSchema: false,
  logger: false,
  code: { regExp: linear as unknown as NonNullable<NonNullable<Options['code']>['regExp']> },
};

const addFormats = formats as unknown as (ajv: Ajv | Ajv2020, names: object) => void;

function withFormats<A extends Ajv | Ajv2020>(ajv: A): A {
  addFormats(ajv, { mode: 'fast', formats: FORMATS });
  return ajv;
}

const DRAFT_7 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;
const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema';
/** Instances that only validate schemas against the meta-schema of their draft. */
const metaSchemas = { draft7: new Ajv(OPTIONS), draft2020: new Ajv2020(OPTIONS) };

/** A schema without `$schema` is of draft 2020-12. */
export function compile(
  schema: object,
): { readonly validate: Validate } | { readonly wrong: string } {
  const { $schema, $id: _, ...content } = schema as { $schema?: unknown; $id?: unknown };
  const isOld = typeof $schema === 'string' && DRAFT_7.test($schema);
  if ($schema !== undefined && $schema !== DRAFT_2020 && !isOld)
    return { wrong: `$schema must be ${DRAFT_2020} or that of draft-07` };
  const meta = metaSchemas[isOld ? 'draft7' : 'draft2020'];
  if (meta.validateSchema(content) !== true)
    return { wrong: meta.errorsText(meta.errors, { dataVar: 'the schema' }) };
  // A new instance for each schema: an instance keeps memory for everything it has compiled.
  const own = { ...OPTIONS, meta: false, validateSchema: false };
  const ajv = withFormats(isOld ? new Ajv(own) : new Ajv2020(own));
  try {
    return { validate: ajv.compile(content) as Validate };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}
