/**
 * Flows and events without what their definition calls sensitive: for readers without the right to
 * payloads, and for the log. The flow itself keeps everything; what workers get is never masked.
 */
import { maskFields, maskText, readSensitivePath, type SensitivePath } from '../../json/mask.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Flow, Payload } from '../../saga/flow.js';
import type { Orchestration } from '../../saga/orchestration.js';

interface Sensitive {
  readonly payload: readonly SensitivePath[];
  readonly headers: readonly SensitivePath[];
  /**
   * Of the output of a parallel flow, which has the payload of each step under the name of the
   * step.
   */
  readonly output: readonly SensitivePath[];
}

const NOTHING: Sensitive = { payload: [], headers: [], output: [] };
/** Read once for each version: it never changes. */
const READ = new WeakMap<readonly string[], Sensitive>();

/** What is declared, as paths. */
export function sensitiveIn({
  sensitive,
  type,
}: Pick<Orchestration, 'sensitive' | 'type'>): Sensitive {
  if (sensitive === undefined || sensitive.length === 0) return NOTHING;
  const known = READ.get(sensitive);
  if (known !== undefined) return known;
  const paths = sensitive.flatMap((text) => readSensitivePath(text) ?? []);
  const payload = paths.filter(({ root }) => root === 'payload');
  const inSteps = payload.map(({ root, steps }): SensitivePath => {
    return { root, steps: [{ any: true }, ...steps] };
  });
  const read = {
    payload,
    headers: paths.filter(({ root }) => root === 'headers'),
    output: type === 'PARALLEL' ? inSteps : payload,
  };
  READ.set(sensitive, read);
  return read;
}

export function hasSensitive({ sensitive }: Pick<Orchestration, 'sensitive'>): boolean {
  return sensitive !== undefined && sensitive.length > 0;
}

export function maskPayload(payload: Payload, paths: readonly SensitivePath[]): Payload {
  return payload === null ? null : maskText(payload, paths);
}

export function maskFlow(flow: Flow): Flow {
  if (!hasSensitive(flow.orchestration)) return flow;
  const { payload, headers, output } = sensitiveIn(flow.orchestration);
  return {
    ...flow,
    input: maskPayload(flow.input, payload),
    output: maskPayload(flow.output, output),
    headers: maskFields(flow.headers, headers),
    steps: flow.steps.map((step) => ({
      ...step,
      input: maskPayload(step.input, payload),
      output: maskPayload(step.output, payload),
      addedHeaders: step.addedHeaders && maskFields(step.addedHeaders, headers),
    })),
  };
}

/** `orchestration`: that of its flow. */
export function maskEvent(orchestration: Orchestration, event: FlowEvent): FlowEvent {
  if (!hasSensitive(orchestration)) return event;
  const { payload, headers, output } = sensitiveIn(orchestration);
  const paths = event.type === 'FLOW_COMPLETED' ? output : payload;
  return {
    ...event,
    ...('output' in event && { output: maskPayload(event.output, paths) }),
    ...('headers' in event && event.headers && { headers: maskFields(event.headers, headers) }),
  };
}
