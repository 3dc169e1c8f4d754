/**
 * Pausing, resuming and archiving an orchestration: whether it accepts new flows and sends DO
 * commands (rules.md#paused-orchestration).
 */
import { isWithin, type Within } from '../../names/patterns.js';
import type { Log } from '../../observability/log.js';
import { doneRow, GATEWAY } from '../audit/audit-rows.js';
import {
  type AuditRow,
  type Caller,
  NO_OBJECT,
  type RegistrationRow,
  type RegistryTransaction,
  type Standing,
  type Store,
} from '../ports.js';
import { problem, unknownOrchestration } from '../problem.js';
import type { OrchestrationRequest, OrchestrationResult } from '../service.js';

export type OrchestrationVerb = OrchestrationRequest['verb'];

export class Standings {
  constructor(
    private readonly store: Pick<Store, 'registry' | 'similarNames'>,
    private readonly log: Log,
    /** Called after RESUME: the flows of the orchestration are due now. */
    private readonly resumed: () => void = () => undefined,
  ) {}

  async apply(
    request: OrchestrationRequest,
    by?: Caller,
    within?: Within,
  ): Promise<OrchestrationResult> {
    const { name, verb } = request;
    const result = await this.store.registry(async (tx) => {
      await tx.lockRegistry();
      const row = (await tx.current([name])).get(name);
      return row === undefined || !isWithin(name, within) ? null : changed(tx, row, request, by);
    });
    if (result === null)
      return {
        row: null,
        problems: [await unknownOrchestration(this.store, name, 'name', { within })],
      };
    if (result.problems.length > 0) return result;
    this.log.info({ ...request }, 'an operator changed what an orchestration takes');
    if (verb === 'RESUME') this.resumed();
    return result;
  }
}

async function changed(
  tx: RegistryTransaction,
  row: RegistrationRow,
  request: OrchestrationRequest,
  by: Caller | undefined,
): Promise<OrchestrationResult> {
  const refusal = whyNot(row, request.verb);
  if (refusal !== null) {
    return { row, problems: [problem('NOT_ALLOWED', refusal)] };
  }
  const standing = after(row, request, await tx.now());
  await tx.saveStanding(request.name, standing, row.paused && !standing.paused);
  await tx.audit([auditOf(request, by, row, standing)]);
  return { row: { ...row, ...standing }, problems: [] };
}

const ACTIONS: Readonly<Record<OrchestrationVerb, string>> = {
  PAUSE: 'pauseOrchestration',
  RESUME: 'resumeOrchestration',
  ARCHIVE: 'archiveOrchestration',
};

function auditOf(
  { name: orchestrationName, verb, actor, reason }: OrchestrationRequest,
  by: Caller | undefined,
  before: Standing,
  after: Standing,
): AuditRow {
  const caller = by ?? { ...GATEWAY, actor, proven: false };
  const facts = ({ paused, archived, pausedBy }: Standing): string =>
    JSON.stringify({ paused, archived, ...(paused && { queuesStarts: pausedBy?.queuesStarts }) });
  return doneRow(
    { ...caller, ...NO_OBJECT, orchestrationName, action: ACTIONS[verb], reason },
    { before: facts(before), after: facts(after) },
  );
}

function after(row: Standing, request: OrchestrationRequest, at: number): Standing {
  const { paused, archived, pausedBy, archivedBy } = row;
  const by = { actor: request.actor, reason: request.reason, at };
  switch (request.verb) {
    case 'PAUSE':
      return {
        paused: true,
        archived,
        pausedBy: { ...by, queuesStarts: request.queuesStarts },
        archivedBy,
      };
    case 'RESUME':
      return { paused: false, archived: false, pausedBy: null, archivedBy: null };
    case 'ARCHIVE':
      return { paused, archived: true, pausedBy, archivedBy: by };
  }
}

/** Why this action is not possible now; null = it is. */
export function whyNot(row: Standing, verb: OrchestrationVerb): string | null {
  if (verb === 'PAUSE' && row.paused)
    return `the orchestration is paused already${byWhom(row.pausedBy)}`;
  if (verb === 'ARCHIVE' && row.archived)
    return `the orchestration is archived already${byWhom(row.archivedBy)}`;
  if (verb === 'RESUME' && !row.paused && !row.archived)
    return 'the orchestration is neither paused nor archived';
  return null;
}

function byWhom(by: { readonly actor: string; readonly reason: string } | null): string {
  return by === null ? '' : `, by ${by.actor}: ${by.reason}`;
}
