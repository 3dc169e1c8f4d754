/** TypeScript types of the payloads of a registered orchestration, from its payloadSchemas. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import {
  type BackstepClient,
  PayloadSchemasDocument,
  type PayloadSchemasQuery,
} from '../client/index.js';
import { complain, EXIT, print } from './output.js';
import { whole } from './payload.js';
import type { Act } from './program.js';

interface Flags {
  readonly output?: string;
  readonly ofVersion?: number;
}
type Schemas = NonNullable<PayloadSchemasQuery['orchestration']>;

const EXAMPLES = `
Examples:
  backstep codegen tenantCreation > tenant-creation.ts
  backstep codegen tenantCreation --output src/tenant-creation.ts`;

export function addCodegen(program: Command, act: Act): void {
  program
    .command('codegen')
    .description('write TypeScript types of the payloads of a registered orchestration')
    .argument('<orchestration>')
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('--of-version <number>', 'a version; the newest when left out', whole)
    .addHelpText('after', EXAMPLES)
    .action(
      act(async (client, _globals, { output, ofVersion }: Flags, name: string) => {
        const schemas = await read(client, name, ofVersion);
        if (schemas === null) {
          const which = ofVersion === undefined ? '' : ` with version ${ofVersion}`;
          complain(
            `no orchestration is called ${name}${which}; backstep orchestrations lists them`,
          );
          return EXIT.REFUSED;
        }
        const text = await typesOf(schemas);
        if (output === undefined) print(text.trimEnd());
        else writeFileSync(output, text);
        return EXIT.OK;
      }),
    );
}

async function read(
  client: BackstepClient,
  name: string,
  version: number | undefined,
): Promise<Schemas | null> {
  return (await client.request(PayloadSchemasDocument, { name, version })).orchestration;
}

interface Payload {
  readonly typeName: string;
  readonly about: string;
  readonly schema: unknown;
}

/**
 * One type for the start, one for each step, and one of all steps; `unknown` where the document
 * promises nothing.
 */
async function typesOf(schemas: Schemas): Promise<string> {
  const { name, version, payloadSchema, steps } = schemas;
  const payloads: readonly Payload[] = [
    { typeName: typeNameOf(name, 'Input'), about: 'Starts a flow.', schema: payloadSchema },
    ...steps.map((step) => ({
      typeName: typeNameOf(name, step.name, 'Output'),
      about: `Payload of the success of ${step.name}.`,
      schema: step.payloadSchema,
    })),
  ];
  const head = `/** Payloads of ${name} v${version}. Written by: backstep codegen ${name} */\n`;
  const types = await Promise.all(payloads.map(typeOf));
  return [head, ...types, stepTypesOf(schemas)].join('\n');
}

/** In a sequential flow a step gets what the step before has replied. */
function stepTypesOf({ name, type, steps }: Schemas): string {
  const input = typeNameOf(name, 'Input');
  const outputs = steps.map((step) => typeNameOf(name, step.name, 'Output'));
  const entries = steps.map((step, at) => {
    const before = at === 0 || type === 'PARALLEL' ? input : outputs[at - 1];
    return `  ${keyOf(step.name)}: { input: ${before}; output: ${outputs[at]} };`;
  });
  return [
    '/** Payloads of each step, for `worker<…>` of backstep/worker. */',
    `export type ${typeNameOf(name, 'Steps')} = {`,
    ...entries,
    '};\n',
  ].join('\n');
}

function keyOf(stepName: string): string {
  return /^[A-Za-z_]\w*$/.test(stepName) ? stepName : `'${stepName}'`;
}

async function typeOf({ typeName, about, schema }: Payload): Promise<string> {
  const doc = `/** ${about} */`;
  if (typeof schema !== 'object' || schema === null)
    return `${doc}\nexport type ${typeName} = unknown;\n`;
  const { compile } = await import('json-schema-to-typescript');
  // Without the title, which would name the type. References are within the document: the gateway
  // has checked that.
  const { title: _, $id: __, ...content } = schema as Record<string, unknown>;
  const described = { description: about, ...content };
  return compile(described, typeName, {
    bannerComment: '',
    additionalProperties: true,
    declareExternallyReferenced: true,
    unknownAny: true,
    $refOptions: { resolve: { external: false, file: false, http: false } },
    style: { singleQuote: true },
  });
}

/** `tenantCreation`, `create-realm` → `TenantCreationCreateRealm`. */
function typeNameOf(...parts: readonly string[]): string {
  const words = parts.flatMap((part) => part.split(/[^A-Za-z0-9]+/).filter((word) => word !== ''));
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^\d/.test(name) ? `_${name}` : name;
}
