/** What a browser gets: GraphiQL from our own bundle, without any request to elsewhere, and the OpenAPI file. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';

const BUNDLE = fileURLToPath(new URL('../graphiql/', import.meta.url));
const OPENAPI = fileURLToPath(new URL('../../schema/openapi.yaml', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
};

/** The editor sets styles inline and runs its language service in a worker made from a blob. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

export function pages(app: FastifyInstance): void {
  app.get('/', (_request, reply) => reply.redirect('/graphiql'));
  app.get('/graphiql', (_request, reply) => reply.redirect('/graphiql/'));
  app.get('/graphiql/*', async (request, reply) => {
    const path = normalize(`/${(request.params as { readonly '*': string })['*']}`);
    const file = join(BUNDLE, path === '/' ? 'index.html' : path);
    const type = TYPES[extname(file)];
    if (type === undefined || !file.startsWith(BUNDLE) || !existsSync(file)) return reply.callNotFound();
    const forEver = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    reply.header('content-security-policy', POLICY).header('cache-control', forEver).header('x-content-type-options', 'nosniff');
    return reply.type(type).send(await readFile(file));
  });
  app.get('/openapi.yaml', (_request, reply) => reply.type('application/yaml; charset=utf-8').send(readFileSync(OPENAPI, 'utf8')));
}
