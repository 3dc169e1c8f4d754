/** How a command reaches the gateway: address, credentials, and who acts. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import * as tls from 'node:tls';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type BackstepClient, createClient } from '../client/index.js';

export interface Globals {
  readonly url: string;
  readonly token?: string;
  readonly actor?: string;
  readonly json?: boolean;
}

/** `localhost:4000`, `http://host:4000` and the whole address of the endpoint are understood. */
export function endpoint(text: string): string {
  const address = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(address))
    throw new InvalidArgumentError(`${text} is not an address like http://127.0.0.1:4000`);
  const url = new URL(address);
  if (url.pathname === '/') url.pathname = '/graphql';
  return url.toString();
}

export function addConnectionOptions(program: Command): void {
  program
    .addOption(
      new Option('--url <address>', 'the gateway')
        .env('BACKSTEP_URL')
        .argParser(endpoint)
        .default(endpoint('127.0.0.1:4000'), 'http://127.0.0.1:4000/graphql'),
    )
    .addOption(new Option('--token <token>', 'sent as Authorization: Bearer').env('BACKSTEP_TOKEN'))
    .addOption(
      new Option(
        '--ca <file>',
        'PEM file of the authority that issued the certificate of the gateway',
      )
        .env('BACKSTEP_CA')
        .argParser(trust),
    )
    .addOption(
      new Option('--actor <name>', 'who acts, kept with every action; default: your user name').env(
        'BACKSTEP_ACTOR',
      ),
    )
    .option('--json', 'JSON for programs: one value, or one line each for lists and events');
}

export function connect({ url, token, actor }: Globals): BackstepClient {
  const headers = {
    'x-actor': actor ?? userName(),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  return createClient({ url, headers });
}

/** For all connections of this process, beside the authorities that Node knows. */
function trust(file: string): string {
  // Since Node 22.19.
  if (tls.setDefaultCACertificates === undefined)
    throw new InvalidArgumentError(
      `--ca needs Node 22.19; set NODE_EXTRA_CA_CERTS=${file} instead`,
    );
  try {
    const text = readFileSync(file, 'utf8');
    // Node passes over what is no certificate.
    new X509Certificate(text);
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), text]);
    return file;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(`--ca ${file} is not a PEM file of certificates: ${reason}`);
  }
}

/** In a container there may be no entry for the user. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'cli';
  }
}
