/**
 * Payloads are rewritten with the current key, in small batches: after a new key, and after
 * encryption was switched on or off.
 */
import { doneRow, GATEWAY } from '../audit/audit-rows.js';
import { type AuditRow, type Caller, NO_OBJECT, type Store } from '../ports.js';

/** What is wanted, and what became of it. */
export interface ReencryptRequest {
  /** How many flows and quarantined records at most. */
  readonly first: number;
  /** endCursor of the call before. */
  readonly after: string | null;
  readonly actor: string;
  readonly reason: string;
}
export interface ReencryptResult {
  readonly examined: number;
  readonly rewritten: number;
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

/** Flows of one transaction. */
const AT_ONCE = 10;

export class Reencryption {
  constructor(
    private readonly store: Pick<Store, 'reencrypt'>,
    private readonly audit: (row: AuditRow) => Promise<void>,
  ) {}

  /** What was written stays written when it stops in between: endCursor goes on. */
  async run(
    { first, after, actor, reason }: ReencryptRequest,
    { signal, by }: { readonly signal?: AbortSignal; readonly by?: Caller } = {},
  ): Promise<ReencryptResult> {
    let examined = 0;
    let rewritten = 0;
    let endCursor = after;
    let hasNextPage = true;
    while (hasNextPage && examined < first && signal?.aborted !== true) {
      const done = await this.store.reencrypt(endCursor, Math.min(AT_ONCE, first - examined));
      examined += done.examined;
      rewritten += done.rewritten;
      hasNextPage = done.next !== null;
      endCursor = done.next ?? endCursor;
    }
    const wanted = { ...(by ?? { ...GATEWAY, actor, proven: false }), ...NO_OBJECT, reason };
    await this.audit(
      doneRow(
        { ...wanted, action: 'reencryptPayloads' },
        { after: JSON.stringify({ examined, rewritten }) },
      ),
    );
    return { examined, rewritten, hasNextPage, endCursor };
  }
}
