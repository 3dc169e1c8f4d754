/**
 * What the attacks share: large payloads, flows that hold them, and answers counted by their code.
 */
import { parallel } from './documents.mjs';

const BIG = 900 * 1024;
/** A lawful payload of just under the limit. */
export const big = () => ({ text: 'x'.repeat(BIG - 100) });
export const times = (count, work) => Promise.all(Array.from({ length: count }, (_, n) => work(n)));

/** Answers by status and code. */
export function tally(answers) {
  const counts = {};
  for (const { status, text } of answers) {
    const code = /"code":"(\w+)"/.exec(text ?? '')?.[1];
    const key = code === undefined ? String(status) : `${status} ${code}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return Object.entries(counts)
    .map(([key, count]) => `${count} × ${key}`)
    .join(', ');
}

export const outcome = (payloads) =>
  tally(
    payloads.map(({ created, problems }) => ({
      status: created ? 'started' : 'refused',
      text: JSON.stringify(problems),
    })),
  );

/** Thirty flows with a large payload, once per gateway. */
export async function withHeavyFlows(gateway) {
  if (gateway.heavy) return;
  gateway.heavy = true;
  await gateway.register(parallel('heavy', 1));
  for (let n = 0; n < 15; n++) await gateway.startAll('heavy', [big(), big()]);
}
