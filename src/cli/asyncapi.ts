/** `asyncapi`: what the workers of an orchestration receive and send. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { TypedDocument } from '../client/index.js';
import { complain, EXIT, print } from './output.js';
import { whole } from './payload.js';
import type { Act } from './program.js';

interface Flags {
  readonly output?: string;
  readonly ofVersion?: number;
}

const EXAMPLES = `
Examples:
  backstep asyncapi tenantCreation > tenant-creation.asyncapi.yaml
  backstep asyncapi tenantCreation --output docs/tenant-creation.asyncapi.yaml`;

interface Found {
  readonly orchestration: { readonly asyncapi: string } | null;
}

/** Not of the client, which browsers load. */
const DOCUMENT: TypedDocument<Found, { name: string; version: number | undefined }> = {
  toString: () =>
    'query AsyncApi($name: String!, $version: Int) { orchestration(name: $name, version: $version) { asyncapi } }',
};

export function addAsyncApi(program: Command, act: Act): void {
  program
    .command('asyncapi')
    .description('write an AsyncAPI document for the worker teams of an orchestration')
    .argument('<orchestration>')
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('--of-version <number>', 'a version; the newest when left out', whole)
    .addHelpText('after', EXAMPLES)
    .action(
      act(async (client, _globals, { output, ofVersion: version }: Flags, name: string) => {
        const { orchestration } = await client.request(DOCUMENT, { name, version });
        if (!orchestration) {
          const which = version === undefined ? '' : ` with version ${version}`;
          complain(
            `no orchestration is called ${name}${which}; backstep orchestrations lists them`,
          );
          return EXIT.REFUSED;
        }
        if (output === undefined) print(orchestration.asyncapi.trimEnd());
        else writeFileSync(output, orchestration.asyncapi);
        return EXIT.OK;
      }),
    );
}
