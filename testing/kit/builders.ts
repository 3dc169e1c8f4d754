/**
 * Short builders of orchestrations and workers' answers. They do not know which rig runs them.
 * In: names and settings. Out: an Orchestration as the saga keeps it, an Answer.
 * Defaults differ from the product's where a test wants them to: no retries, no backoff.
 */
import type {
  Backoff,
  Orchestration,
  OrchestrationType,
  StepDefinition,
  UndoPolicy,
} from '../../src/saga/orchestration.js';
import { millisecondsIn } from '../../src/timing/duration.js';

/** `500ms`, `30s`, `5m`, `2h`, or milliseconds. */
export type Duration = string | number;

export function ms(duration: Duration): number {
  const found = millisecondsIn(String(duration));
  if (Number.isNaN(found)) throw new Error(`${duration} is no duration; write 500ms, 30s or 2h`);
  return found;
}

const AT_ONCE: Backoff = { initialMs: 0, factor: 2, maxMs: 30_000, jitter: 'none' };

export function stepDefinition(
  seq: number,
  name: string,
  changes: Partial<StepDefinition> = {},
): StepDefinition {
  return {
    seq,
    name,
    objectType: null,
    maxRetries: 0,
    undoMaxRetries: 0,
    timeoutMs: 300_000,
    undoTimeoutMs: 300_000,
    backoff: AT_ONCE,
    undoBackoff: AT_ONCE,
    nonRetryableErrors: [],
    undo: 'required',
    payloadSchema: null,
    doMethod: null,
    undoMethod: null,
    handlerClass: null,
    handlerMethod: null,
    undoHandlerMethod: null,
    ...changes,
  };
}

/** Builds an orchestration; every method returns a new one. */
export class Recipe {
  constructor(readonly orchestration: Orchestration) {}

  /** For DO, and for UNDO unless `undoRetries` is called afterwards. */
  retries(maxRetries: number): Recipe {
    return this.each({ maxRetries, undoMaxRetries: maxRetries });
  }
  undoRetries(undoMaxRetries: number): Recipe {
    return this.each({ undoMaxRetries });
  }
  timeout(duration: Duration): Recipe {
    return this.each({ timeoutMs: ms(duration), undoTimeoutMs: ms(duration) });
  }
  undoTimeout(duration: Duration): Recipe {
    return this.each({ undoTimeoutMs: ms(duration) });
  }
  backoff(
    initial: Duration,
    more: { factor?: number; max?: Duration; jitter?: 'none' | 'full' } = {},
  ): Recipe {
    const backoff = backoffOf(initial, more);
    return this.each({ backoff, undoBackoff: backoff });
  }
  undoBackoff(
    initial: Duration,
    more: { factor?: number; max?: Duration; jitter?: 'none' | 'full' } = {},
  ): Recipe {
    return this.each({ undoBackoff: backoffOf(initial, more) });
  }
  nonRetryable(...nonRetryableErrors: string[]): Recipe {
    return this.each({ nonRetryableErrors });
  }
  undo(undo: UndoPolicy): Recipe {
    return this.each({ undo });
  }
  /** Settings of one step only. */
  step(name: string, settings: Partial<Omit<StepDefinition, 'seq' | 'name'>>): Recipe {
    const steps = this.orchestration.steps.map((step) =>
      step.name === name ? { ...step, ...settings } : step,
    );
    return this.whole({ steps });
  }
  /** `onRetriesExhausted: hold`. */
  hold(): Recipe {
    return this.whole({ onRetriesExhausted: 'hold' });
  }
  /** `onUndoExhausted: continue`. */
  continues(): Recipe {
    return this.whole({ onUndoExhausted: 'continue' });
  }
  deadline(duration: Duration): Recipe {
    return this.whole({ deadlineMs: ms(duration) });
  }

  /** Paths of what not everybody may see. */
  sensitive(...sensitive: string[]): Recipe {
    return this.whole({ sensitive });
  }

  private each(settings: Partial<StepDefinition>): Recipe {
    return this.whole({
      steps: this.orchestration.steps.map((step) => ({ ...step, ...settings })),
    });
  }
  private whole(settings: Partial<Orchestration>): Recipe {
    return new Recipe({ ...this.orchestration, ...settings });
  }
}

function backoffOf(
  initial: Duration,
  more: { factor?: number; max?: Duration; jitter?: 'none' | 'full' },
): Backoff {
  return {
    initialMs: ms(initial),
    factor: more.factor ?? 2,
    maxMs: ms(more.max ?? '30s'),
    jitter: more.jitter ?? 'none',
  };
}

function recipe(type: OrchestrationType, name: string, steps: readonly string[]): Recipe {
  return new Recipe({
    name,
    version: 1,
    type,
    steps: steps.map((step, index) => stepDefinition(index + 1, step)),
    deadlineMs: null,
    onRetriesExhausted: 'undo',
    onUndoExhausted: 'stop',
    description: null,
    labels: {},
  });
}

export function sequential(name: string, ...steps: string[]): Recipe {
  return recipe('SEQUENTIAL', name, steps);
}
export function parallel(name: string, ...steps: string[]): Recipe {
  return recipe('PARALLEL', name, steps);
}

/**
 * A worker's answer to a command. `action` undefined = the command's own; `echoes` = it sends the
 * attemptId back.
 */
export interface Answer {
  readonly outcome: 'success' | 'failure' | 'unknown';
  readonly action: 'DO' | 'UNDO' | 'FAIL_STEP' | null | undefined;
  readonly payload: unknown;
  readonly errorMessage: string | null;
  readonly errorCode: string | null;
  readonly retryable: boolean;
  readonly echoes: boolean;
  /** Beyond the protocol's. */
  readonly headers?: Readonly<Record<string, unknown>>;
}

export const ok: Answer = {
  outcome: 'success',
  action: undefined,
  payload: undefined,
  errorMessage: null,
  errorCode: null,
  retryable: true,
  echoes: true,
};
export function okWith(payload: unknown): Answer {
  return { ...ok, payload };
}
/** A success that adds these headers. */
export function okAdding(headers: Readonly<Record<string, unknown>>): Answer {
  return { ...ok, headers };
}
export function failed(errorMessage: string, errorCode: string | null = null): Answer {
  return { ...ok, outcome: 'failure', errorMessage, errorCode };
}
/** `retryable: false`. */
export function failedFinal(errorMessage: string): Answer {
  return { ...failed(errorMessage), retryable: false };
}
/** The action FAIL_STEP, as the Java library reports every exception. */
export function failStep(errorMessage: string, errorCode: string | null = null): Answer {
  return { ...failed(errorMessage, errorCode), action: 'FAIL_STEP' };
}
/** An unreadable status, or a success that cannot be accepted: it may have happened. */
export const unreadable: Answer = {
  ...ok,
  outcome: 'unknown',
  errorMessage: 'headers.status is missing',
  errorCode: 'STATUS_UNREADABLE',
};
/** The same, from a worker that sends no attemptId back. */
export function echoless(answer: Answer): Answer {
  return { ...answer, echoes: false };
}
/** The same under another action; null = none is sent. */
export function as(action: Answer['action'], answer: Answer): Answer {
  return { ...answer, action };
}
