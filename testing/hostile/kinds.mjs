/**
 * Every kind of input that has hurt a gateway. `brief`: one request or a few, which `--short` sends
 * beside other brief ones; `ready`: what must be there before; `shortMs`: what shows itself only
 * after longer than the short form gives.
 */
import * as clients from './client-kinds.mjs';
import { withHeavyFlows } from './payloads.mjs';
import * as queries from './query-kinds.mjs';
import * as work from './work-kinds.mjs';

/** Several kinds at once, as chance has them. */
async function mixture(gateway, random, ms) {
  const kinds = KINDS.filter(({ run }) => run !== mixture && run !== work.fullBroker);
  const chosen = Array.from({ length: 5 }, () => random.pick(kinds));
  const ends = await Promise.allSettled(chosen.map(({ run }) => run(gateway, random, ms)));
  const failed = ends.filter(({ status }) => status === 'rejected').length;
  return `${chosen.map(({ name }) => name).join(' + ')}${failed > 0 ? ` (${failed} cut off)` : ''}`;
}

const ready = withHeavyFlows;
const brief = true;

export const KINDS = [
  { name: 'three lawful 900 KB starts on 200 parallel steps', run: work.lawfulBatch },
  { name: 'one 900 KB start on 200 parallel steps', run: work.amplified },
  ...work.DOCUMENTS.map((kind) => ({ ...kind, brief })),
  { name: 'a document of 4,000 topics', run: work.topics, brief },
  { name: '100 subscriptions × 50 connections', run: clients.fanOut },
  { name: 'undeclared variables', run: clients.variablesKept },
  { name: 'large connection_init payloads', run: clients.initKept },
  { name: 'subscription ids of 1 MB', run: clients.idsKept },
  { name: 'a message 100,000 deep', run: clients.tooDeepMessage, brief },
  { name: 'cursors of 30 flows of 900 KB', run: queries.cursorsOnly, ready, brief },
  { name: 'payloads under three aliases', run: queries.threeAliases, ready },
  { name: 'a limit in a variable', run: queries.limitInVariable, brief },
  { name: '300 equal fields', run: queries.equalFields, brief },
  { name: 'fragments that double', run: queries.fragments, brief },
  { name: '60 readers that search, half of them hang up', run: queries.readers, ready },
  { name: '1,000 unknown names', run: queries.similarNames, brief },
  { name: '120 unfinished bodies of 8 MB', run: clients.unfinishedBodies },
  { name: '3,000 slow headers', run: clients.slowHeaders },
  { name: '60 clients that do not read', run: clients.unreadAnswers, ready },
  { name: 'strange requests', run: queries.strange, brief },
  { name: 'a mixture', run: mixture, ready },
  { name: 'another mixture', run: mixture, ready },
  // Last: no flow starts any more when it is full.
  { name: '140 MB for a worker that is not there', run: work.fullBroker, shortMs: 5000 },
];
