/** What docs/operating.md has for each alert and verdict, and runs of its blocks as they stand. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../steps.mjs';

const BLOCK_MS = 120_000;

/** Name of a section → its blocks: look, do, helped. */
export function readRunbook() {
  const text = readFileSync(join(ROOT, 'docs', 'operating.md'), 'utf8');
  const sections = text.split(/^### /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [name = ''] = section.split('\n', 1);
      const blocks = [...section.matchAll(/^```bash\n# (look|do|helped)\n([\s\S]*?)^```/gm)];
      return [name, Object.fromEntries(blocks.map(([, kind, commands]) => [kind, commands]))];
    }),
  );
}

/** Alert → operator and limit at the end of its expression. */
export function readLimits() {
  const file = join(ROOT, 'docker', 'prometheus', 'rules.yaml');
  const rules = parse(readFileSync(file, 'utf8')).groups.flatMap(({ rules }) => rules);
  return new Map(
    rules
      .filter(({ alert }) => alert !== undefined)
      .map(({ alert, expr }) => {
        const [, operator, limit] = /(==|<|>) ([\d.* ]+)$/.exec(expr);
        return [alert, { operator, limit: limit.split('*').reduce((a, b) => a * Number(b), 1) }];
      }),
  );
}

export function isBeyond(value, { operator, limit }) {
  if (operator === '==') return value === limit;
  return operator === '<' ? value < limit : value > limit;
}

/** The `platform` of the runbook: `platform start kafka` is POST /start/kafka here. */
export async function openPlatform(actions) {
  const server = createServer((request, response) => {
    const [, verb, what] = request.url.split('/');
    const end = (status, text) => response.writeHead(status).end(text);
    Promise.resolve()
      .then(() => actions(verb, what))
      .then(
        () => end(200, ''),
        (error) => end(500, `${error.message}\n`),
      );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

const PRELUDE = `
backstep() { node "$BACKSTEP_CLI" "$@"; }
platform() { curl -sS --fail-with-body -X POST "$PLATFORM/$1/$2"; }
`;

/** Runs a block with bash; resolves with its exit code and everything that it printed. */
export function runBlock(commands, { variables, platform, strict }) {
  const env = {
    ...process.env,
    ...variables,
    PLATFORM: platform.url,
    BACKSTEP_CLI: join(ROOT, 'dist', 'cli', 'main.js'),
    BACKSTEP_ACTOR: 'drill',
    NO_COLOR: '1',
  };
  const text = `${strict ? 'set -e' : ''}${PRELUDE}${commands}`;
  const child = spawn('bash', ['-c', text], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), BLOCK_MS);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(tooLong);
      resolve({ code, output });
    });
  });
}
