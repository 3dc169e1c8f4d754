/**
 * Whatever a document contains, the gateway's own thread does next to nothing for it. Measured is
 * the CPU time of this thread, not the clock: a busy machine changes little of it.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type DocumentReader, openDocumentReader } from '../../src/api/input/document-reader.js';
import { LIMITS } from '../../src/limits/limits.js';
import { createDecoder } from '../../src/wire/decode.js';
import { HURTFUL } from '../hostile/documents.mjs';

/**
 * What a document may keep the event loop; on a slow machine as many times more as lawful work of
 * that size takes.
 */
const MOST_MS = 50;
const TIMES_LAWFUL = 10;
const SIZE = 900_000;

/**
 * A busy machine or a compilation adds to one measurement, never to each: what blocks, blocks every
 * time.
 */
const MOST_TRIES = 8;

async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

async function expectWithin(mostMs: number, work: () => unknown): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  for (let left = MOST_TRIES; left > 0 && least >= mostMs; left--)
    least = Math.min(least, await cpuMs(work));
  expect(least).toBeLessThan(mostMs);
}

const BUILT = new URL('../../dist/api/input/document-worker.js', import.meta.url);
let reader: DocumentReader;
let lawfulMs = 0;
beforeAll(async () => {
  reader = openDocumentReader(BUILT);
  const comment = `# ${'x'.repeat(SIZE)}\norchestrationName: o`;
  const read = () => reader.read(comment, { serviceName: null });
  await read();
  lawfulMs = await cpuMs(read);
}, 60_000);
afterAll(() => reader.close());

test.each(Object.entries(HURTFUL))(
  '%s',
  async (_name, document) => {
    const text = document();
    let codes: string[] = [];
    await expectWithin(MOST_MS + TIMES_LAWFUL * lawfulMs, async () => {
      const { problems } = await reader.read(text, { serviceName: null });
      codes = problems.map(({ code }) => code);
    });
    expect(codes.length).toBeGreaterThan(0);
  },
  60_000,
);

const many = <T>(count: number, one: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => one(n));
const fields = (count: number, name: string) =>
  Object.fromEntries(many(count, (n) => [`${name}${n}`, n]));
const recipe = { orchestrationName: 'o', as: 'initiator', type: 'parallel' };
const steps = (count: number, more: object = {}) =>
  many(count, (n) => ({ seq: n + 1, name: `s${n}`, ...more }));
const decode = createDecoder({ payloadLimit: SIZE });
const registration = (payload: unknown) => {
  const value = new TextEncoder().encode(JSON.stringify({ payload, headers: {} }));
  return decode('orchestrator.registration', { key: null, value, headers: {} });
};
const codesOf = (payload: unknown): string[] => {
  const decoded = registration(payload);
  if (decoded.kind !== 'registration') throw new Error(decoded.kind);
  return decoded.registration.problems.map(({ code }) => code);
};

test.each([
  ['60,000 fields', fields(60_000, 'k'), 'DOCUMENT_TOO_COMPLEX'],
  ['60,000 fields nearly right', { ...recipe, ...fields(60_000, 'step') }, 'DOCUMENT_TOO_COMPLEX'],
  ['50,000 labels', { ...recipe, labels: fields(50_000, 'l') }, 'DOCUMENT_TOO_COMPLEX'],
  ['20,000 steps', { ...recipe, steps: steps(20_000) }, 'DOCUMENT_TOO_COMPLEX'],
  ['4,000 fields nearly right', { ...recipe, ...fields(4_000, 'step') }, 'UNKNOWN_FIELD'],
  [
    '60 × 200 steps of unknown fields',
    { orchestrations: many(60, () => ({ ...recipe, steps: steps(200, { nam: 1, number: 2 }) })) },
    'UNKNOWN_FIELD',
  ],
  ['text of brackets', '['.repeat(16_000), 'DOCUMENT_TOO_COMPLEX'],
])('as the object of a topic record: %s', async (_name, payload, code) => {
  const schema = { payloadSchema: fields(150, 'p') };
  const lawful = { ...recipe, steps: steps(200, schema) };
  registration(lawful);
  const calm = await cpuMs(() => registration(lawful));
  let codes: string[] = [];
  await expectWithin(MOST_MS + TIMES_LAWFUL * calm, () => {
    codes = codesOf(payload);
  });
  expect(codes).toContain(code);
  expect(codes.length).toBeLessThanOrEqual(LIMITS.documentProblems.value);
});

test('a registration of an ordinary width is read from a topic', () => {
  expect(codesOf({ ...recipe, steps: steps(200), description: '{[,"'.repeat(100) })).toEqual([]);
  const { value } = LIMITS.documentWidth;
  expect(codesOf(fields(value, 'k'))).toContain('UNKNOWN_FIELD');
  expect(codesOf(fields(value + 1, 'k'))).toEqual(['DOCUMENT_TOO_COMPLEX']);
});
