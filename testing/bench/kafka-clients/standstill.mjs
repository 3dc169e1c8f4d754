/**
 * How long replies stand still when one of two gateways is killed: a flow every 50 ms through the
 * one that stays, and the longest time from a start to its end around each kill.
 */
import { spawnGateway } from '../around.mjs';
import { followEnds } from '../ends.mjs';
import { graphqlClient } from '../starts.mjs';

const EVERY_MS = 50;
const BEFORE_MS = 3000;
const AFTER_MS = 15_000;
const EXECUTE =
  'mutation { execute(input: { orchestrationName: "bench", payload: {} }) { flow { flowId } problems { code } } }';

/** Milliseconds, one for each kill. */
export async function standstill({ services, build, kills }) {
  const times = [];
  const stays = await spawnGateway(services, build);
  const client = graphqlClient([stays.url]);
  const ends = await followEnds(services.brokers);
  /** The time from its start to its end, ms. */
  const flow = async () => {
    const began = performance.now();
    const answer = await client.send(EXECUTE, {});
    const flowId = answer.data?.execute?.flow?.flowId;
    if (flowId === undefined) throw new Error(JSON.stringify(answer));
    await ends.of(flowId);
    return performance.now() - began;
  };
  try {
    for (let kill = 0; kill < kills; kill++) {
      const other = await spawnGateway(services, build);
      times.push(await longestAround(flow, () => other.child.kill('SIGKILL')));
    }
  } finally {
    client.close();
    await ends.close();
    stays.child.kill('SIGTERM');
  }
  return times;
}

async function longestAround(flow, kill) {
  const flows = [];
  let killed = false;
  const from = performance.now();
  while (performance.now() - from < BEFORE_MS + AFTER_MS) {
    if (!killed && performance.now() - from > BEFORE_MS) {
      killed = true;
      kill();
    }
    flows.push(flow());
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  return Math.max(...(await Promise.all(flows)));
}
