/**
 * Decides when repeated faults are caused by the work itself. A database that is away, busy or
 * waiting for a lock fails for any work: then the road waits, however long it takes. Work is
 * refused only when faults of a kind that work can cause return for it alone, and it is large, or
 * the database accepts other writes promptly in between.
 */
import { type Delivery, Fault, type Store } from '../ports.js';
import { weightOf } from './weights.js';

/**
 * After so many faults of the same work, with the store answering in between, a batch is split, and
 * a single delivery refused.
 */
const TO_SPLIT = 2;
const TO_REFUSE = 6;
/**
 * Small work has to fail this many times more, each time after the database accepted another write.
 */
const PROBES_TO_REFUSE = 3;
/** A write that takes longer shows that the database is slow, not the work. */
const PROMPT_MS = 1000;
const LARGE_BYTES = 64 * 1024;
/**
 * Fault codes that the work itself can cause. Others (a lock, a deadlock, too few connections, a
 * full disk) it does not cause.
 */
const OWN_FAULTS: ReadonlySet<string> = new Set([
  'DATABASE_AWAY',
  'DATABASE_SLOW',
  'DATABASE_MEMORY',
]);

export interface Suspicion {
  /** Faults of any kind so far: they make the waits longer. */
  readonly faults: number;
  /** Faults the work may have caused. */
  readonly own: number;
  /** Those in a row before which the database promptly accepted another write. */
  readonly probed: number;
}

export const UNSUSPECTED: Suspicion = { faults: 0, own: 0, probed: 0 };
/**
 * For a part of a batch that was split because of its faults: it is split again at its next fault.
 */
export const SPLIT: Suspicion = { faults: 1, own: 1, probed: 0 };

export type Verdict = 'again' | 'split' | 'refuse';

export function afterFault({ faults, own, probed }: Suspicion, fault: Fault): Suspicion {
  return OWN_FAULTS.has(fault.code)
    ? { faults: faults + 1, own: own + 1, probed }
    : { faults: faults + 1, own, probed: 0 };
}

export function verdictOn(
  batch: readonly Delivery[],
  { own, probed }: Suspicion,
  fault: Fault,
): Verdict {
  const [only, ...others] = batch;
  if (only === undefined || !OWN_FAULTS.has(fault.code)) return 'again';
  if (others.length > 0) return own >= TO_SPLIT ? 'split' : 'again';
  if (own < TO_REFUSE) return 'again';
  return weightOf(only) >= LARGE_BYTES || probed >= PROBES_TO_REFUSE ? 'refuse' : 'again';
}

/**
 * Before a small delivery is tried alone once more: checks whether the database accepts another
 * write.
 */
export async function probe(
  suspicion: Suspicion,
  batch: readonly Delivery[],
  store: Pick<Store, 'probe'>,
): Promise<Suspicion> {
  if (batch.length > 1 || suspicion.own < TO_REFUSE) return suspicion;
  const began = performance.now();
  try {
    await store.probe();
  } catch (error) {
    if (error instanceof Fault) return { ...suspicion, probed: 0 };
    throw error;
  }
  const prompt = performance.now() - began < PROMPT_MS;
  return { ...suspicion, probed: prompt ? suspicion.probed + 1 : 0 };
}
