/**
 * One piece of work of a flow, which is over. Ids as in W3C Trace Context; times in ms since
 * the epoch.
 */
export interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  /** null: the trace starts with this span. */
  readonly parent: { readonly spanId: string; readonly sampled: boolean | null } | null;
  readonly name: string;
  readonly kind: 'server' | 'internal' | 'producer' | 'consumer';
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Why it failed, as a code; null: it did not. */
  readonly error: string | null;
}

export type Trace = (spans: readonly SpanRecord[]) => void;

/** As in OTEL_TRACES_SAMPLER. */
export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof SAMPLERS)[number];
