/**
 * The engine for a gateway that suggests nothing (SUGGESTIONS=off): who guesses names learns none
 * that is near.
 */
import type { Problem } from '../engine/ports.js';
import type { EngineService } from '../engine/service.js';

export function withoutNames(engine: EngineService): EngineService {
  const over: Partial<EngineService> = {
    execute: async (...given) => unnamed(await engine.execute(...given)),
    setPolicy: async (...given) => unnamed(await engine.setPolicy(...given)),
    changeStanding: async (...given) => unnamed(await engine.changeStanding(...given)),
    simulate: async (...given) => unnamed(await engine.simulate(...given)),
  };
  return Object.assign(Object.create(engine) as EngineService, over);
}

function unnamed<T extends { readonly problems: readonly Problem[] }>(result: T): T {
  const problems = result.problems.map((one) =>
    one.code === 'UNKNOWN_ORCHESTRATION' ? { ...one, suggestions: [] } : one,
  );
  return { ...result, problems };
}
