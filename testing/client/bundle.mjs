/** Prints what a browser would load of `backstep/client`: its size, and what it still imports. */
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const lib = { entry: 'src/client/index.ts', formats: ['es'], fileName: 'client' };
const [{ output }] = await build({
  configFile: false,
  logLevel: 'silent',
  build: { write: false, lib },
});
const code = output.map((chunk) => chunk.code).join('');
const imports = output.flatMap((chunk) => chunk.imports);
process.stdout.write(JSON.stringify({ bytes: code.length, gzip: gzipSync(code).length, imports }));
