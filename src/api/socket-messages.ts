/**
 * Messages of WebSocket clients, reduced before they are kept: the protocol's library holds a
 * message for as long as its subscription is open. Variables that are not declared and payloads
 * that are not read are removed; bytes per connection, per principal and in all are bounded.
 */
import { Kind, type OperationDefinitionNode } from 'graphql';
import { readJson } from '../json/read.js';
import { LIMITS } from '../limits/limits.js';
import { CONNECTION_PARAMETERS, parameterOf } from './auth/authentication.js';
import { DEEPEST_BODY } from './input/json.js';
import type { Gate } from './query-gate.js';
import type { Shares } from './shares.js';

/** Pass it on; or answer this error to the operation `id`; or close the connection. */
export type Admitted =
  | { readonly pass: string }
  | { readonly id: string; readonly code: string; readonly message: string }
  | { readonly close: string };

export interface SocketShares {
  readonly connections: Shares;
  /** Bytes that are being received. */
  readonly uploads: Shares;
  readonly subscriptions: Shares;
  readonly bytes: Shares;
}

export class Messages {
  /** Bytes of each operation that is under way, and whose they are. */
  private readonly open = new Map<string, { readonly bytes: number; readonly key: string }>();
  private readonly works = new Map<string, () => void>();
  private bytes = 0;

  constructor(
    /** Under what its client is counted. */
    private readonly key: () => string,
    private readonly shares: Pick<SocketShares, 'subscriptions' | 'bytes'>,
    private readonly gate: Pick<Gate, 'operationIn'>,
  ) {}

  admit(text: string): Admitted {
    const message = parsed(text);
    if (message === null) return { pass: text };
    const { type } = message;
    if (type === 'connection_init') return { pass: JSON.stringify(initOf(message)) };
    if (type !== 'subscribe')
      return { pass: JSON.stringify(type === 'complete' ? { type, id: message.id } : { type }) };
    const { id } = message;
    if (typeof id !== 'string') return { pass: text };
    if (id.length > LIMITS.socketIdCharacters.value)
      return { close: `an id has at most ${LIMITS.socketIdCharacters.value} characters` };
    return this.subscribe(id, text);
  }

  /** What is to be done when the operation has ended. */
  whenReleased(id: string, work: () => void): void {
    if (this.open.has(id)) this.works.set(id, work);
    else work();
  }

  /** The operation has ended. */
  release(id: string): void {
    const open = this.open.get(id);
    if (open === undefined) return;
    const { bytes, key } = open;
    this.open.delete(id);
    this.works.get(id)?.();
    this.works.delete(id);
    this.bytes -= bytes;
    this.shares.subscriptions.give(key, 1);
    this.shares.bytes.give(key, bytes);
  }

  /** The connection has ended. */
  releaseAll(): void {
    for (const id of [...this.open.keys()]) this.release(id);
  }

  private subscribe(id: string, text: string): Admitted {
    const known = this.open.has(id);
    const most = LIMITS.subscriptionsPerConnection.value;
    // Before the message is parsed: clients over their share may send many.
    if (!known && this.open.size >= most)
      return refused(
        id,
        'TOO_MANY_SUBSCRIPTIONS',
        `a connection may have ${most} subscriptions at once; end some, or open another connection`,
      );
    if (!known && !this.shares.subscriptions.fits(this.key(), 1)) return refused(id, ...FULL);
    const read = readJson(text, DEEPEST_BODY, true);
    if (!read.ok) return refused(id, 'BODY_INVALID', `the message ${read.why}`);
    const pass = this.slim(id, read.value as Message);
    if (!known && !this.take(id, pass.length)) return refused(id, ...FULL);
    return { pass };
  }

  private take(id: string, bytes: number): boolean {
    if (this.bytes + bytes > LIMITS.socketBytesPerConnection.value) return false;
    const key = this.key();
    if (!this.shares.subscriptions.take(key, 1)) return false;
    if (!this.shares.bytes.take(key, bytes)) {
      this.shares.subscriptions.give(key, 1);
      return false;
    }
    this.open.set(id, { bytes, key });
    this.bytes += bytes;
    return true;
  }

  /** With the variables its operation declares, and nothing else. */
  private slim(id: string, { payload }: Message): string {
    const { query, operationName, variables } = objectOf(payload);
    const declared = declaredBy(this.gate.operationIn({ query, operationName }));
    const kept = Object.fromEntries(
      Object.entries(objectOf(variables)).filter(([name]) => declared.has(name)),
    );
    const slim = {
      query,
      ...(operationName !== undefined && { operationName }),
      ...(declared.size > 0 && { variables: kept }),
    };
    return JSON.stringify({ id, type: 'subscribe', payload: slim });
  }
}

const FULL = [
  'TOO_MANY_SUBSCRIPTIONS',
  'the subscriptions of this connection, of its address or of all hold as much as they may; end some, or send shorter ones',
] as const;

interface Message {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly payload?: unknown;
}

/** Null: the protocol's library knows what to do with that. */
function parsed(text: string): Message | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** With what identifies its sender, and nothing else. */
function initOf({ type, payload }: Message): object {
  const kept = CONNECTION_PARAMETERS.flatMap((name) => {
    const value = parameterOf(payload, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { type, ...(kept.length > 0 && { payload: Object.fromEntries(kept) }) };
}

function declaredBy(operation: OperationDefinitionNode | null): ReadonlySet<string> {
  return new Set(
    (operation?.variableDefinitions ?? []).flatMap(({ variable }) =>
      variable.kind === Kind.VARIABLE ? [variable.name.value] : [],
    ),
  );
}

function refused(id: string, code: string, message: string): Admitted {
  return { id, code, message };
}
