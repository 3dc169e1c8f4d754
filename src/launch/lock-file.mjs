/** Reads package-lock.json, and makes a lock file of its own for some of its packages. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

const KINDS = ['dependencies', 'optionalDependencies', 'peerDependencies'];

/** The `packages` of a lock file by their path; null when there is no such file. */
export function packagesIn(path) {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')).packages ?? {}) : null;
}

/** Whether npm installs this package on this platform. */
export function belongsHere({ os, cpu }) {
  const allows = (list, own) => {
    const names = [list ?? []].flat();
    if (names.includes(`!${own}`)) return false;
    const wanted = names.filter((name) => !name.startsWith('!'));
    return wanted.length === 0 || wanted.includes(own);
  };
  return allows(os, process.platform) && allows(cpu, process.arch);
}

/**
 * The path at which a package finds another one: in its own node_modules, or in one further up.
 * Undefined: not locked, so it is optional.
 */
function resolveFrom(packages, from, name) {
  for (let place = from; ; place = dirname(place)) {
    if (place === '.' || place === '') {
      const top = `node_modules/${name}`;
      return top in packages ? top : undefined;
    }
    if (place.endsWith('node_modules')) continue;
    const path = `${place}/node_modules/${name}`;
    if (path in packages) return path;
  }
}

/**
 * package.json and package-lock.json with only these packages and all they need, in the same
 * versions and with the same hashes.
 */
export function cutLock(packages, names) {
  const kept = new Map();
  const add = (from, name) => {
    const path = resolveFrom(packages, from, name);
    if (path === undefined || kept.has(path)) return;
    const { dev, devOptional, ...one } = packages[path];
    kept.set(path, devOptional === true ? { ...one, optional: true } : one);
    for (const kind of KINDS) for (const needed of Object.keys(one[kind] ?? {})) add(path, needed);
  };
  for (const name of names) add('', name);
  const dependencies = Object.fromEntries(
    names.map((name) => [name, packages[`node_modules/${name}`].version]),
  );
  const manifest = { name: 'backstep-tools', private: true, dependencies };
  const entries = [...kept].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    manifest,
    lock: {
      name: manifest.name,
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: manifest.name, dependencies }, ...Object.fromEntries(entries) },
    },
  };
}
