/** One load on one system: what it took, what it left behind, and whether every result is right. */
import { once } from 'node:events';
import { usageOf } from './around.mjs';
import { LIMIT } from './limits.mjs';
import { figuresOf } from './spans.mjs';
import { addedPerFlow, statusesOf, storageOf } from './storage.mjs';

const isOfLimit = (table) => table.startsWith(`${LIMIT}_`);

/**
 * `around`: {services, database, orchestration}; `load`: {count, inFlight, fail, start}. Throws
 * when a flow or a command is missing or too many.
 */
export async function measure({ system, worker, around }, load) {
  const { database, orchestration } = around;
  const isOurs = system.name !== 'echo' && system.name !== 'limit';
  const statuses = isOurs ? await statusesOf(database, orchestration) : null;
  const stored = await storageOf(database);
  const before = usages(system, worker, around);
  const { ms, spans } = await system.run(load);
  const after = usages(system, worker, around);
  const redelivered = await checkWorker(worker, load);
  if (isOurs) await checkStored(around, statuses, load);
  const per = (name) => ((after[name].cpu - before[name].cpu) / load.count) * 1000;
  const mine = isOurs ? (table) => !isOfLimit(table) : isOfLimit;
  return {
    perSecond: (load.count / ms) * 1000,
    ...figuresOf(spans),
    cpu: Object.fromEntries(Object.keys(after).map((name) => [name, per(name)])),
    memory: after.own.memory,
    redelivered,
    ...addedPerFlow(stored, await storageOf(database), { count: load.count, mine }),
  };
}

function usages(system, worker, { services }) {
  const driver = process.cpuUsage();
  return {
    own: system.usage(),
    worker: usageOf(worker.pid),
    ...services.usage(),
    // For the limits that is nearly nothing: they start their flows themselves.
    driver: { cpu: (driver.user + driver.system) / 1e6, memory: 0 },
  };
}

/** Of the servers and the worker; what drives them is counted apart. */
export const serversOf = ({ driver: _, ...cpu }) =>
  Object.values(cpu).reduce((sum, one) => sum + one, 0);

async function checkWorker(worker, { fail, count }) {
  worker.send({ check: { fail, count } });
  const [{ checked }] = await once(worker, 'message');
  if (checked.missing !== 0 || checked.wrong > 0)
    throw new Error(`the worker did not execute what it should: ${JSON.stringify(checked)}`);
  return checked.redelivered;
}

async function checkStored({ database, orchestration }, before, { fail, count }) {
  const expected = new Map(before);
  const status = fail ? 'UNDONE' : 'COMPLETED';
  expected.set(status, (before.get(status) ?? 0) + count);
  const stored = await statusesOf(database, orchestration);
  const text = (statuses) => JSON.stringify([...statuses].sort());
  if (text(stored) !== text(expected))
    throw new Error(`stored are ${text(stored)}; ${text(expected)} were expected`);
}
