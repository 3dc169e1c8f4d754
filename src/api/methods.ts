/**
 * Which methods each path has, collected from the routes themselves, so that none is forgotten: for
 * 405 and its Allow header.
 */
import type { FastifyInstance } from 'fastify';

/** Answered by the framework for every GET. */
const OF_ITSELF: ReadonlySet<string> = new Set(['HEAD', 'OPTIONS']);

export type AllowedMethods = (path: string) => string | null;

/** To be called before any route is added. Null: there is nothing at this path. */
export function collectMethods(app: FastifyInstance): AllowedMethods {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    const methods = [method].flat().filter((one) => !OF_ITSELF.has(one));
    routes.push({ pattern: patternOf(url), methods });
  });
  return (path) => {
    const methods = routes.flatMap((route) => (route.pattern.test(path) ? route.methods : []));
    return methods.length === 0 ? null : [...new Set(methods)].sort().join(', ');
  };
}

function patternOf(url: string): RegExp {
  const text = url.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+').replace(/\*$/, '.*');
  return new RegExp(`^${text}$`);
}
