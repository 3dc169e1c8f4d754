/**
 * The keys of PAYLOAD_ENCRYPTION, from a file or from the output of a command: a line for each,
 * `<id> <base64 of 32 bytes>`. The first line is the key that seals, or `plain`; all of them open.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { problemOfSecret } from '../files/secret.js';
import type { PayloadKey, PayloadKeys } from '../postgres/sealing/sealer.js';

const COMMAND_MS = 10_000;
const LINE = /^([A-Za-z0-9_-]{1,32})[ \t]+([A-Za-z0-9+/]{43}=)$/;

/** Where the keys come from, as the setting has it. */
export interface KeySource {
  readonly kind: 'file' | 'command';
  readonly text: string;
}

/** Throws with what is wrong and what would be right; a key is in no message. */
export function readPayloadKeys(source: KeySource): PayloadKeys {
  const text = source.kind === 'file' ? fileText(source.text) : commandText(source.text);
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const writesPlain = lines[0] === 'plain';
  const keys = (writesPlain ? lines.slice(1) : lines).map(keyOf);
  const twice = keys.find(({ id }, at) => keys.findIndex((one) => one.id === id) < at);
  if (twice !== undefined) throw wrong(`the key ${twice.id} is there twice`);
  const [first] = keys;
  if (first === undefined) throw wrong('there is no key');
  return { keys, current: writesPlain ? null : first };
}

function keyOf(line: string, index: number): PayloadKey {
  const [, id = '', base64 = ''] = LINE.exec(line) ?? [];
  if (id === '') throw wrong(`line ${index + 1} is no key`);
  return { id, key: Buffer.from(base64, 'base64') };
}

function wrong(what: string): Error {
  return new Error(
    `PAYLOAD_ENCRYPTION: ${what}; each line must be an id and the base64 of 32 bytes, like: k1 $(openssl rand -base64 32)`,
  );
}

function fileText(path: string): string {
  try {
    const problem = problemOfSecret(path);
    if (problem !== null) throw new Error(problem);
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`PAYLOAD_ENCRYPTION: the file ${path} can not be used: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

function commandText(command: string): string {
  const [program = '', ...args] = command.split(/[ \t]+/);
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      timeout: COMMAND_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    // Its output may have a key in it, and with that the error.
    throw new Error(`PAYLOAD_ENCRYPTION: the command ${program} failed: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const { code, status, message } = error as Readonly<Record<string, unknown>>;
  if (typeof status === 'number') return `it ended with ${status}`;
  return String(code ?? message);
}
