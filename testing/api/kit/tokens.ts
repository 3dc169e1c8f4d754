/** A file of tokens in a folder of its own, and an API that reads it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTokens } from '../../../src/api/auth/tokens.js';
import type { ApiOptions } from '../../../src/api/server.js';
import type { Role } from '../../../src/names/roles.js';
import { silent } from '../../../src/observability/log.js';
import { createToken } from '../../../src/tokens/token.js';
import { tokensOrNone, writeTokens } from '../../../src/tokens/token-file.js';
import { Running } from './server.js';

interface Wanted {
  readonly roles: readonly Role[];
  readonly scopes?: readonly string[];
  readonly expiresAt?: string | null;
}

export class TokenFile implements Disposable {
  private readonly folder = mkdtempSync(join(tmpdir(), 'backstep-tokens-'));
  readonly path = join(this.folder, 'tokens.json');

  constructor() {
    writeTokens(this.path, []);
  }

  /** The token; as headers: `{ authorization }`. */
  add(name: string, { roles, scopes = ['*'], expiresAt = null }: Wanted): string {
    const createdAt = new Date().toISOString();
    const { token, entry } = createToken({ name, roles, scopes, createdAt, expiresAt });
    writeTokens(this.path, [...tokensOrNone(this.path), entry]);
    return token;
  }

  remove(name: string): void {
    writeTokens(
      this.path,
      tokensOrNone(this.path).filter((one) => one.name !== name),
    );
  }

  /** An API whose callers need a token of this file. */
  async api(options: Partial<ApiOptions> = {}): Promise<Running> {
    const authentication = openTokens({ path: this.path, log: silent('api'), lookMs: 20 });
    return Running.start({ authentication, ...options });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** Callers of their own right, of an API with this limit for each of them. */
export class Callers {
  private readonly file = new TokenFile();
  private readonly tokens = new Map<string, string>();

  async api(limits: Partial<NonNullable<ApiOptions['limits']>>): Promise<Running> {
    for (const name of ['ann', 'bob', 'eve'])
      this.tokens.set(name, this.file.add(name, { roles: ['admin'] }));
    return this.file.api({
      limits: {
        socketConnectionsPerPrincipal: 500,
        subscriptionsPerPrincipal: 1000,
        subscriberMessagesPerSecond: 2000,
        ...limits,
      },
    });
  }

  as(name: string) {
    return bearer(this.tokens.get(name) ?? '');
  }

  [Symbol.dispose](): void {
    this.file[Symbol.dispose]();
  }
}
