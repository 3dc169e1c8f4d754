/**
 * `node --import …/swap.mjs dist/main.js`: the gateway with the other Kafka client. The modules
 * named in KAFKA_CLIENT (`producer`, `consumer`, `both`) are replaced as they are loaded; nothing
 * in `src` knows of it.
 */
import { registerHooks } from 'node:module';

const CLIENT = /\/(?:src|dist)\/kafka\/client\.(?:js|ts)$/;
const which = process.env.KAFKA_CLIENT ?? 'both';
if (!['producer', 'consumer', 'both', 'kafkajs'].includes(which))
  throw new Error(`KAFKA_CLIENT is ${which}; it is producer, consumer, both or kafkajs`);

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const { pathname } = new URL(resolved.url);
    if (which === 'kafkajs' || !CLIENT.test(pathname)) return resolved;
    const url = new URL('broker.mjs', import.meta.url);
    url.searchParams.set('instead', resolved.url);
    url.searchParams.set('which', which);
    return { url: url.href, format: 'module', shortCircuit: true };
  },
});
