/**
 * The engine as one principal sees it. Knows: the patterns of a principal, which names and flows
 * each call is about. Refuses to know: GraphQL, REST. In: the engine. Out: the same interface, in
 * which an orchestration outside of the patterns, and all that runs it, is not there.
 */

import { unknownQuarantined } from '../../engine/operations/quarantine.js';
import { unknownFlow } from '../../engine/problem.js';
import type { EngineService } from '../../engine/service.js';
import { fitsAny } from '../../names/patterns.js';
import { guardedReadModel } from './guarded-read-model.js';
import { checkRegistration, Forbidden, has, withinOf } from './policy.js';
import type { Principal } from './principal.js';

const WHOLE =
  'reencryptPayloads is about the flows of all orchestrations; it needs the scope * beside the right payload:encrypt';

type Patterns = readonly string[];
type Service<K extends keyof EngineService> = Pick<EngineService, K>;

/** Who sees everything and may register everything gets the engine itself. */
export function engineFor(engine: EngineService, principal: Principal): EngineService {
  const within = withinOf(principal);
  if (within === undefined && has(principal, 'orchestration:register')) return engine;
  return registering(within === undefined ? engine : guardedEngine(engine, within), principal);
}

/** Who may register what depends on the document, not only on the field. */
function registering(engine: EngineService, principal: Principal): EngineService {
  const register: EngineService['register'] = async (registration, options) => {
    checkRegistration(principal, registration.declarations);
    return engine.register(registration, options);
  };
  return Object.assign(Object.create(engine) as EngineService, { register });
}

function guardedEngine(engine: EngineService, within: Patterns): EngineService {
  const read = guardedReadModel(engine.read, within);
  const isThere = async (flowId: string): Promise<boolean> =>
    (await read.orchestrationsOf([flowId])).has(flowId);
  return {
    read,
    audit: (row) => engine.audit(row),
    health: () => engine.health(),
    // The route leaves out what is not within.
    figures: () => engine.figures(),
    reencrypt: () => Promise.reject(new Forbidden(WHOLE)),
    ...ofNames(engine, within),
    ...ofFlows(engine, isThere, within),
    replayQuarantined: async (replay, by) =>
      (await read.quarantined(replay.id)) === null
        ? unknownQuarantined(replay.id)
        : engine.replayQuarantined(replay, by),
    discardQuarantined: async (replay, by) =>
      (await read.quarantined(replay.id)) === null
        ? unknownQuarantined(replay.id)
        : engine.discardQuarantined(replay, by),
  };
}

/** The engine itself answers for a name that is not within as for one that is not registered. */
function ofNames(
  engine: EngineService,
  within: Patterns,
): Service<
  | 'execute'
  | 'register'
  | 'setPolicy'
  | 'changeStanding'
  | 'simulate'
  | 'slo'
  | 'orchestration'
  | 'bulk'
> {
  return {
    execute: (request, options) => engine.execute(request, { ...options, within }),
    register: (registration, options) => engine.register(registration, { ...options, within }),
    setPolicy: (request, by) => engine.setPolicy(request, by, within),
    changeStanding: (request, by) => engine.changeStanding(request, by, within),
    simulate: (request) => engine.simulate(request, within),
    slo: (request) => engine.slo({ ...request, within }),
    orchestration: async (name, version) =>
      fitsAny(name, within) ? engine.orchestration(name, version) : null,
    bulk: ({ filter, ...request }, options) =>
      engine.bulk({ ...request, filter: { ...filter, within } }, options),
  };
}

function ofFlows(
  engine: EngineService,
  isThere: (flowId: string) => Promise<boolean>,
  within: Patterns,
): Service<'applyOperatorAction' | 'diagnose' | 'follow' | 'stepChanges'> {
  return {
    applyOperatorAction: async (input, by) =>
      (await isThere(input.flowId))
        ? engine.applyOperatorAction(input, by)
        : { flow: null, problems: [unknownFlow(input.flowId)] },
    diagnose: async (flowId) => ((await isThere(flowId)) ? engine.diagnose(flowId) : null),
    follow: async (flowId, ...place) =>
      (await isThere(flowId)) ? engine.follow(flowId, ...place) : null,
    stepChanges: (filter, signal) => engine.stepChanges({ ...filter, within }, signal),
  };
}
