/**
 * Certificates made by the test: an authority, and what it issues, as PEM files (EC keys, PKCS #8).
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

interface Wanted {
  /** Subject alternative names, as openssl has them. */
  readonly names?: string;
  /** From now; -1 = it has expired. */
  readonly days?: number;
}

const LOCAL = 'DNS:localhost,IP:127.0.0.1';

/** The paths are of a folder of its own; `remove` deletes it. */
export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), 'backstep-ca-'));
  readonly cert = join(this.folder, 'ca.crt');
  private readonly key = join(this.folder, 'ca.key');

  constructor(name = 'test-authority') {
    newKey(this.key);
    const subject = ['-subj', `/CN=${name}`, '-days', '2'];
    openssl('req', '-x509', '-new', '-key', this.key, ...subject, '-out', this.cert);
  }

  /** For servers and for clients. */
  issue(name: string, { names = LOCAL, days = 2 }: Wanted = {}): Issued {
    const at = (ending: string): string => join(this.folder, `${name}.${ending}`);
    const [cert, key, request, extensions] = [at('crt'), at('key'), at('csr'), at('ext')];
    newKey(key);
    writeFileSync(
      extensions,
      `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=critical,CA:FALSE\n`,
    );
    openssl('req', '-new', '-key', key, '-subj', `/CN=${name}`, '-out', request);
    const by = ['-CA', this.cert, '-CAkey', this.key, '-CAcreateserial'];
    const valid = ['-days', String(days), '-extfile', extensions];
    openssl('x509', '-req', '-in', request, ...by, ...valid, '-out', cert);
    return { cert, key };
  }

  /** Key and certificate in one file, as Kafka reads a PEM keystore. */
  keystore({ cert, key }: Issued): string {
    const path = `${cert}.pem`;
    writeFileSync(path, readFileSync(key, 'utf8'), { mode: 0o600 });
    appendFileSync(path, readFileSync(cert, 'utf8'));
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function newKey(path: string): void {
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', path);
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
