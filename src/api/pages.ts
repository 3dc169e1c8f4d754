/**
 * Pages for browsers: the console and GraphiQL, whose files are all served from here, and the
 * OpenAPI file.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Login } from './login.js';
import { ALL_SHOWN, type Switches } from './switches.js';

export interface PageOptions {
  /** Where the built console is; by default beside this file's own build. */
  readonly consoleFolder?: string | undefined;
  /** The same of GraphiQL. */
  readonly graphiqlFolder?: string | undefined;
  readonly switches?: Switches | undefined;
  readonly login?: Login | undefined;
}

const besideUs = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const CONSOLE = besideUs('../console/');
const GRAPHIQL = besideUs('../graphiql/');
const OPENAPI = besideUs('../../schema/openapi.yaml');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
};

/** All files from this server; no inline script or style. */
const STRICT = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];
/**
 * The editor sets styles inline, with its fonts in them. Its web workers are files served from
 * here.
 */
const EDITOR = [...STRICT, "style-src 'self' 'unsafe-inline'", "font-src 'self' data:"];

/** Every address of the console: the page itself finds out what to show. */
const CONSOLE_ADDRESSES = [
  '/',
  // Where the identity provider sends a browser back to.
  '/login',
  '/flows',
  '/flows/*',
  '/orchestrations',
  '/orchestrations/*',
  '/register',
  '/simulate',
  '/quarantine',
  '/slo',
];

interface Site {
  readonly title: string;
  readonly folder: string;
  /** Where its files are, for example `/graphiql/`. */
  readonly base: string;
  /** Addresses that show its page. */
  readonly addresses: readonly string[];
  readonly policy: string;
}

export async function pages(app: FastifyInstance, options: PageOptions): Promise<void> {
  const { consoleFolder = CONSOLE, graphiqlFolder = GRAPHIQL, switches = ALL_SHOWN } = options;
  await serve(app, {
    title: 'The console',
    folder: consoleFolder,
    base: '/console/',
    addresses: CONSOLE_ADDRESSES,
    policy: [...STRICT, connecting(options.login)].join('; '),
  });
  if (switches.graphiql !== 'off')
    await serve(app, {
      title: 'GraphiQL',
      folder: graphiqlFolder,
      base: '/graphiql/',
      addresses: ['/graphiql', '/graphiql/'],
      policy: EDITOR.join('; '),
    });
  if (switches.openapi !== 'off')
    app.get('/openapi.yaml', async (_request, reply) =>
      reply.type('application/yaml; charset=utf-8').send(await readFile(OPENAPI)),
    );
}

/** The console gets its token from the identity provider. */
function connecting(login: Login | undefined): string {
  return `connect-src 'self'${login === undefined ? '' : ` ${new URL(login.issuer).origin}`}`;
}

async function serve(app: FastifyInstance, site: Site): Promise<void> {
  const { title, folder, base, addresses, policy } = site;
  const files = await filesOf(folder);
  const index = files.get('index.html');
  const page = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    reply
      .headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' })
      .type('text/html; charset=utf-8');
    if (index === undefined) return reply.code(404).send(notBuilt(title));
    return reply.send(await readFile(index));
  };
  for (const address of addresses) app.get(address, page);
  app.get(`${base}*`, async (request, reply) => {
    const path = (request.params as { readonly '*': string })['*'];
    const file = files.get(path);
    if (file === undefined) return reply.callNotFound();
    const cache = path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    return reply
      .headers({ 'content-security-policy': policy, 'cache-control': cache })
      .type(type)
      .send(await readFile(file));
  });
}

/** It links what works without the page. */
function notBuilt(title: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Backstep</title></head>
<body>
<h1>${title} is not built here</h1>
<p>Run <code>npm run build</code> and start again. The API works without it: <code>/graphql</code>, <a href="/openapi.yaml">openapi.yaml</a>, <a href="/livez">livez</a>, <a href="/readyz">readyz</a>.</p>
</body>
</html>
`;
}

/** Path in the URL → file; nothing else is served. */
async function filesOf(folder: string): Promise<ReadonlyMap<string, string>> {
  if (!existsSync(folder)) return new Map();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [relative(folder, path).split(sep).join('/'), path]));
}
