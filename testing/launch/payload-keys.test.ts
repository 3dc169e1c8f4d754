/**
 * The keys of PAYLOAD_ENCRYPTION: from a file or a command, and what is wrong with them, never with
 * a key in it.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { readPayloadKeys } from '../../src/launch/payload-keys.js';

const folder = mkdtempSync(join(tmpdir(), 'backstep-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [ONE, TWO] = [randomBytes(32), randomBytes(32)];
const line = (id: string, key: Buffer): string => `${id} ${key.toString('base64')}\n`;

function file(text: string, mode = 0o600): { readonly kind: 'file'; readonly text: string } {
  const path = join(folder, 'keys');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return { kind: 'file', text: path };
}

test('the first key of a file seals, all of them open', () => {
  const { keys, current } = readPayloadKeys(file(`# keys\n${line('k2', TWO)}\n${line('k1', ONE)}`));
  expect(keys.map(({ id, key }) => [id, Buffer.from(key).equals(id === 'k1' ? ONE : TWO)])).toEqual(
    [
      ['k2', true],
      ['k1', true],
    ],
  );
  expect(current?.id).toBe('k2');
});

test('with plain in the first line nothing is sealed any more', () => {
  const { keys, current } = readPayloadKeys(file(`plain\n${line('k1', ONE)}`));
  expect([keys.map(({ id }) => id), current]).toEqual([['k1'], null]);
});

test('a command prints the same', () => {
  const { text } = file(line('k1', ONE));
  expect(readPayloadKeys({ kind: 'command', text: `cat ${text}` }).current?.id).toBe('k1');
});

test.each([
  ['an empty file', '', 'there is no key'],
  ['a short key', line('k1', ONE.subarray(1)), 'line 1 is no key'],
  ['a key without a name', ONE.toString('base64'), 'line 1 is no key'],
  ['a key twice', line('k1', ONE) + line('k1', TWO), 'the key k1 is there twice'],
])('%s is refused', (_, text, message) => {
  const refused = expect(() => readPayloadKeys(file(text)));
  refused.toThrow(message);
  refused.not.toThrow(ONE.toString('base64').slice(4, 20));
});

test('a file that others may read is refused, like one that is not there', () => {
  expect(() => readPayloadKeys(file(line('k1', ONE), 0o644))).toThrow(/chmod 600/);
  expect(() => readPayloadKeys({ kind: 'file', text: '/nowhere/keys' })).toThrow(/ENOENT/);
});

test('a command that fails is refused by its name, without what it printed', () => {
  const run = () => readPayloadKeys({ kind: 'command', text: 'false with-a-secret' });
  expect(run).toThrow('the command false failed: it ended with 1');
  expect(run).not.toThrow('with-a-secret');
});
