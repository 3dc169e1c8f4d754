/** What happened to flows, as metrics count it: names of orchestrations, never of one flow. */
export type Observation =
  | { readonly kind: 'flowStarted'; readonly orchestration: string }
  | {
      /** It stopped doing and began to undo. */
      readonly kind: 'flowTurnedAround';
      readonly orchestration: string;
      /** false: an operator turned it around. */
      readonly byItself: boolean;
    }
  | {
      /** A step is done or undone, or out of retries. */
      readonly kind: 'stepDecided';
      readonly orchestration: string;
      readonly action: string;
      readonly outcome: 'done' | 'given_up';
      /** Of a DO. */
      readonly retries: number;
    }
  | {
      readonly kind: 'flowEnded';
      readonly orchestration: string;
      /** COMPLETED, UNDONE, FAILED or CANCELLED. */
      readonly status: string;
      /** From its start to this end. */
      readonly seconds: number;
    }
  | {
      readonly kind: 'commandSent';
      readonly orchestration: string;
      /** DO or UNDO. */
      readonly action: string;
      readonly retry: boolean;
    }
  | {
      readonly kind: 'attemptEnded';
      readonly orchestration: string;
      readonly action: string;
      readonly outcome: AttemptOutcome;
      /**
       * From the commit of its command to the commit of its answer; null = nothing answered, or it
       * answers an older attempt.
       */
      readonly seconds: number | null;
    };

/** `unknown`: it timed out, or its answer could not be read. */
export type AttemptOutcome = 'success' | 'failure' | 'unknown';

export type Observe = (observations: readonly Observation[]) => void;
