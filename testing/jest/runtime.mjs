/**
 * jest over Node's own modules: jest chooses, runs and reports test files, Node loads them. jest's
 * own runtime makes a context for each file and loads every module into it: that was more than half
 * of the CPU time of these tests.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { SOURCE_MAPS } from './modules.mjs';

const require = createRequire(import.meta.url);
/** Where jest-circus keeps its listeners, whoever loads it. */
const LISTENERS = Symbol.for('EVENT_HANDLERS');
const GLOBALS = Symbol.for('backstep.jest');

/** What jest-runner and jest-circus call. */
class Runtime {
  /** jest-circus keeps the tests of a file beside its code: a new one for each file. */
  requireInternalModule(path) {
    delete globalThis[LISTENERS];
    delete require.cache[path];
    return require(path);
  }

  setGlobalsForRuntime(globals) {
    globalThis[GLOBALS] = globals;
  }

  requireModule(path) {
    return require(path);
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  unstable_importModule(path) {
    const url = pathToFileURL(path);
    url.searchParams.set('file', path);
    return import(url.href);
  }

  getSourceMaps() {
    return SOURCE_MAPS;
  }

  /** Coverage: testing/jest.isolated.config.mjs. */
  getAllCoverageInfoCopy() {
    return undefined;
  }

  enterTestCode() {}
  leaveTestCode() {}
  teardown() {}
}

// jest loads it by require.
export { Runtime as 'module.exports' };
