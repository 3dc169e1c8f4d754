/** GraphQL requests as its users send them: again, on another gateway, until one answers. */
import { wait } from './rig.mjs';

/** One answer of one gateway; throws when it gives none. */
export async function callOnce(gateway, query, variables) {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-actor': 'chaos' },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(20_000),
  });
  const answer = await response.json();
  if (!answer.data) throw new Error(JSON.stringify(answer));
  return answer.data;
}

/** Tries one gateway after the other; `onTrouble` gets each failure. */
export async function callGateway(gateways, query, variables, onTrouble = () => undefined) {
  for (let turn = Math.floor(Math.random() * gateways.length); ; turn++) {
    try {
      return await callOnce(gateways[turn % gateways.length], query, variables);
    } catch (error) {
      onTrouble(error);
      await wait(100);
    }
  }
}
