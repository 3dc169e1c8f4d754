/**
 * What was observed while a world ran; the invariants are checked on this and on what is stored in
 * the end.
 */
import type { OutboxRow } from '../../src/engine/ports.js';

export interface Violation {
  /** I1–I13, or another promise by name. */
  readonly invariant: string;
  readonly flowId: string | null;
  readonly what: string;
}

export class Observations {
  readonly violations: Violation[] = [];
  /** How often each outbox row was written, in the order of the first time: `flowId number`. */
  readonly written = new Map<string, number>();
  readonly neverWritten = new Set<string>();
  /** How often each record was admitted: `topic/partition/offset`. */
  readonly admitted = new Map<string, number>();
  readonly corrupted = new Set<Uint8Array>();
  /** Invariants checked. */
  checks = 0;

  violated(invariant: string, flowId: string | null, what: string): void {
    // One is enough to look at; a broken world breaks everything.
    if (this.violations.length < 50) this.violations.push({ invariant, flowId, what });
  }

  /** Notes a violation unless `what` is null. */
  check(invariant: string, flowId: string | null, what: string | null): void {
    this.checks++;
    if (what !== null) this.violated(invariant, flowId, what);
  }

  /** True: for the first time. */
  wrote(row: OutboxRow): boolean {
    count(this.written, keyOf(row));
    return this.written.get(keyOf(row)) === 1;
  }
  never(row: OutboxRow): void {
    this.neverWritten.add(keyOf(row));
  }
  admits(places: readonly string[]): void {
    for (const place of places) count(this.admitted, place);
  }
}

export function keyOf({
  flowId,
  number,
}: {
  readonly flowId: string;
  readonly number: number;
}): string {
  return `${flowId} ${number}`;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
