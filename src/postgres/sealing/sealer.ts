/**
 * Payloads at rest: AES-256-GCM, with a key of its own for each flow, derived from a master key
 * that has an id. What is sealed is bound to its flow and its column: moved to another row it
 * cannot be opened (docs/decisions/0015-sealed-payloads.md).
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { Fault } from '../../engine/ports.js';

export interface PayloadKey {
  /** Stored beside what it sealed. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

export interface PayloadKeys {
  /** All of them open. */
  readonly keys: readonly PayloadKey[];
  /** The one that seals; null = what is written is plain. */
  readonly current: PayloadKey | null;
}

export const NO_KEYS: PayloadKeys = { keys: [], current: null };

/** Where a value is stored: authenticated with it. */
export interface Place {
  readonly flowId: string;
  readonly column: string;
}

const ALGORITHM = 'aes-256-gcm';
/**
 * Of a nonce, random for each value: a key seals the few values of one flow, so that none comes
 * twice.
 */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** JSON that the gateway prints never begins with white space: no payload looks like this. */
export const MARK = '  "';
const SEALED = /^ {2}"([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9+/=]+)"$/;
const MOST_DERIVED = 10_000;

export class Sealer {
  private readonly derived = new Map<string, KeyObject>();
  /** Of each key, what keys of flows are expanded from. */
  private readonly extracted = new Map<string, Buffer>();

  /** `keys` open; `current` seals: null = what is written is plain. */
  constructor(
    private readonly keys: readonly PayloadKey[],
    private readonly current: PayloadKey | null,
  ) {}

  get seals(): boolean {
    return this.current !== null;
  }

  /** The same keys, and nothing is sealed. */
  plain(): Sealer {
    return new Sealer(this.keys, null);
  }

  /** JSON text as JSON text. */
  seal(text: string, place: Place): string {
    const { current } = this;
    if (current === null) return text;
    return `${MARK}${current.id}.${this.encrypted(current, Buffer.from(text), place)}"`;
  }

  /**
   * The text as it was; what is plain comes back as it is. Throws a Fault when its key is not
   * there.
   */
  open(text: string, place: Place): string {
    if (!text.startsWith(MARK)) return text;
    const [, id = '', sealed = ''] = SEALED.exec(text) ?? [];
    return this.decrypted(id, Buffer.from(sealed, 'base64'), place).toString();
  }

  /** Bytes as text in bytes: whether they are sealed is stored beside them. */
  sealBytes(bytes: Uint8Array, place: Place): Uint8Array {
    return Buffer.from(this.seal(Buffer.from(bytes).toString('base64'), place));
  }

  openBytes(bytes: Uint8Array, place: Place): Uint8Array {
    return Buffer.from(this.open(Buffer.from(bytes).toString(), place), 'base64');
  }

  /** How text begins that need not be sealed again; null = text that is plain. */
  get currentPrefix(): string | null {
    return this.current && `${MARK}${this.current.id}.`;
  }

  private encrypted({ id, key }: PayloadKey, bytes: Uint8Array, place: Place): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.keyOf(id, key, place), nonce);
    cipher.setAAD(aadOf(id, place));
    const sealed = Buffer.concat([nonce, cipher.update(bytes), cipher.final()]);
    return Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64');
  }

  private decrypted(id: string, sealed: Buffer, place: Place): Buffer {
    const known = this.keys.find((one) => one.id === id);
    if (known === undefined) throw missing(id);
    const end = sealed.length - TAG_BYTES;
    const key = this.keyOf(id, known.key, place);
    const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAAD(aadOf(id, place));
    decipher.setAuthTag(sealed.subarray(end));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, end)), decipher.final()]);
    } catch (cause) {
      const message = `the sealed ${place.column} of ${place.flowId} does not belong there, or is damaged`;
      throw new Error(message, { cause });
    }
  }

  /** One for each flow: derived once, and again when it was forgotten. */
  private keyOf(id: string, master: Uint8Array, { flowId }: Place): KeyObject {
    const name = `${id} ${flowId}`;
    const known = this.derived.get(name);
    if (known !== undefined) return known;
    if (this.derived.size >= MOST_DERIVED) this.derived.clear();
    const from = this.extracted.get(id) ?? hmac(NO_SALT, master);
    this.extracted.set(id, from);
    const key = createSecretKey(hmac(from, `backstep ${flowId}\u0001`));
    this.derived.set(name, key);
    return key;
  }
}

/**
 * HKDF of RFC 5869 with SHA-256, in its two steps: the first is done once, and the second gives one
 * block, which is a key.
 */
const NO_SALT = Buffer.alloc(32);

function hmac(key: Uint8Array, text: Uint8Array | string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function aadOf(id: string, { flowId, column }: Place): Buffer {
  return Buffer.from(JSON.stringify([id, flowId, column]));
}

function missing(id: string): Fault {
  const message = `payloads are sealed with the key ${id || 'without a name'}, which PAYLOAD_ENCRYPTION does not have; add it behind the first one`;
  return new Fault('DATABASE_KEY_MISSING', message, {
    reason: 'a key of PAYLOAD_ENCRYPTION is missing',
  });
}
