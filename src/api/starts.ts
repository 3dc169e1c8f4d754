/**
 * Every start of a caller goes this way, GraphQL or REST: checked, counted, and served beside those
 * of others.
 */
import { Fault } from '../engine/ports.js';
import { problem } from '../engine/problem.js';
import type { ExecuteResult } from '../engine/service.js';
import type { StartRequest } from '../saga/input.js';
import { isTraceparent } from '../wire/trace.js';
import { callerOf, type Requester } from './audit.js';
import type { Shell } from './context.js';
import { checkStart, type StartFields } from './input/start.js';
import { RATE_LIMITED } from './problems.js';
import { quotaKeyOf } from './quotas.js';

export async function startFlow(
  shell: Shell,
  requester: Requester,
  fields: StartFields,
  suggestions?: { left: number },
): Promise<ExecuteResult> {
  const { rate, fair, openFlows } = shell;
  const key = quotaKeyOf(requester.principal, requester.address);
  if (rate?.take(key) === false) {
    const message = `this caller may start ${rate.perSecond} flows a second, and has; try again in a second, or raise STARTS_PER_SECOND`;
    return { flow: null, created: false, problems: [problem(RATE_LIMITED, message)] };
  }
  const checked = checkStart(fields, shell.payloadLimit);
  if ('problems' in checked) return { flow: null, created: false, problems: checked.problems };
  const request = inTrace(checked.value, requester.traceparent);
  const options = { by: callerOf(requester), suggestions };
  const start = (): Promise<ExecuteResult> =>
    openFlows === undefined
      ? shell.engine.execute(request, options)
      : openFlows.start(key, request, (counted) =>
          shell.engine.execute(request, { ...options, counted }),
        );
  return fair === undefined ? start() : fair.run(key, start).catch(overloadAsProblem);
}

/** A header of the flow wins over that of the request. */
function inTrace(start: StartRequest, traceparent: string | undefined): StartRequest {
  if (traceparent === undefined || !isTraceparent(traceparent)) return start;
  return { ...start, headers: { traceparent, ...start.headers } };
}

function overloadAsProblem(error: unknown): ExecuteResult {
  if (!(error instanceof Fault) || error.code !== 'OVERLOADED') throw error;
  return { flow: null, created: false, problems: [problem(error.code, error.message)] };
}
