/** AsyncAPI's own parser and generators read the document (npm run workers). */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { asyncApiText } from '../../src/wire/asyncapi.js';
import { readRegistration } from '../../src/wire/documents.js';

const clients = createRequire(join(process.env.WORKER_CLIENTS ?? '/', 'package.json'));

interface Diagnostic {
  readonly severity: number;
  readonly code: string;
  readonly message: string;
}
interface Parsed {
  readonly document: object | undefined;
  readonly diagnostics: readonly Diagnostic[];
}
interface Model {
  readonly modelName: string;
  readonly result: string;
}
interface Generator {
  generate(document: object): Promise<readonly Model[]>;
}

const load = async <T>(name: string): Promise<T> =>
  import(pathToFileURL(clients.resolve(name)).href);
const { Parser } = await load<{ Parser: new () => { parse(text: string): Promise<Parsed> } }>(
  '@asyncapi/parser',
);
const generators =
  await load<
    Record<'JavaGenerator' | 'PythonGenerator' | 'TypeScriptGenerator', new () => Generator>
  >('@asyncapi/modelina');

const SCHEMA = `{ $defs: { id: { type: integer } }, type: object, required: [realmId], properties: { realmId: { $ref: "#/$defs/id" }, name: { type: string, enum: [a, b] } } }`;
const documentOf = (type: string): string => {
  const text = `
orchestrationName: tenant-creation_1
as: initiator
type: ${type}
description: "A tenant: realm, user"
payloadSchema: { type: object, properties: { tenant: { type: string } } }
steps:
  - { seq: 1, name: createRealm, payloadSchema: ${SCHEMA} }
  - { seq: 2, name: create-user_2, undo: none }`;
  const { declarations, problems } = readRegistration(text, { serviceName: null });
  const [first] = declarations;
  if (first?.as !== 'initiator') throw new Error(JSON.stringify(problems));
  return asyncApiText({ ...first.orchestration, version: 3 });
};

test.each(['sequential', 'parallel'])('the document of a %s one is valid', async (type) => {
  const { document, diagnostics } = await new Parser().parse(documentOf(type));
  expect(document).toBeDefined();
  // That there is AsyncAPI 3.1 is no fault: 3.0 is what generators read.
  expect(diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')).toEqual([]);
});

test.each([
  ['JavaGenerator', 'private int realmId;'],
  ['PythonGenerator', 'self._realm_id: int'],
  ['TypeScriptGenerator', 'private _realmId: number;'],
] as const)('%s makes types of the payloads', async (name, field) => {
  const { document } = await new Parser().parse(documentOf('sequential'));
  const models = await new generators[name]().generate(document ?? {});
  const output = models.find(({ modelName }) => modelName === 'CreateRealmOutput');
  expect(output?.result).toContain(field);
});
