/** Bodies that are being received: what all of them hold is bounded, and what those of one address hold. */
import { Transform } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../engine/ports.js';
import { LIMITS } from '../limits/limits.js';
import { principalOf, type Shares } from './shares.js';

/** So much of each is free: small requests are served whatever large ones do. */
export const FREE_BYTES = 64 * 1024;

export function boundUploads(app: FastifyInstance, uploads: Shares): void {
  app.addHook('preParsing', async (request, reply, payload) => {
    const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
    return length <= FREE_BYTES ? payload : payload.pipe(counted(request, reply, uploads));
  });
}

function counted(request: FastifyRequest, reply: FastifyReply, uploads: Shares): Transform {
  const principal = principalOf(request.raw.socket.remoteAddress);
  let [received, taken] = [0, 0];
  reply.raw.once('close', () => uploads.give(principal, taken));
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      const wanted = Math.max(0, received - FREE_BYTES) - taken;
      if (wanted > 0 && !uploads.take(principal, wanted)) {
        reply.header('connection', 'close');
        return done(tooMuch());
      }
      taken += Math.max(0, wanted);
      done(null, chunk);
    },
  });
}

function tooMuch(): Error {
  const most = LIMITS.uploadBytes.value;
  const message = `bodies of ${most} bytes are being received already; try again in a moment, or send less at once`;
  return Object.assign(new Fault('OVERLOADED', message), { statusCode: 503 });
}
