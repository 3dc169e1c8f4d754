/**
 * The second Kafka client, @platformatic/kafka: no dependency of Backstep, so it is fetched when
 * one of these programs runs, into .cache.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../steps.mjs';

export const VERSION = '2.12.1';
const FOLDER = join(ROOT, '.cache', `platformatic-kafka-${VERSION}`);
const ENTRY = join(FOLDER, 'node_modules/@platformatic/kafka/dist/index.js');

/** Its exports; throws npm's words when it cannot be fetched. */
export function platformatic() {
  if (!existsSync(ENTRY)) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(join(FOLDER, 'package.json'), '{ "private": true }');
    const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', ['install', ...flags, `@platformatic/kafka@${VERSION}`], {
      cwd: FOLDER,
      stdio: 'inherit',
    });
  }
  return import(pathToFileURL(ENTRY).href);
}
