/** Lawful work that is large: starts, documents, and messages nobody reads. */
import { HURTFUL, parallel } from './documents.mjs';
import { wait } from './gateway.mjs';
import { big, outcome } from './payloads.mjs';

export async function lawfulBatch(gateway, _random, ms) {
  await gateway.register(parallel('wide', 200));
  const payloads = [[big(), big(), big()], [{ tiny: true }]];
  const [three, tiny] = await Promise.all(
    payloads.map((some) => gateway.startAll('wide', some, ms)),
  );
  return `three of 900 KB: ${outcome(three)}; the tiny one: ${outcome(tiny)}`;
}

export async function amplified(gateway, _random, ms) {
  await gateway.register(parallel('wide', 200));
  const answers = await gateway.startAll('wide', [big()], ms);
  await wait(Math.min(ms, 2000));
  return outcome(answers);
}

export async function topics(gateway, _random, ms) {
  const one = (n) =>
    `- {orchestrationName: t${n}, as: initiator, type: parallel, steps: [${Array.from({ length: 100 }, (_, s) => `{seq: ${s}, name: s${s}}`).join(',')}]}`;
  const document = `orchestrations:\n${Array.from({ length: 20 }, (_, n) => one(n)).join('\n')}`;
  const { body, status, text } = await gateway.register(document, ms);
  const codes = body?.data?.registerOrchestration?.problems.map(({ code }) => code) ?? [];
  return `${Math.round(document.length / 1024)} KiB, ${codes[0] ?? `registered, ${status}`}${status === 200 ? '' : text.slice(0, 80)}`;
}

export async function fullBroker(gateway, _random, ms) {
  await gateway.register(parallel('nobodyReads', 1));
  const answers = [];
  const enough = Date.now() + ms;
  for (let n = 0; n < 40 && Date.now() < enough; n++)
    answers.push(...(await gateway.startAll('nobodyReads', [big(), big(), big(), big()], ms)));
  const warned = await gateway.dropped();
  return `${outcome(answers)}; ${warned} times unread records were dropped`;
}

export const DOCUMENTS = Object.entries(HURTFUL).map(([name, document]) => ({
  name,
  run: async (gateway, random, ms) => {
    const { body, status } = await gateway.register(document(random), ms);
    const { problems = [] } = body?.data?.registerOrchestration ?? {};
    return problems.length > 0
      ? `${problems.length} × ${problems[0].code}`
      : `${status} ${body?.errors?.[0]?.extensions?.code ?? 'registered'}`;
  },
}));
