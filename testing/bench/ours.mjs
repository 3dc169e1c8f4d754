/** The gateway under load: the built one, in its own process. */
import { join } from 'node:path';
import { ROOT } from '../steps.mjs';
import { spawnGateway, usageOf } from './around.mjs';
import { endChild } from './children.mjs';
import { followEnds, watchEnds } from './ends.mjs';
import { inFlight as paced } from './pace.mjs';
import { graphqlClient, openStarts } from './starts.mjs';

const REGISTER =
  'mutation($document: String!) { registerOrchestration(input: {document: $document}) { problems { message } } }';

async function register(client, orchestration, steps) {
  const document = {
    orchestrationName: orchestration,
    as: 'initiator',
    type: 'sequential',
    maxRetries: 2,
    backoff: { initial: 0 },
    steps: steps.map((name, index) => ({ seq: index + 1, name })),
  };
  const registered = await client.send(REGISTER, { document: JSON.stringify(document) });
  if (registered.errors || registered.data.registerOrchestration.problems.length > 0)
    throw new Error(JSON.stringify(registered));
}

/**
 * `orchestration`: a name, or a list of names that take turns. `dist` = the build to run; `flags`
 * of its Node, `env` its settings, `gateways` = so many processes.
 */
export async function startGateway(
  services,
  orchestration,
  steps,
  { name = 'backstep', dist = join(ROOT, 'dist'), flags = [], env = {}, gateways = 1 } = {},
) {
  const started = [];
  for (let one = 0; one < gateways; one++)
    started.push(await spawnGateway(services, { dist, flags, env }));
  const client = graphqlClient(started.map(({ url }) => url));
  const names = [orchestration].flat();
  for (const one of names) await register(client, one, steps);
  const byTopic = await followEnds(services.brokers);
  const starts = await openStarts({ client, brokers: services.brokers, names });
  const [{ url, inspector }] = started;
  return {
    name,
    url,
    inspector,
    usage: () => sumOf(started.map(({ child }) => usageOf(child.pid))),
    send: client.send,
    /**
     * `count` flows with `inFlight` of them at a time; resolves with the time of all, ms, and with
     * [began, ended] of each: until its initiator knows the end.
     */
    async run({ count, inFlight, fail, payload = {}, start = 'execute' }) {
      const ends = inFlight === 1 ? await watchEnds(url) : byTopic;
      const { group, begin } = starts.ways[start];
      const expected = fail ? 'UNDONE' : 'COMPLETED';
      const ended = async (started) => {
        const flowId = await started;
        const status = await ends.of(flowId);
        if (status !== expected) throw new Error(`${flowId} ended ${status}, not ${expected}`);
      };
      const begun = async (size) => (await begin(size, { ...payload, fail })).map(ended);
      const from = performance.now();
      try {
        const spans = await paced({ count, most: inFlight, group, begin: begun });
        return { ms: performance.now() - from, spans };
      } finally {
        if (ends !== byTopic) await ends.close();
      }
    },
    async close() {
      client.close();
      await starts.close();
      await byTopic.close();
      await Promise.all(started.map(({ child }) => endChild(child)));
    },
  };
}

function sumOf(usages) {
  const sum = (field) => usages.reduce((total, one) => total + one[field], 0);
  return { cpu: sum('cpu'), memory: sum('memory') };
}
