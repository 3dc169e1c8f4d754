/** What a request carries, and what shells were given. Nothing in it is shared between requests but the engine. */
import type { Registration } from '../engine/ports.js';
import type { EngineService } from '../engine/service.js';
import type { Log } from '../observe/log.js';

export interface Shell {
  readonly engine: EngineService;
  readonly readRegistration: (text: string, options: { readonly serviceName: string | null }) => Registration;
  readonly stepTopics: (orchestrationName: string, stepName: string) => readonly [string, string];
  /** Bytes of UTF-8 JSON. */
  readonly payloadLimit: number;
  readonly log: Log;
}

export interface RequestContext {
  readonly shell: Shell;
  /** Header X-Actor, until there is authentication. */
  readonly actor: string;
}

/** Header X-Actor as far as it can be stored; nobody = anonymous. */
export function actorOf(header: unknown): string {
  const text = typeof header === 'string' ? header.replace(/[^\x20-\x7e]/g, '').trim() : '';
  return text === '' ? 'anonymous' : text.slice(0, 100);
}
