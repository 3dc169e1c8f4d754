/** GraphiQL as files of our own in dist/graphiql: nothing is asked of any other server. `vite build --config src/api/graphiql/vite.config.mjs` */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  base: '/graphiql/',
  cacheDir: here('../../../.cache/vite'),
  // Warnings here are about other people's "use client".
  logLevel: 'error',
  build: {
    outDir: here('../../../dist/graphiql'),
    emptyOutDir: true,
    chunkSizeWarningLimit: 6000,
    // Without inlining, `default-src 'self'` is enough: no data: scripts or fonts.
    assetsInlineLimit: 0,
  },
  worker: { format: 'es' },
});
