/**
 * JSON Schemas of payloads. Knows: the schema library. Refuses to know: topics, tables, HTTP,
 * flows. In: a schema as a document has it, a payload as JSON text. Out: what is wrong with the
 * schema, or with the payload. This file: the port's implementation, with compiled schemas kept for
 * as long as they are used.
 */
import type { PayloadSchemas } from '../engine/ports.js';
import { LIMITS } from '../limits/limits.js';
import { compile, type Validate } from './compile.js';
import { mismatchOf } from './mismatch.js';
import { structureOf } from './structure.js';

interface Kept {
  /** Null: the schema cannot be used; it was stored before schemas were checked. */
  readonly validate: Validate | null;
  readonly nodes: number;
}

/**
 * A cache of compiled schemas, by object identity: a registered version is one object as long as it
 * is cached.
 */
export class CompiledSchemas implements PayloadSchemas {
  /** The least recently used one first. */
  private readonly kept = new Map<object, Kept>();
  private nodes = 0;

  constructor(private readonly mostNodes = LIMITS.compiledSchemaNodes.value) {}

  mismatch(schema: unknown, payload: string | null): ReturnType<PayloadSchemas['mismatch']> {
    if (typeof schema !== 'object' || schema === null) return null;
    const { validate } = this.compiled(schema);
    if (validate === null) return null;
    const value: unknown = payload === null ? null : JSON.parse(payload);
    return validate(value) ? null : mismatchOf(validate.errors ?? []);
  }

  get size(): number {
    return this.kept.size;
  }

  private compiled(schema: object): Kept {
    const known = this.kept.get(schema);
    this.kept.delete(schema);
    const kept = known ?? made(schema);
    this.kept.set(schema, kept);
    if (known === undefined) this.makeRoom(kept.nodes);
    return kept;
  }

  private makeRoom(added: number): void {
    this.nodes += added;
    for (const [schema, { nodes }] of this.kept) {
      if (this.nodes <= this.mostNodes || this.kept.size === 1) return;
      this.kept.delete(schema);
      this.nodes -= nodes;
    }
  }
}

function made(schema: object): Kept {
  const structure = structureOf(schema);
  if ('wrong' in structure) return { validate: null, nodes: 1 };
  const compiled = compile(schema);
  return { validate: 'validate' in compiled ? compiled.validate : null, nodes: structure.nodes };
}
