/**
 * The certificate of the gateway: read at the start, and again when its files change. Connections
 * that are open go on.
 */
import type { Server } from 'node:https';
import { stampOf } from '../../files/stamp.js';
import type { Log } from '../../observability/log.js';
import type { CertificateFigures } from '../../observability/metrics.js';
import { othersMayRead, type Pair, type PairFiles, readPair } from './pair.js';

/** How often the files are looked at. */
const LOOK_MS = 1000;

export interface CertificateOptions extends PairFiles {
  readonly log: Log;
  readonly lookMs?: number | undefined;
}

export class Certificate {
  private readonly servers: Server[] = [];
  private readonly timer: NodeJS.Timeout;
  private pair: Pair;
  /** Of the files that were read last, and of the last look. */
  private read: string;
  private seen: string;
  private renewed = 0;
  private refused = 0;

  /**
   * Throws BadPair when the files cannot be used; later the last good pair stays, and the log has
   * the reason.
   */
  constructor(private readonly options: CertificateOptions) {
    this.read = stampOf(options.certFile, options.keyFile);
    this.seen = this.read;
    this.pair = readPair(options);
    this.warn();
    this.timer = setInterval(() => this.look(), options.lookMs ?? LOOK_MS);
    this.timer.unref();
  }

  get current(): Pair {
    return this.pair;
  }

  get figures(): CertificateFigures {
    const { renewed, refused } = this;
    return { expiresAtSeconds: this.pair.expiresAt / 1000, renewed, refused };
  }

  /** New connections to this server get the certificate that is current then. */
  serve(server: Server): void {
    this.servers.push(server);
  }

  close(): void {
    clearInterval(this.timer);
  }

  /**
   * Once the files have stayed as they are from one look to the next: the two are not replaced at
   * the same moment.
   */
  private look(): void {
    const { certFile, keyFile, log } = this.options;
    const stamp = stampOf(certFile, keyFile);
    const settled = stamp === this.seen;
    this.seen = stamp;
    if (!settled || stamp === this.read) return;
    this.read = stamp;
    try {
      this.renew(readPair(this.options));
      this.warn();
    } catch (error) {
      this.refused++;
      log.error(
        { err: error, certFile, keyFile },
        'the changed TLS certificate cannot be used; the last one stays',
      );
    }
  }

  private renew(pair: Pair): void {
    if (pair.expiresAt <= Date.now() && this.pair.expiresAt > Date.now())
      throw new Error(
        `the certificate in TLS_CERT_FILE ${this.options.certFile} expired at ${timeOf(pair)}`,
      );
    const { cert, key } = pair;
    for (const server of this.servers) server.setSecureContext({ cert, key, ...PROTOCOL });
    this.pair = pair;
    this.renewed++;
    this.options.log.info(
      { certFile: this.options.certFile, expiresAt: timeOf(pair) },
      'the TLS certificate has changed and was read again',
    );
  }

  private warn(): void {
    const { certFile, keyFile, log } = this.options;
    const expiresAt = timeOf(this.pair);
    if (this.pair.expiresAt <= Date.now())
      log.error({ certFile, expiresAt }, 'the TLS certificate has expired: clients refuse it');
    if (othersMayRead(this.options))
      log.warn(
        { keyFile },
        `every user of this machine may read the TLS key: chmod 600 ${keyFile}`,
      );
  }
}

/** TLS 1.0 and 1.1 are broken (RFC 8996). */
export const PROTOCOL = { minVersion: 'TLSv1.2' } as const;

function timeOf({ expiresAt }: Pair): string {
  return new Date(expiresAt).toISOString();
}
