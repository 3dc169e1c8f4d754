/**
 * When work that meets fault after fault is to blame for them. A database that is away, busy or waits for somebody's lock fails whatever it is
 * given: that is waited out, however long it takes. Work is refused only when faults of a kind that work can cause come back for it alone, and
 * it is large, or the database takes other writes at once in between.
 */
import { type Delivery, Fault, type Store } from '../ports.js';
import { weightOf } from './weights.js';

/** Faults of the same work, the store answering in between, after which it is split; after which it is refused when alone. */
const TO_SPLIT = 2;
const TO_REFUSE = 6;
/** Small work has to fail so many times more, each time after the database took another write. */
const PROBES_TO_REFUSE = 3;
/** A write that takes longer shows that the database is slow, not the work. */
const PROMPT_MS = 1000;
const LARGE_BYTES = 64 * 1024;
/** Waiting for a lock, a deadlock, too few connections, a full disk: none of it is caused by the work itself. */
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
  /** Those in a row before which the database took another write at once. */
  readonly probed: number;
}

export const UNSUSPECTED: Suspicion = { faults: 0, own: 0, probed: 0 };
/** Of a part of work that was split for its faults: it is split again at its first one. */
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

/** Before small work that stands alone is tried once more: whether the database takes another write meanwhile. */
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
