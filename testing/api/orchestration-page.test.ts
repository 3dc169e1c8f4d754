/** What the console requests for a full page of orchestrations is not too much for one request. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse, print } from 'graphql';
import { readRegistration } from '../../src/wire/documents.js';
import { Running, TENANT } from './kit/server.js';

const LIST = parse(readFileSync('src/console/operations.graphql', 'utf8')).definitions.find(
  (one) => one.kind === 'OperationDefinition' && one.name?.value === 'OrchestrationList',
);

test('a page of 20 orchestrations, each with its counts', async () => {
  await using running = await Running.start();
  for (let at = 0; at < 20; at++) {
    const document = TENANT.replace('tenantCreation', `one${at}`);
    const registration = readRegistration(document, { serviceName: 'many' });
    await running.engine.service.register(registration, { dryRun: false });
  }
  if (LIST === undefined) throw new Error('the console has no query OrchestrationList');
  const { body } = await running.graphql(print(LIST), { first: 20 });
  expect(body.errors).toBeUndefined();
  const { orchestrations } = body.data as unknown as {
    orchestrations: { edges: readonly object[]; pageInfo: { hasNextPage: boolean } };
  };
  expect([orchestrations.edges.length, orchestrations.pageInfo.hasNextPage]).toEqual([20, true]);
});
