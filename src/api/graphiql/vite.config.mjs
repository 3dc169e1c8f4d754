/**
 * GraphiQL as files in dist/graphiql, without any request to another server. Built by
 * src/launch/build.mjs, which chooses the output folder: it works on a copy beside its packages.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  base: '/graphiql/',
  // Warnings here are about other people's "use client".
  logLevel: 'error',
  build: {
    chunkSizeWarningLimit: 6000,
    // Without inlining, `default-src 'self'` is enough: no data: scripts or fonts.
    assetsInlineLimit: 0,
  },
  worker: { format: 'es' },
});
