/**
 * What is sealed: bound to its place, with the key that the standard derives, and never the same
 * twice.
 */
import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Fault } from '../../src/engine/ports.js';
import { Sealer } from '../../src/postgres/sealing/sealer.js';

const [ONE, TWO] = [
  { id: 'k1', key: randomBytes(32) },
  { id: 'k2', key: randomBytes(32) },
];
const PLACE = { flowId: 'flow-1', column: 'run.input' };
const sealer = new Sealer([ONE], ONE);

test('a text comes back as it was, sealed differently each time', () => {
  const text = '{"a":1.0,"ü":"\\ud83d"}';
  const [first, second] = [sealer.seal(text, PLACE), sealer.seal(text, PLACE)];
  expect(first).not.toBe(second);
  expect([sealer.open(first, PLACE), sealer.open(second, PLACE)]).toEqual([text, text]);
  expect(JSON.parse(first)).toMatch(/^k1\./);
});

test('what is not sealed is opened as it is, also a payload that looks nearly like it', () => {
  for (const text of ['{"a":1}', '"k1.AAAA"', 'null', ' "k1.AAAA"'])
    expect(sealer.open(text, PLACE)).toBe(text);
});

test.each([
  ['another flow', { ...PLACE, flowId: 'flow-2' }],
  ['another column', { ...PLACE, column: 'run.output' }],
])('in %s it is not opened', (_, place) => {
  expect(() => sealer.open(sealer.seal('1', PLACE), place)).toThrow(/does not belong there/);
});

test('a changed bit is found', () => {
  const sealed = sealer.seal('{"amount":1}', PLACE);
  const at = sealed.length - 8;
  const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
  expect(() => sealer.open(changed, PLACE)).toThrow(/is damaged/);
});

test('an older key opens, one that is not there is a fault with its name', () => {
  const sealed = sealer.seal('1', PLACE);
  expect(new Sealer([TWO, ONE], TWO).open(sealed, PLACE)).toBe('1');
  const without = new Sealer([TWO], TWO);
  expect(() => without.open(sealed, PLACE)).toThrow(/the key k1/);
  expect(() => without.open(sealed, PLACE)).toThrow(Fault);
});

test('bytes come back as they were', () => {
  const bytes = Uint8Array.from([0, 255, 128, 10]);
  expect([...sealer.openBytes(sealer.sealBytes(bytes, PLACE), PLACE)]).toEqual([...bytes]);
});

test('a program with the key reads it by the standards alone: HKDF-SHA-256, AES-256-GCM', () => {
  const sealed = String(JSON.parse(sealer.seal('{"a":1}', PLACE)));
  const bytes = Buffer.from(sealed.slice('k1.'.length), 'base64');
  const key = new Uint8Array(hkdfSync('sha256', ONE.key, '', 'backstep flow-1', 32));
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
  cipher.setAAD(Buffer.from(JSON.stringify(['k1', 'flow-1', 'run.input'])));
  cipher.setAuthTag(bytes.subarray(-16));
  expect(cipher.update(bytes.subarray(12, -16)).toString() + cipher.final()).toBe('{"a":1}');
});
