/** What resolvers and routes get with each request. Only the engine is shared between requests. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Registration, StepTopics } from '../engine/ports.js';
import type { EngineService } from '../engine/service.js';
import { LIMITS } from '../limits/limits.js';
import type { Log } from '../observability/log.js';
import type { LogLevels } from '../observability/log-levels.js';
import type { AnswerBytes } from './answer-bytes.js';
import { engineFor } from './auth/guarded-engine.js';
import type { Principal } from './auth/principal.js';
import { maskedEngine } from './masked-engine.js';
import { withoutNames } from './nameless-engine.js';
import type { OpenFlows } from './open-flows.js';
import { BadInput } from './problems.js';
import type { FairShares, Rate, Refusals } from './quotas.js';
import type { Turns } from './turns.js';
import type { Workers } from './workers.js';

export interface Logging {
  readonly instance: string;
  readonly levels: LogLevels;
}

export interface Shell {
  readonly engine: EngineService;
  readonly readRegistration: (
    text: string,
    options: { readonly serviceName: string | null },
  ) => Registration | Promise<Registration>;
  readonly stepTopics: StepTopics;
  /** Bytes of UTF-8 JSON. */
  readonly payloadLimit: number;
  readonly log: Log;
  /** What this instance logs, and its name among the others; absent = it cannot be changed. */
  readonly logging?: Logging | undefined;
  /** Whether problems may name orchestrations that are near; absent = yes. */
  readonly suggestsNames?: boolean | undefined;
  /** Whether this caller sees what definitions call sensitive; absent = everybody does. */
  readonly mayReadPayloads?: ((principal: Principal) => boolean) | undefined;
  /** What all answers together may hold; absent = no bound in all. */
  readonly answers?: AnswerBytes | undefined;
  /** For what takes a while; absent = it is done at once. */
  readonly turns?: Turns | undefined;
  /** For workers that use GraphQL or REST; absent = there are none. */
  readonly workers?: Workers | undefined;
  /** How many flows each caller starts; absent = any number. */
  readonly rate?: Rate | undefined;
  /** How many open flows each caller has; absent = any number. */
  readonly openFlows?: OpenFlows | undefined;
  /** How starts of several callers are served; absent = as they come. */
  readonly fair?: FairShares | undefined;
}

/** Of a gateway that serves: with bounds over all requests. */
export interface ServingShell extends Shell {
  readonly turns: Turns;
  readonly refusals: Refusals;
}

export interface RequestContext {
  readonly shell: Shell;
  /** Who calls. */
  readonly principal: Principal;
  /** Who is stored with an action: of the principal. */
  readonly actor: string;
  /** Network address of the caller; null = not known. */
  readonly address: string | null;
  /** Header X-Request-Id, or made; in the answer's header and in log lines. */
  readonly requestId: string;
  /**
   * Header traceparent (W3C Trace Context) of the request: flows that it starts continue this
   * trace.
   */
  readonly traceparent?: string | undefined;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
  readonly budget: Budget;
  /**
   * Something of it was refused that can be done in a second; absent: there is no header for that.
   */
  readonly tryAgain?: () => void;
}

/**
 * The shell as this caller may use it: what is outside of its scopes is not there, and sensitive
 * parts of payloads are for those with the right to them.
 */
export function shellFor(shell: Shell, principal: Principal): Shell {
  const guarded = engineFor(shell.engine, principal);
  const named = shell.suggestsNames === false ? withoutNames(guarded) : guarded;
  const engine = shell.mayReadPayloads?.(principal) === false ? maskedEngine(named) : named;
  return engine === shell.engine ? shell : { ...shell, engine };
}

const MOST_READS = LIMITS.readsPerRequest.value;
const MOST_ROWS = LIMITS.rowsPerRequest.value;

/**
 * What one request may make the database read: depth and cost rules see a document, not its
 * variables.
 */
export class Budget {
  private reads = 0;
  private rows = 0;
  private bytes = 0;
  private released = false;

  constructor(private readonly shell: Pick<Shell, 'answers' | 'payloadLimit'>) {}

  /** Throws when the request needs too much. */
  spend(rows: number): void {
    this.reads += 1;
    this.rows += rows;
    if (this.reads <= MOST_READS && this.rows <= MOST_ROWS) return;
    throw new BadInput(
      `this request needs too much at once (over ${MOST_READS} lists or ${MOST_ROWS} rows): lower first, or split it into several requests`,
    );
  }

  /**
   * Takes payloads before they are read; rejects when the answer would be too large, or others are.
   */
  async take(bytes: number): Promise<void> {
    const most = Math.max(LIMITS.answerBytes.value, 2 * this.shell.payloadLimit);
    if (this.bytes + bytes > most)
      throw new BadInput(
        `the payloads of this answer have over ${most} bytes (${this.bytes + bytes}): request fewer flows, or leave out input and output`,
        'ANSWER_TOO_LARGE',
      );
    this.bytes += bytes;
    await this.shell.answers?.take(bytes);
    if (this.released) this.shell.answers?.give(bytes);
  }

  /** The answer has been sent, or will not be. */
  release(): void {
    if (!this.released) this.shell.answers?.give(this.bytes);
    this.released = true;
  }
}

/**
 * Aborts when the caller disconnects before the answer has been sent. (The framework's own signal
 * aborts once a GET has been read.)
 */
export function hangUpOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,100}$/;

export function requestIdOf(header: unknown): string {
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : randomUUID();
}
