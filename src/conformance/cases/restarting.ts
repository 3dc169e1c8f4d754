/** A worker that begins after its commands, and one that is killed. */
import type { Bench } from '../bench.js';
import { type Case, failed, passed, skipped } from './case.js';

const OURS = 'needs a worker that the suite starts: verify-worker … -- <command>';
const STARTS_WITHIN = 6;
const KILLED_WITH = 300;

export const RESTARTING: readonly Case[] = [
  {
    name: 'first-reply',
    title: 'a command that was sent before the worker started is answered',
    meaning:
      'each new deployment with a new group misses the commands that are there: flows wait for their timeouts',
    remedy:
      'auto.offset.reset: earliest (Kafka begins at latest), and a group.id that stays the same',
    isFirst: true,
    async run(bench) {
      const flowId = bench.flow();
      const { process, patienceMs } = bench.options;
      await bench.send({ flowId, action: 'DO' });
      await process?.start();
      // A process starts, connects and joins its group first.
      const replies = await bench.until(flowId, 1, STARTS_WITHIN * patienceMs);
      if (replies.length > 0) return passed('answered');
      const next =
        process === null ? null : await bench.exchange({ flowId: bench.flow(), action: 'DO' });
      if (next !== null) return failed('only commands sent after it started are answered');
      return failed(
        'no reply came: is the worker running, and does it read the topics of this step, on these brokers?',
      );
    },
  },
  {
    name: 'killed',
    title: 'a worker that is killed and started again answers every command',
    meaning:
      'work is lost whenever a process dies: flows wait for their timeouts, and are retried or undone',
    remedy: "commit a command's offset only after its reply was acknowledged; no auto-commit",
    run: killed,
  },
];

async function killed(bench: Bench) {
  const { process, patienceMs } = bench.options;
  if (process === null) return skipped(OURS);
  const flows = Array.from({ length: KILLED_WITH }, () => bench.flow());
  await Promise.all(flows.map((flowId) => bench.send({ flowId, action: 'DO' })));
  // In the middle of them, if it is not faster than that.
  await Promise.race(flows.map((flowId) => bench.until(flowId, 1)));
  await process.kill();
  const before = flows.filter((flowId) => bench.repliesOf(flowId).length > 0).length;
  await process.start();
  const all = await Promise.all(
    flows.map((flowId) => bench.until(flowId, 1, STARTS_WITHIN * patienceMs)),
  );
  const lost = all.filter((replies) => replies.length === 0).length;
  const found = `killed after ${before} of ${KILLED_WITH}`;
  return lost === 0
    ? passed(`${found}; all answered`)
    : failed(`${found}; ${lost} were never answered`);
}
