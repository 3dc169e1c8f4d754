/** What a browser gets: a page of links, GraphiQL from our own bundle without any request to elsewhere, and the OpenAPI file. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply } from 'fastify';

export interface PageOptions {
  readonly graphiqlFolder?: string | undefined;
}

const GRAPHIQL = fileURLToPath(new URL('../graphiql/', import.meta.url));
const OPENAPI = fileURLToPath(new URL('../../schema/openapi.yaml', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
};

/** Everything from here; the editor sets styles inline and carries its fonts in them. Its workers are files of ours. */
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const START_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Backstep</title>
<style>body { font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem } li { margin: .4rem 0 }</style></head>
<body>
<h1>Backstep</h1>
<p>Runs orchestrations whose steps are done, retried and, when one fails for good, undone.</p>
<ul>
<li><a href="/graphiql">GraphiQL</a>: try the API in your browser</li>
<li><code>/graphql</code>: GraphQL over HTTP and, as graphql-ws, over WebSocket</li>
<li><code>/api/orchestrations/…</code>: REST, described in <a href="/openapi.yaml">openapi.yaml</a></li>
<li><a href="/livez">livez</a>, <a href="/readyz">readyz</a>: health</li>
</ul>
</body>
</html>
`;
const NOT_BUILT =
  '<!doctype html><title>GraphiQL</title><p>GraphiQL is not built here. Run <code>npm run build</code> and start again.</p>\n';

export async function pages(
  app: FastifyInstance,
  { graphiqlFolder = GRAPHIQL }: PageOptions,
): Promise<void> {
  const files = await filesOf(graphiqlFolder);
  const index = files.get('index.html');
  app.get('/', (_request, reply) => html(reply).send(START_PAGE));
  const start = async (_request: unknown, reply: FastifyReply): Promise<FastifyReply> => {
    if (index === undefined) return html(reply).code(404).send(NOT_BUILT);
    return html(reply).send(await readFile(index));
  };
  app.get('/graphiql', start);
  app.get('/graphiql/', start);
  app.get('/graphiql/*', async (request, reply) => {
    const path = (request.params as { readonly '*': string })['*'];
    const file = files.get(path);
    if (file === undefined) return reply.callNotFound();
    const cache = path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    return reply
      .headers({ 'content-security-policy': POLICY, 'cache-control': cache })
      .type(type)
      .send(await readFile(file));
  });
  app.get('/openapi.yaml', async (_request, reply) =>
    reply.type('application/yaml; charset=utf-8').send(await readFile(OPENAPI)),
  );
}

function html(reply: FastifyReply): FastifyReply {
  return reply
    .headers({ 'content-security-policy': POLICY, 'cache-control': 'no-cache' })
    .type('text/html; charset=utf-8');
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
