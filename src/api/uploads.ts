/**
 * Request bodies that are being received: bounds for the bytes of all, of one address, and for what
 * is read in one turn of the event loop.
 */
import { Transform } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../engine/ports.js';
import { LIMITS } from '../limits/limits.js';
import { quotaKeyOf } from './quotas.js';
import type { Shares } from './shares.js';
import type { Turns } from './turns.js';

/**
 * Bytes of each body that are not counted, so that small requests are served while large ones use
 * up the bound.
 */
export const FREE_BYTES = 64 * 1024;

export interface Uploads {
  readonly held: Shares;
  readonly turns: Turns;
  /** A body declared longer than this is refused by its own name. */
  readonly bodyLimit: number;
}

export function boundUploads(app: FastifyInstance, uploads: Uploads): void {
  app.addHook('preParsing', async (request, reply, payload) => {
    const declared = request.headers['content-length'];
    const length = Number(declared ?? Number.POSITIVE_INFINITY);
    if (length <= FREE_BYTES || (declared !== undefined && length > uploads.bodyLimit))
      return payload;
    // Before any of it is read: to read what is refused in the end costs as much as to take it.
    if (declared !== undefined && !uploads.held.fits(principalIn(request), length - FREE_BYTES)) {
      reply.header('connection', 'close');
      throw tooMuch();
    }
    return payload.pipe(counted(request, reply, uploads));
  });
}

function counted(request: FastifyRequest, reply: FastifyReply, uploads: Uploads): Transform {
  const { held, turns } = uploads;
  const principal = principalIn(request);
  let [received, taken, open] = [0, 0, true];
  reply.raw.once('close', () => {
    open = false;
    held.give(principal, taken);
  });
  /** Null: there is no space for it. */
  const take = (chunk: Buffer): Error | null => {
    received += chunk.length;
    const wanted = Math.max(0, received - FREE_BYTES) - taken;
    if (wanted <= 0) return null;
    if (!held.take(principal, wanted)) return tooMuch();
    taken += wanted;
    return null;
  };
  return new Transform({
    // What waits for its turn is not counted yet.
    writableHighWaterMark: 1,
    transform(chunk: Buffer, _encoding, done) {
      turns.add(() => {
        // Bytes taken for a request that has ended would never be released.
        if (!open) return done();
        const refused = take(chunk);
        if (refused === null) return done(null, chunk);
        reply.header('connection', 'close');
        done(refused);
      }, chunk.length / LIMITS.turnBytes.value);
    },
  });
}

function principalIn(request: FastifyRequest): string {
  return quotaKeyOf(request.principal, request.raw.socket.remoteAddress);
}

function tooMuch(): Error {
  const most = LIMITS.uploadBytes.value;
  const message = `bodies of ${most} bytes are being received already; try again in a moment, or send less at once`;
  return Object.assign(new Fault('OVERLOADED', message), { statusCode: 503 });
}
