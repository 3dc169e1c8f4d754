/** What is written is sealed once every gateway that serves can open it; until then it is plain. */
import type { Sql } from '../connection/sql.js';
import type { KnownToAll } from '../schema/running-gateways.js';
import type { Sealer } from './sealer.js';

export interface Sealing {
  readonly sealer: Sealer;
  /** Whether every running gateway can open what is sealed. */
  readonly sealingKnown: KnownToAll;
}

export async function writingSealer({ sealer, sealingKnown }: Sealing, sql: Sql): Promise<Sealer> {
  return !sealer.seals || (await sealingKnown.look(sql)) ? sealer : sealer.plain();
}
