/**
 * Outbox rows that the broker has acknowledged. They are deleted with the next commit, or by a
 * timer when there is none.
 */

export interface SentRow {
  readonly flowId: string;
  readonly number: number;
}

/** By flow, then by number. */
export function inOrder(one: SentRow, other: SentRow): number {
  if (one.flowId === other.flowId) return one.number - other.number;
  return one.flowId < other.flowId ? -1 : 1;
}

const key = ({ flowId, number }: SentRow): string => `${flowId} ${number}`;

export class Sent {
  private readonly rows = new Map<string, SentRow>();

  get size(): number {
    return this.rows.size;
  }

  add(rows: readonly SentRow[]): void {
    for (const { flowId, number } of rows)
      this.rows.set(key({ flowId, number }), { flowId, number });
  }

  /**
   * Also true after `snapshot`, until `forget`, which is called when the transaction that deletes
   * the row has committed.
   */
  has(flowId: string, number: number): boolean {
    return this.rows.has(key({ flowId, number }));
  }

  /**
   * Up to `most` rows, in the order of the key, so that two instances that delete the same rows do
   * not deadlock.
   */
  snapshot(most: number): SentRow[] {
    const rows: SentRow[] = [];
    for (const row of this.rows.values()) {
      if (rows.length >= most) break;
      rows.push(row);
    }
    return rows.sort(inOrder);
  }

  forget(rows: readonly SentRow[]): void {
    for (const row of rows) this.rows.delete(key(row));
  }
}
