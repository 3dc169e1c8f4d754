/**
 * The engine as the API sees it before the database is connected: every request is refused with
 * STARTING, and health reports what is missing.
 */
import { Fault, type ReadModel } from '../ports.js';
import type { EngineFigures, EngineService, Health } from '../service.js';

export class StartingEngine {
  /** For the API: one object, before and after the start. */
  readonly service: EngineService;
  private engine: EngineService | null = null;
  private waitsFor = 'not connected yet';

  constructor() {
    this.service = new Proxy({} as EngineService, {
      get: (_target, name) => this.memberOf(name as keyof EngineService),
    });
  }

  /** Why there is no database yet, for /readyz. */
  readonly waits = ({ code, reason }: Fault): void => {
    this.waitsFor = `${reason} (${code}); waiting for it`;
  };

  /** From now on every call goes to this engine. */
  started(engine: EngineService): void {
    this.engine = engine;
  }

  private memberOf(name: keyof EngineService): unknown {
    const { engine } = this;
    if (engine !== null) {
      const member: unknown = engine[name];
      return typeof member === 'function' ? member.bind(engine) : member;
    }
    // Not a promise: `await` must not call it.
    if (String(name) === 'then') return undefined;
    if (name === 'health') return () => Promise.resolve(this.health());
    if (name === 'figures') return () => Promise.resolve(this.figures());
    if (name === 'read') return REFUSING_READS;
    // The only method that does not return a promise.
    if (name === 'stepChanges') return refuse;
    return refuseLater;
  }

  private health(): Health {
    const checks = [
      { name: 'database', ok: false, detail: this.waitsFor },
      { name: 'broker', ok: false, detail: 'not connected yet: the database comes first' },
    ];
    return { ready: false, checks, load: { waiting: 0, unsent: 0, faults: 0 } };
  }

  private figures(): EngineFigures {
    const { checks, load } = this.health();
    return { checks, ...load, subscribers: 0, lag: null, connections: [], backlog: null };
  }
}

function refuse(): never {
  throw new Fault(
    'STARTING',
    'the gateway is starting and waits for its database; nothing was done, try again',
  );
}

async function refuseLater(): Promise<never> {
  return refuse();
}

const REFUSING_READS = new Proxy({} as ReadModel, { get: () => refuseLater });
