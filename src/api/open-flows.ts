/**
 * How many open flows each caller may have. Knows: keys of callers, time. Refuses to know: where
 * flows are counted. In: a start. Out: what it answers, or why it has to wait.
 */
import { createHash } from 'node:crypto';
import type { CountedStart } from '../engine/ports.js';
import { problem } from '../engine/problem.js';
import type { ExecuteResult } from '../engine/service.js';
import type { StartRequest } from '../saga/input.js';
import { Callers } from './callers.js';
import { TOO_MANY_OPEN_FLOWS } from './problems.js';

interface Caller {
  /** In the database, when they were counted last. */
  open: number;
  /** Started here since then. */
  started: number;
  /** On their way. */
  pending: number;
  /** When they were counted, ms. */
  at: number;
  counting: Promise<void> | null;
}

const SECOND_MS = 1000;

/**
 * The database counts for all gateways, at most once a second for each caller; starts of this
 * gateway are added in between, so that here the bound is exact. Never too low: a start that is
 * counted twice, there and here, is so until the next count.
 */
export class OpenFlows {
  private readonly callers: Callers<Caller>;

  constructor(
    private readonly most: number,
    /** Up to `cap` + 1. */
    private readonly count: (startedBy: string, cap: number) => Promise<number>,
    private readonly refused: () => void = () => undefined,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.callers = new Callers(now);
  }

  async start(
    key: string,
    request: StartRequest,
    work: (counted: CountedStart) => Promise<ExecuteResult>,
  ): Promise<ExecuteResult> {
    const startedBy = starterOf(key);
    const caller = await this.counted(startedBy);
    const open = caller.open + caller.started + caller.pending;
    if (open >= this.most)
      return this.beyond(open, request, (refused) => work({ startedBy, refused }));
    caller.pending++;
    try {
      const result = await work({ startedBy, refused: null });
      if (result.created) caller.started++;
      return result;
    } finally {
      caller.pending--;
    }
  }

  isWorthNoting(key: string): boolean {
    return this.callers.isWorthNoting(starterOf(key));
  }

  /** A start with a key may exist already, and is no new flow then: the engine finds out. */
  private async beyond(
    open: number,
    { idempotencyKey, flowId }: StartRequest,
    work: (refused: CountedStart['refused']) => Promise<ExecuteResult>,
  ): Promise<ExecuteResult> {
    const has = open > this.most ? `over ${this.most}` : `${open}`;
    const message = `this caller has ${has} open flows, and may have ${this.most}; wait until some have ended, or cancel some, or raise OPEN_FLOWS_PER_CALLER`;
    const mayExist = idempotencyKey !== null || flowId !== null;
    const result: ExecuteResult = mayExist
      ? await work({ code: TOO_MANY_OPEN_FLOWS, message })
      : { flow: null, created: false, problems: [problem(TOO_MANY_OPEN_FLOWS, message)] };
    if (result.problems.some(({ code }) => code === TOO_MANY_OPEN_FLOWS)) this.refused();
    return result;
  }

  private async counted(startedBy: string): Promise<Caller> {
    const caller = this.callers.seen(startedBy, unknown);
    if (caller.counting === null && this.now() - caller.at >= SECOND_MS)
      caller.counting = this.countAgain(startedBy, caller);
    await caller.counting;
    return caller;
  }

  private async countAgain(startedBy: string, caller: Caller): Promise<void> {
    // What has been started by now is in the database; later ones may be or not.
    const { started } = caller;
    try {
      caller.open = await this.count(startedBy, this.most);
      caller.started -= started;
      caller.at = this.now();
    } finally {
      caller.counting = null;
    }
  }
}

function unknown(): Caller {
  return { open: 0, started: 0, pending: 0, at: Number.NEGATIVE_INFINITY, counting: null };
}

const STORABLE = /^[\x20-\x7e]{1,300}$/;

/** As it is stored, in an index: what may be too long for that is stored as its hash. */
function starterOf(key: string): string {
  return STORABLE.test(key) ? key : `sha256 ${createHash('sha256').update(key).digest('hex')}`;
}
