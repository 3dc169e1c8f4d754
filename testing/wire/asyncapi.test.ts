/** The AsyncAPI document of an orchestration; testing/workers has the parser read it. */
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { asyncApiText } from '../../src/wire/asyncapi.js';
import { readRegistration } from '../../src/wire/documents.js';

const SCHEMA = `payloadSchema: { $defs: { id: { type: integer } }, $id: "https://x/y", type: object, required: [ids], properties: { ids: { type: array, items: { $ref: "#/$defs/id" } } } }`;
const STEPS = `
steps:
  - { seq: 1, name: createRealm, ${SCHEMA} }
  - { seq: 2, name: create-user }`;

interface Document {
  readonly info: { readonly version: string; readonly description: string };
  readonly channels: Record<string, { address: string; messages: Record<string, unknown> }>;
  readonly operations: Record<string, unknown>;
  readonly components: {
    readonly messages: Record<string, { payload: { properties: Record<string, unknown> } }>;
    readonly schemas: Record<string, unknown>;
  };
}

function documentOf(text: string): Document {
  const { declarations, problems } = readRegistration(text, { serviceName: null });
  const [first] = declarations;
  if (first?.as !== 'initiator') throw new Error(JSON.stringify(problems));
  return parse(asyncApiText({ ...first.orchestration, version: 1 }));
}

describe('the AsyncAPI document', () => {
  const sequential = documentOf(
    `orchestrationName: tenantCreation\nas: initiator\ntype: sequential\ndescription: A tenant.\npayloadSchema: { type: object }${STEPS}`,
  );

  test('has the topics of each step, and where replies go', () => {
    expect(sequential.info).toMatchObject({ version: '1', description: 'A tenant.' });
    const addresses = Object.entries(sequential.channels).map(([key, { address }]) => [
      key,
      address,
    ]);
    expect(Object.fromEntries(addresses)).toEqual({
      'createRealm.do': 'orchestrator.tenantCreation.createRealm.do',
      'createRealm.undo': 'orchestrator.tenantCreation.createRealm.undo',
      'create-user.do': 'orchestrator.tenantCreation.create-user.do',
      'create-user.undo': 'orchestrator.tenantCreation.create-user.undo',
      replies: 'orchestrator.response.result',
    });
    expect(sequential.operations['createRealm.do']).toEqual({
      action: 'receive',
      summary: 'Does createRealm.',
      channel: { $ref: '#/channels/createRealm.do' },
      messages: [{ $ref: '#/channels/createRealm.do/messages/command' }],
      reply: {
        channel: { $ref: '#/channels/replies' },
        messages: [{ $ref: '#/channels/replies/messages/createRealm.done' }],
      },
    });
  });

  test('has the payload schemas, whose references stay within them', () => {
    const { schemas } = sequential.components;
    expect(schemas.input).toEqual({ type: 'object' });
    expect(schemas['create-userOutput']).toEqual({ description: 'Any JSON.' });
    expect(schemas.createRealmOutput).toEqual({
      $defs: { id: { type: 'integer' } },
      type: 'object',
      required: ['ids'],
      properties: {
        ids: {
          type: 'array',
          items: { $ref: '#/components/schemas/createRealmOutput/$defs/id' },
        },
      },
    });
  });

  test('gives a step of a sequential flow what the step before replies, of a parallel one the input', () => {
    const inputOf = ({ components }: Document): unknown =>
      components.messages['create-user.do']?.payload.properties.payload;
    expect(inputOf(sequential)).toEqual({ $ref: '#/components/schemas/createRealmOutput' });
    const parallel = documentOf(
      `orchestrationName: tenantCreation\nas: initiator\ntype: parallel${STEPS}`,
    );
    expect(parallel.info.description).toContain('The commands of tenantCreation');
    expect(inputOf(parallel)).toEqual({ $ref: '#/components/schemas/input' });
  });
});
