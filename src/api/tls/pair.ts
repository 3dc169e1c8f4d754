/** A certificate and its private key, read from two files and checked before they are used. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

export interface PairFiles {
  /** PEM: the certificate of the gateway first, then those between it and the authority. */
  readonly certFile: string;
  /** PEM, without a passphrase. */
  readonly keyFile: string;
}

export interface Pair {
  readonly cert: string;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The files cannot be used; the message has their paths and what to do, and nothing of the key. */
export class BadPair extends Error {}

/** Throws BadPair. */
export function readPair({ certFile, keyFile }: PairFiles): Pair {
  const cert = textOf('TLS_CERT_FILE', certFile);
  const key = textOf('TLS_KEY_FILE', keyFile);
  const certificate = certificateIn(cert, certFile);
  if (!certificate.checkPrivateKey(keyIn(key, keyFile)))
    throw new BadPair(
      `the key in TLS_KEY_FILE ${keyFile} does not belong to the first certificate in TLS_CERT_FILE ${certFile}; use the two files that were issued together, the certificate of this gateway before those of authorities`,
    );
  return { cert, key, expiresAt: Date.parse(certificate.validTo) };
}

/** Whether users of this machine other than the owner and its group may read the key. */
export function othersMayRead({ keyFile }: PairFiles): boolean {
  // Windows has no such modes.
  return process.platform !== 'win32' && (statSync(keyFile).mode & 0o004) !== 0;
}

function textOf(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new BadPair(`${name} ${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

function certificateIn(text: string, path: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw new BadPair(
      `TLS_CERT_FILE ${path} has no certificate; it must be PEM text with -----BEGIN CERTIFICATE-----`,
      { cause },
    );
  }
}

/** Without the cause: an error of the parser may quote the key. */
function keyIn(text: string, path: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    const encrypted = text.includes('ENCRYPTED');
    throw new BadPair(
      `TLS_KEY_FILE ${path} ${encrypted ? 'has a passphrase' : 'has no private key'}; it must be PEM text with -----BEGIN PRIVATE KEY-----, without a passphrase`,
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
